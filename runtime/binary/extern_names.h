#ifndef DAVIT_RUNTIME_BINARY_EXTERN_NAMES_H_
#define DAVIT_RUNTIME_BINARY_EXTERN_NAMES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/binary/features.h"

// The lexical grammar of component names. Everything here is a view into the name that was parsed,
// which must outlive the result. Errors are INVALID_ARGUMENT with the rule in words and no offset.
// Spec: Explainer.md#import-and-export-definitions
namespace davit::binary {

// A semantic version as semver.org 2.0 has it. Numbers beyond 64 bits are rejected.
struct Semver {
  uint64_t major = 0, minor = 0, patch = 0;
  std::string_view prerelease;  // without '-', empty when there is none
  std::string_view build;       // without '+', empty when there is none
};
absl::StatusOr<Semver> ParseSemver(std::string_view text);

// The compatibility track that `version` belongs to: "1" for 1.2.3, "0.2" for 0.2.6, "0.0.1" for
// 0.0.1. Spec: Explainer.md#-canonical-interface-name
std::string CanonicalVersion(const Semver& version);
// Whether `text` is such a track.
bool IsCanonicalVersion(std::string_view text);

// ns:pkg/iface@version. With nested names there may be several namespaces and projections.
struct InterfaceName {
  std::vector<std::string_view> namespaces;
  std::string_view package;
  std::vector<std::string_view> projections;
  std::string_view version;      // as written after '@', empty when there is none
  std::optional<Semver> semver;  // nullopt: no version, or a canonical one ("0.2")
  std::string_view unversioned;  // everything before '@'
};
absl::StatusOr<InterfaceName> ParseInterfaceName(std::string_view name, const Features& features);

enum class ExternNameKind : uint8_t {
  kLabel,        // foo-bar
  kConstructor,  // [constructor]foo
  kMethod,       // [method]foo.bar
  kStatic,       // [static]foo.bar
  kInterface,    // ns:pkg/iface@0.2.3
};
struct ParsedExternName {
  ExternNameKind kind = ExternNameKind::kLabel;
  std::string_view label;     // the label, or the method's or static function's own label
  std::string_view resource;  // of an annotated name
  InterfaceName interface;    // kInterface only
};
absl::StatusOr<ParsedExternName> ParseExternName(std::string_view name, const Features& features);

// OK when `text` is a kebab-case label: words of lower-case or of upper-case letters and digits
// joined by '-', the first of which starts with a letter. `what` names the thing in the error.
absl::Status CheckLabel(std::string_view text, std::string_view what);

// Two labels, or two parsed names, are strongly unique when their keys differ.
// Spec: Explainer.md#name-uniqueness
std::string UniquenessKey(std::string_view label);
std::string UniquenessKey(std::string_view name, const ParsedExternName& parsed);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_EXTERN_NAMES_H_
