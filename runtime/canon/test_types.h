#ifndef DAVIT_RUNTIME_CANON_TEST_TYPES_H_
#define DAVIT_RUNTIME_CANON_TEST_TYPES_H_

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/types/type.h"

// Types in the words of tests and of testdata/abi_vectors.txt.
namespace davit::canon {

// Reads the text of a type. REQUIRES: it is well-formed; an unknown word gives null.
class TypeReader {
 public:
  explicit TypeReader(std::string_view text) : rest_(text) {}

  types::TypePtr Type() {
    const std::string word = Word();
    if (word == "record") return types::Record(Fields(':'));
    if (word == "variant") return types::Variant(Fields('('));
    if (word == "enum") return types::Enum(Names());
    if (word == "flags") return types::Flags(Names());
    if (word == "tuple") return types::Tuple(Arguments());
    if (word == "option") return types::Option(Arguments()[0]);
    if (word == "map") return Map(Arguments());
    if (word == "result") return Result(Arguments());
    if (word == "list") return List();
    if (word == "own") return types::Own(types::ResourceId(Index()));
    if (word == "borrow") return types::Borrow(types::ResourceId(Index()));
    return Primitive(word);
  }

 private:
  std::string Word() {
    const size_t length = std::min(rest_.find_first_of("{}<>(),:"), rest_.size());
    std::string word(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return word;
  }
  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // name, then a type after `mark` where there is one.
  std::vector<types::Field> Fields(char mark) {
    std::vector<types::Field> fields;
    for (Take('{'); !Take('}'); Take(',')) {
      if (rest_.empty()) return fields;
      types::Field field{.name = Word(), .type = nullptr};
      if (Take(mark)) field.type = Type();
      Take(')');
      fields.push_back(std::move(field));
    }
    return fields;
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (types::Field& field : Fields(':')) names.push_back(std::move(field.name));
    return names;
  }
  // Types in angle brackets; _ is none.
  std::vector<types::TypePtr> Arguments() {
    std::vector<types::TypePtr> types;
    for (Take('<'); !Take('>') && !rest_.empty(); Take(',')) {
      types.push_back(Take('_') ? nullptr : Type());
    }
    return types;
  }
  uint32_t Number() {
    uint32_t number = 0;
    const std::string word = Word();
    std::from_chars(word.data(), word.data() + word.size(), number);
    return number;
  }
  uint32_t Index() {
    Take('<');
    const uint32_t index = Number();
    Take('>');
    return index;
  }
  types::TypePtr List() {
    Take('<');
    types::TypePtr element = Type();
    const uint32_t length = Take(',') ? Number() : 0;
    Take('>');
    return length == 0 ? types::List(element) : types::FixedList(element, length);
  }
  static types::TypePtr Map(std::vector<types::TypePtr> types) {
    return types::Map(types[0], types[1]);
  }
  static types::TypePtr Result(std::vector<types::TypePtr> types) {
    types.resize(2);
    return types::Result(types[0], types[1]);
  }
  static types::TypePtr Primitive(std::string_view word) {
    for (int kind = 0; types::IsPrimitive(static_cast<types::Kind>(kind)); ++kind) {
      const auto primitive = static_cast<types::Kind>(kind);
      if (types::KindName(primitive) == word) return types::Primitive(primitive);
    }
    return nullptr;
  }

  std::string_view rest_;
};

// e.g. "record{a:u8,b:list<string>}", "variant{none,some(u8)}", "result<_,u8>", "own<0>".
inline types::TypePtr TypeOf(std::string_view text) { return TypeReader(text).Type(); }

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_TEST_TYPES_H_
