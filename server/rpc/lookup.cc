#include "server/rpc/lookup.h"

#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/naming.h"

namespace davit::server {
namespace {

absl::Status CheckOwner(const Tenant& tenant, std::string_view owner) {
  return owner == tenant.id() ? absl::OkStatus() : TenantNotFoundError(owner);
}

}  // namespace

absl::Status CheckParent(const Tenant& tenant, std::string_view field, std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const std::string_view parent, ParseTenantName(field, name));
  return CheckOwner(tenant, parent);
}

absl::StatusOr<ComponentName> OwnComponent(const Tenant& tenant, std::string_view field,
                                           std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const ComponentName parsed, ParseComponentName(field, name));
  DAVIT_RETURN_IF_ERROR(CheckOwner(tenant, parsed.tenant));
  return parsed;
}

absl::StatusOr<RevisionPtr> FindRevision(const Registry& registry, const Tenant& tenant,
                                         std::string_view field, std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const ComponentName parsed, OwnComponent(tenant, field, name));
  return registry.Find(tenant, parsed);
}

// What is found needs no parsing: no instance has a name that is none.
absl::StatusOr<InstancePtr> FindInstance(const InstanceTable& instances, const Tenant& tenant,
                                         std::string_view field, std::string_view name) {
  if (InstancePtr found = instances.Find(tenant, name)) [[likely]]
    return found;
  DAVIT_ASSIGN_OR_RETURN(const InstanceName parsed, ParseInstanceName(field, name));
  DAVIT_RETURN_IF_ERROR(CheckOwner(tenant, parsed.tenant));
  return ResourceError(Reason::kInstanceNotFound, "instance", name, "not found");
}

absl::StatusOr<InstancePtr> FindHolder(const InstanceTable& instances, const Tenant& tenant,
                                       std::string_view field, std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const std::string_view instance, InstanceOfResource(field, name));
  return FindInstance(instances, tenant, field, instance);
}

}  // namespace davit::server
