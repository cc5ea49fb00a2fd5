#include "runtime/link/version_track.h"

#include "absl/strings/str_cat.h"
#include "runtime/binary/extern_names.h"
#include "runtime/binary/features.h"

namespace davit::link {

std::string CompatibilityKey(std::string_view name) {
  const auto parsed = binary::ParseInterfaceName(name, binary::Features{});
  if (!parsed.ok() || !parsed->semver || !parsed->semver->prerelease.empty()) return "";
  return absl::StrCat(parsed->unversioned, "@", binary::CanonicalVersion(*parsed->semver));
}

}  // namespace davit::link
