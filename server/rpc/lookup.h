#ifndef DAVIT_SERVER_RPC_LOOKUP_H_
#define DAVIT_SERVER_RPC_LOOKUP_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/instances/instance_table.h"
#include "server/registry/registry.h"
#include "server/tenants/tenant.h"

// What a tenant has, by the names that its requests give. `field` is the request field that held
// the name. None of these finds anything that is another tenant's. Errors of all: kInvalidRequest
// for what is no such name; kTenantNotFound for a name of another tenant.
namespace davit::server {

// Whether `name` is that of the tenant itself.
absl::Status CheckParent(const Tenant& tenant, std::string_view field, std::string_view name);

// The component and revision that `name` means, whether or not they exist.
absl::StatusOr<ComponentName> OwnComponent(const Tenant& tenant, std::string_view field,
                                           std::string_view name);

// kComponentNotFound.
absl::StatusOr<RevisionPtr> FindRevision(const Registry& registry, const Tenant& tenant,
                                         std::string_view field, std::string_view name);

// kInstanceNotFound.
absl::StatusOr<InstancePtr> FindInstance(const InstanceTable& instances, const Tenant& tenant,
                                         std::string_view field, std::string_view name);

// The instance that holds the resource called `name`, if it exists. kInstanceNotFound.
absl::StatusOr<InstancePtr> FindHolder(const InstanceTable& instances, const Tenant& tenant,
                                       std::string_view field, std::string_view name);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_LOOKUP_H_
