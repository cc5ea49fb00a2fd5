#include "runtime/canon/transfer.h"

#include "runtime/base/status_macros.h"
#include "runtime/canon/passing.h"
#include "runtime/canon/walk.h"

namespace davit::canon {
namespace {

// What is not in lists or strings, which are charged when they come. A value that is no larger than
// this costs nothing, as the few that are passed in slots.
constexpr uint64_t kFreeCost = 1024;

absl::Status ChargeValue(Lifting& lifting, const Node& node) {
  return node.transfer_cost <= kFreeCost ? absl::OkStatus() : lifting.Charge(node.transfer_cost);
}

}  // namespace

absl::Status TransferParams(const FuncPlan& plan, CallContext& caller,
                            std::span<const CoreSlot> caller_slots, CallContext& callee,
                            std::span<CoreSlot> callee_slots) {
  DAVIT_RETURN_IF_ERROR(CheckSlots(caller_slots.size(), plan.lower_signature().params.size()));
  DAVIT_RETURN_IF_ERROR(CheckSlots(callee_slots.size(), plan.lift_signature().params.size()));
  const Node& params = plan.params();
  if (params.members.empty()) return absl::OkStatus();
  Lifting lifting(caller, plan.params_memory());
  Lowering lowering(callee, plan.params_memory(), &lifting);
  DAVIT_RETURN_IF_ERROR(ChargeValue(lifting, params));
  return TakeParams(plan, lifting, caller_slots, [&](auto source) {
    return PassParams(plan, lowering, callee_slots, [&](auto sink) {
      return WalkParts(params, source.Tuple(params), sink.Tuple(params));
    });
  });
}

absl::Status TransferResult(const FuncPlan& plan, CallContext& callee,
                            std::span<const CoreSlot> callee_slots, CallContext& caller,
                            std::span<CoreSlot> caller_slots) {
  if (plan.result() == nullptr) return absl::OkStatus();
  DAVIT_RETURN_IF_ERROR(CheckSlots(callee_slots.size(), plan.lift_signature().results.size()));
  DAVIT_RETURN_IF_ERROR(CheckSlots(caller_slots.size(), plan.lower_slots()));
  Lifting lifting(callee, plan.result_memory());
  Lowering lowering(caller, plan.result_memory(), &lifting);
  DAVIT_RETURN_IF_ERROR(ChargeValue(lifting, *plan.result()));
  return TakeResult(plan, lifting, callee_slots, [&](auto source) {
    return PassResult(plan, lowering, caller_slots,
                      [&](auto sink) { return Walk(*plan.result(), source, sink); });
  });
}

}  // namespace davit::canon
