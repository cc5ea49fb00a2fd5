#include "server/instances/instance_limits.h"

#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

template <typename Number>
absl::StatusOr<Number> Limit(std::string_view field, Number requested, Number standard,
                             Number max) {
  if (requested == 0) return standard;
  if (requested <= max) return requested;
  return InvalidFieldError(field, absl::StrCat("at most ", max));
}

}  // namespace

absl::StatusOr<component::InstanceLimits> LimitsOf(const Config::InstanceDefaults& config,
                                                   const v1::InstanceLimits& requested,
                                                   handles::HandleQuota& all_handles) {
  component::InstanceLimits limits{.all_handles = &all_handles,
                                   .table_elements = config.table_elements()};
  DAVIT_ASSIGN_OR_RETURN(limits.memory_bytes,
                         Limit<uint64_t>("limits.memory_bytes", requested.memory_bytes(),
                                         config.memory_bytes(), config.max_memory_bytes()));
  DAVIT_ASSIGN_OR_RETURN(limits.handles, Limit<uint32_t>("limits.handles", requested.handles(),
                                                         config.handles(), config.max_handles()));
  DAVIT_ASSIGN_OR_RETURN(limits.host_copy_bytes,
                         Limit<uint64_t>("limits.host_copy_bytes", requested.host_copy_bytes(),
                                         config.host_copy_bytes(), config.max_host_copy_bytes()));
  return limits;
}

bool IsOutOfRoom(const absl::Status& status) {
  if (status.ok()) [[likely]]
    return false;
  const std::optional<std::string> limit = base::LimitOf(status);
  return limit == "total_memory_bytes" || limit == "memories" || limit == "maps" ||
         limit == "core_exports" || limit == "cell_heap_bytes";
}

}  // namespace davit::server
