#ifndef DAVIT_RUNTIME_TEXT_WIT_TYPE_H_
#define DAVIT_RUNTIME_TEXT_WIT_TYPE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/types/type.h"

// Type expressions and definitions as WIT text. For what writes WIT or code made of it.
namespace davit::text {

// Finds the names by which types are called where the text stands.
class TypeNamer {
 public:
  virtual ~TypeNamer() = default;
  // nullopt: `type` is written out.
  virtual std::optional<std::string> NameOf(const types::Type& type) = 0;
  virtual std::string NameOf(types::ResourceId resource) = 0;
};

// Appends WIT to a text until that is too long; afterwards everything it is given is dropped.
class WitTypeWriter {
 public:
  WitTypeWriter(std::string& out, TypeNamer& namer, size_t max_bytes)
      : out_(out), namer_(namer), max_bytes_(max_bytes) {}

  bool full() const { return out_.size() >= max_bytes_; }
  // A use of `type`: its name, or what it is made of.
  void Expression(const types::Type& type);
  // What `type` is made of, whatever its name.
  void Structure(const types::Type& type);
  // "record name { a: u8 }", "type name = u32;", ... Every line begins with `indent`.
  void Definition(std::string_view name, const types::Type& type, std::string_view indent);
  // "func(a: u8) -> u8"; without the parameter that a method is called on.
  void Function(const types::FuncType& type, bool is_method);
  // "(a: u8)"
  void Params(const types::FuncType& type, size_t first);
  void Result(const types::FuncType& type);

 private:
  void Arguments(std::string_view keyword, const types::Type& type);
  void ResultArguments(const types::Type& type);
  void FieldOf(const types::Type& type, const types::Field& field);
  void InlineFields(std::string_view keyword, const types::Type& type);
  void Resource(const types::Type& type);

  std::string& out_;
  TypeNamer& namer_;
  const size_t max_bytes_;
};

}  // namespace davit::text

#endif  // DAVIT_RUNTIME_TEXT_WIT_TYPE_H_
