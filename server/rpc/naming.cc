#include "server/rpc/naming.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

constexpr size_t kMaxIdBytes = 63;
constexpr size_t kDigestDigits = 64;

constexpr std::string_view kIdForm =
    "1 to 63 of [a-z0-9-], the first a letter, the last not a hyphen";

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHex(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f'); }

// Takes one segment off the front of `rest`, with its slash; nullopt when none is left.
std::optional<std::string_view> TakeSegment(std::optional<std::string_view>& rest) {
  if (!rest.has_value()) return std::nullopt;
  const size_t slash = rest->find('/');
  const std::string_view segment = rest->substr(0, slash);
  if (slash == std::string_view::npos) {
    rest.reset();
  } else {
    rest->remove_prefix(slash + 1);
  }
  return segment;
}

// Splits collection/id/collection/id... into `ids`; the number of ids found, or nullopt when a
// collection differs from `collections` or `name` is longer than they are.
std::optional<size_t> SplitName(std::string_view name,
                                std::span<const std::string_view> collections,
                                std::span<std::string_view> ids) {
  std::optional<std::string_view> rest = name;
  size_t count = 0;
  for (; count < collections.size() && rest.has_value(); ++count) {
    if (TakeSegment(rest) != collections[count]) return std::nullopt;
    const std::optional<std::string_view> id = TakeSegment(rest);
    if (!id.has_value()) return std::nullopt;
    ids[count] = *id;
  }
  if (rest.has_value()) return std::nullopt;
  return count;
}

absl::Status FormError(std::string_view field, std::string_view form) {
  return InvalidFieldError(field, absl::StrCat("want ", form));
}

}  // namespace

bool IsValidId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdBytes && IsLetter(id.front()) && id.back() != '-' &&
         std::ranges::all_of(id, [](char c) { return IsLetter(c) || IsDigit(c) || c == '-'; });
}

bool IsValidDigest(std::string_view digest) {
  return digest.size() == kDigestDigits && std::ranges::all_of(digest, IsHex);
}

absl::StatusOr<std::string_view> ParseTenantName(std::string_view field, std::string_view name) {
  static constexpr std::array<std::string_view, 1> kCollections = {"tenants"};
  std::array<std::string_view, 1> ids;
  if (SplitName(name, kCollections, ids) != 1 || !IsValidId(ids[0])) {
    return FormError(field, "tenants/{tenant}");
  }
  return ids[0];
}

absl::StatusOr<ComponentName> ParseComponentName(std::string_view field, std::string_view name) {
  static constexpr std::array<std::string_view, 3> kCollections = {"tenants", "components",
                                                                   "revisions"};
  std::array<std::string_view, 3> ids;
  const size_t count = SplitName(name, kCollections, ids).value_or(0);
  if (count < 2 || !IsValidId(ids[0]) || !IsValidId(ids[1]) ||
      (count == 3 && !IsValidDigest(ids[2]))) {
    return FormError(field,
                     "tenants/{tenant}/components/{component}, or that and /revisions/{SHA-256 in "
                     "lower-case hex}");
  }
  return ComponentName{.tenant = ids[0], .component = ids[1], .digest = ids[2]};
}

absl::StatusOr<InstanceName> ParseInstanceName(std::string_view field, std::string_view name) {
  static constexpr std::array<std::string_view, 2> kCollections = {"tenants", "instances"};
  std::array<std::string_view, 2> ids;
  if (SplitName(name, kCollections, ids) != 2 || !IsValidId(ids[0]) || !IsValidId(ids[1])) {
    return FormError(field, "tenants/{tenant}/instances/{instance}");
  }
  return InstanceName{.tenant = ids[0], .instance = ids[1]};
}

absl::StatusOr<std::string_view> InstanceOfResource(std::string_view field, std::string_view name) {
  static constexpr std::array<std::string_view, 3> kCollections = {"tenants", "instances",
                                                                   "resources"};
  std::array<std::string_view, 3> ids;
  if (SplitName(name, kCollections, ids) != 3 || !std::ranges::all_of(ids, IsValidId)) {
    return FormError(field, "tenants/{tenant}/instances/{instance}/resources/{resource}");
  }
  return name.substr(0, name.rfind("/resources/"));
}

absl::Status CheckId(std::string_view field, std::string_view id) {
  return IsValidId(id) ? absl::OkStatus() : FormError(field, kIdForm);
}

std::string TenantName(std::string_view tenant) { return absl::StrCat("tenants/", tenant); }

std::string FormatComponentName(std::string_view tenant, std::string_view component) {
  return absl::StrCat("tenants/", tenant, "/components/", component);
}

std::string FormatRevisionName(std::string_view tenant, std::string_view component,
                               std::string_view digest) {
  return absl::StrCat(FormatComponentName(tenant, component), "/revisions/", digest);
}

std::string FormatInstanceName(std::string_view tenant, std::string_view instance) {
  return absl::StrCat("tenants/", tenant, "/instances/", instance);
}

std::string MakeId(char first) {
  thread_local absl::BitGen bits;
  return absl::StrFormat("%c%016x", first, absl::Uniform<uint64_t>(bits));
}

}  // namespace davit::server
