#include "runtime/text/wit_name.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace davit::text {
namespace {

constexpr auto kKeywords = std::to_array<std::string_view>({
    "as",        "async", "bool",          "borrow", "char", "constructor", "enum",   "export",
    "f32",       "f64",   "flags",         "from",   "func", "future",      "import", "include",
    "interface", "list",  "map",           "option", "own",  "package",     "record", "resource",
    "result",    "s16",   "s32",           "s64",    "s8",   "static",      "stream", "string",
    "tuple",     "type",  "u16",           "u32",    "u64",  "u8",          "use",    "variant",
    "with",      "world", "error-context",
});

}  // namespace

std::optional<InterfaceName> ParseInterfaceName(std::string_view name) {
  const size_t slash = name.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  InterfaceName parsed{.package = name.substr(0, slash)};
  const std::string_view rest = name.substr(slash + 1);
  const size_t at = rest.find('@');
  parsed.interface = rest.substr(0, at);
  if (at != std::string_view::npos) parsed.version = rest.substr(at + 1);
  // Nested namespaces and interfaces have no place in WIT yet.
  const bool is_plain = std::ranges::count(parsed.package, ':') == 1 && !parsed.interface.empty() &&
                        !parsed.interface.contains('/');
  return is_plain ? std::optional(parsed) : std::nullopt;
}

std::optional<ResourceFuncName> ParseResourceFuncName(std::string_view name) {
  using Kind = ResourceFuncName::Kind;
  if (absl::ConsumePrefix(&name, "[constructor]")) {
    return ResourceFuncName{.kind = Kind::kConstructor, .resource = name};
  }
  const bool is_method = absl::ConsumePrefix(&name, "[method]");
  if (!is_method && !absl::ConsumePrefix(&name, "[static]")) return std::nullopt;
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return ResourceFuncName{.kind = is_method ? Kind::kMethod : Kind::kStatic,
                          .resource = name.substr(0, dot),
                          .function = name.substr(dot + 1)};
}

std::string WitIdentifier(std::string_view label) {
  const bool is_keyword = std::ranges::contains(kKeywords, label);
  return absl::StrCat(is_keyword ? "%" : "", label);
}

}  // namespace davit::text
