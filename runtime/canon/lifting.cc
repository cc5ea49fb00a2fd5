#include "runtime/canon/lifting.h"

#include "runtime/base/status_macros.h"

namespace davit::canon {
namespace {

// What a borrow costs the host while it is lent; a guest may lend one handle any number of times.
constexpr uint64_t kLendCost = 16;

}  // namespace

absl::Status Lifting::BudgetExceeded() {
  *context_.copy_budget = 0;
  return base::TrapStatus(base::TrapCode::kHostCopyLimit,
                          "the call copies more out of the guest than its budget allows");
}

absl::StatusOr<handles::StoreResourceId> StoreResource(const CallContext& context,
                                                       const Node& type) {
  if (type.resource.value >= context.resource_types.size()) {
    return absl::InternalError("a resource type has no counterpart in its store");
  }
  if (context.handles == nullptr || context.scope == nullptr) {
    return absl::InternalError("a call that passes handles has no table for them");
  }
  return context.resource_types[type.resource.value];
}

absl::StatusOr<handles::Rep> Lifting::TakeOwn(const Node& type, uint32_t handle) {
  DAVIT_ASSIGN_OR_RETURN(const auto resource, StoreResource(context_, type));
  return context_.handles->TakeOwn(resource, handles::HandleIndex(handle));
}

absl::StatusOr<handles::Rep> Lifting::LendBorrow(const Node& type, uint32_t handle) {
  DAVIT_RETURN_IF_ERROR(Charge(kLendCost));
  DAVIT_ASSIGN_OR_RETURN(const auto resource, StoreResource(context_, type));
  return context_.handles->LendBorrow(resource, handles::HandleIndex(handle), *context_.scope);
}

}  // namespace davit::canon
