#ifndef DAVIT_RUNTIME_TEXT_WIT_NAME_H_
#define DAVIT_RUNTIME_TEXT_WIT_NAME_H_

#include <optional>
#include <string>
#include <string_view>

// The names of imports and exports as WIT text has them. For what writes WIT or code made of it.
// Spec: Explainer.md#import-and-export-names
namespace davit::text {

// "ns:pkg/iface@1.2.3"; views into the name it was made from.
struct InterfaceName {
  std::string_view package;    // "ns:pkg"
  std::string_view interface;  // "iface"
  std::string_view version;    // "1.2.3", may be empty
};
std::optional<InterfaceName> ParseInterfaceName(std::string_view name);

// "[method]blob.read" and its like; views into the name.
struct ResourceFuncName {
  enum class Kind { kConstructor, kMethod, kStatic };
  Kind kind = Kind::kMethod;
  std::string_view resource;  // "blob"
  std::string_view function;  // "read"; empty for a constructor
};
std::optional<ResourceFuncName> ParseResourceFuncName(std::string_view name);

// `label` as an identifier: keywords get a '%'.
std::string WitIdentifier(std::string_view label);

}  // namespace davit::text

#endif  // DAVIT_RUNTIME_TEXT_WIT_NAME_H_
