#ifndef DAVIT_SERVER_RPC_NAMING_H_
#define DAVIT_SERVER_RPC_NAMING_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

// Resource names: tenants/{t}, tenants/{t}/components/{c}, .../revisions/{digest},
// tenants/{t}/instances/{i}, tenants/{t}/instances/{i}/resources/{r}. Parsing is strict: what it
// accepts is the one spelling of the name.
namespace davit::server {

// A tenant, component or instance id: 1 to 63 of [a-z0-9-], first a letter, last no hyphen.
bool IsValidId(std::string_view id);
// A revision id: the SHA-256 of the binary, 64 lower-case hex digits.
bool IsValidDigest(std::string_view digest);

// The parts of a name, as views into the parsed text.
struct ComponentName {
  std::string_view tenant;
  std::string_view component;
  std::string_view digest;  // empty: the component itself, meaning its newest revision
};
struct InstanceName {
  std::string_view tenant;
  std::string_view instance;
};

// Each returns InvalidFieldError(field, ...) when `name` is not of the form, with the form in
// words. `field` is the request field that held the name.
absl::StatusOr<std::string_view> ParseTenantName(std::string_view field, std::string_view name);
absl::StatusOr<ComponentName> ParseComponentName(std::string_view field, std::string_view name);
absl::StatusOr<InstanceName> ParseInstanceName(std::string_view field, std::string_view name);
// The name of the instance that a resource belongs to.
absl::StatusOr<std::string_view> InstanceOfResource(std::string_view field, std::string_view name);
absl::Status CheckId(std::string_view field, std::string_view id);

std::string TenantName(std::string_view tenant);
std::string FormatComponentName(std::string_view tenant, std::string_view component);
std::string FormatRevisionName(std::string_view tenant, std::string_view component,
                               std::string_view digest);
std::string FormatInstanceName(std::string_view tenant, std::string_view instance);

// A random id for what a client leaves unnamed: a letter and 16 hex digits.
std::string MakeId(char first);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_NAMING_H_
