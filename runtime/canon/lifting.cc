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

absl::Status CheckHandles(const CallContext& context) {
  if (context.handles != nullptr && context.scope != nullptr) [[likely]]
    return absl::OkStatus();
  return absl::InternalError("a call that passes handles has no table for them");
}

absl::StatusOr<handles::Rep> Lifting::TakeOwn(const Node& type, uint32_t handle) {
  DAVIT_RETURN_IF_ERROR(CheckHandles(context_));
  return context_.handles->TakeOwn(type.resource, handles::HandleIndex(handle));
}

absl::StatusOr<handles::Rep> Lifting::LendBorrow(const Node& type, uint32_t handle) {
  DAVIT_RETURN_IF_ERROR(Charge(kLendCost));
  DAVIT_RETURN_IF_ERROR(CheckHandles(context_));
  return context_.handles->LendBorrow(type.resource, handles::HandleIndex(handle), *context_.scope);
}

}  // namespace davit::canon
