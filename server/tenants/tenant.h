#ifndef DAVIT_SERVER_TENANTS_TENANT_H_
#define DAVIT_SERVER_TENANTS_TENANT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/tenants/quota.h"

namespace davit::server {

// How much a tenant may have at a time.
struct TenantLimits {
  uint64_t instances = ~uint64_t{0};
  uint64_t dedicated_instances = ~uint64_t{0};
};

// Who asks, and who owns what there is. Every look-up of a component, an instance or a resource
// demands one, and finds nothing that another owns. Thread-safe. Outlives all that was found or
// made for it.
class Tenant {
 public:
  explicit Tenant(std::string id, const TenantLimits& limits = {})
      : id_(std::move(id)),
        prefix_(absl::StrCat("tenants/", id_, "/")),
        instances_(limits.instances),
        dedicated_instances_(limits.dedicated_instances) {}
  Tenant(const Tenant&) = delete;
  Tenant& operator=(const Tenant&) = delete;

  const std::string& id() const { return id_; }
  // What the names of all that it owns begin with, and no others.
  const std::string& prefix() const { return prefix_; }
  // Whether `name` is the resource name of something that is this tenant's, if it exists at all.
  bool Owns(std::string_view name) const { return name.starts_with(prefix_); }

  // What it has is counted by whoever gives it something, which does not change the tenant.
  Quota& instances() const { return instances_; }
  Quota& dedicated_instances() const { return dedicated_instances_; }

 private:
  const std::string id_;
  const std::string prefix_;
  mutable Quota instances_;
  mutable Quota dedicated_instances_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_TENANTS_TENANT_H_
