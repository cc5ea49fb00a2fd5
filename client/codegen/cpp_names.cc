#include "client/codegen/cpp_names.h"

#include <algorithm>
#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace davit::codegen {
namespace {

// Keywords, and namespaces that generated code uses, as far as one word of WIT can be one.
constexpr auto kTaken = std::to_array<std::string_view>({
    "absl",         "alignas",
    "alignof",      "and",
    "asm",          "auto",
    "bitand",       "bitor",
    "bool",         "break",
    "case",         "catch",
    "char",         "class",
    "compl",        "concept",
    "const",        "consteval",
    "constexpr",    "constinit",
    "continue",     "davit",
    "decltype",     "default",
    "delete",       "do",
    "double",       "else",
    "enum",         "explicit",
    "export",       "extern",
    "false",        "float",
    "for",          "friend",
    "goto",         "if",
    "inline",       "int",
    "long",         "mutable",
    "namespace",    "new",
    "noexcept",     "not",
    "nullptr",      "operator",
    "or",           "private",
    "protected",    "public",
    "register",     "requires",
    "return",       "short",
    "signed",       "sizeof",
    "static",       "std",
    "struct",       "switch",
    "template",     "this",
    "throw",        "true",
    "try",          "typedef",
    "typeid",       "typename",
    "union",        "unsigned",
    "using",        "virtual",
    "void",         "volatile",
    "while",        "xor",
    "const_cast",   "static_cast",
    "dynamic_cast", "reinterpret_cast",
    "co_await",     "co_return",
    "co_yield",     "static_assert",
    "thread_local", "char8_t",
    "char16_t",     "char32_t",
    "wchar_t",      "and_eq",
    "or_eq",        "xor_eq",
    "not_eq",       "linux",
    "unix",
});

std::vector<std::string> WordsOf(std::string_view wit) {
  std::vector<std::string> words = absl::StrSplit(wit, absl::ByAnyChar("-."));
  for (std::string& word : words) absl::AsciiStrToLower(&word);
  return words;
}

}  // namespace

std::string PascalCase(std::string_view wit) {
  std::string name;
  for (std::string& word : WordsOf(wit)) {
    if (!word.empty()) word[0] = absl::ascii_toupper(static_cast<unsigned char>(word[0]));
    name.append(word);
  }
  return name;
}

std::string SnakeCase(std::string_view wit) {
  std::string name = absl::StrJoin(WordsOf(wit), "_");
  if (std::ranges::contains(kTaken, name)) name.push_back('_');
  return name;
}

CppNames::CppNames(std::initializer_list<std::string_view> reserved)
    : taken_(reserved.begin(), reserved.end()) {}

std::string CppNames::Take(std::string name) {
  while (!taken_.insert(name).second) name.push_back('_');
  return name;
}

}  // namespace davit::codegen
