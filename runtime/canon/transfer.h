#ifndef DAVIT_RUNTIME_CANON_TRANSFER_H_
#define DAVIT_RUNTIME_CANON_TRANSFER_H_

#include <span>

#include "absl/status/status.h"
#include "runtime/base/core_slot.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/func_plan.h"

// Values from one component to another, from memory to memory.
// Spec: CanonicalABI.md#lifting-and-lowering-values, both at once
namespace davit::canon {

// Lowers the arguments that `caller` passes in `caller_slots` to `callee`, into `callee_slots`.
// Errors: the traps of the Canonical ABI of either side, and whatever the callee's realloc returns.
absl::Status TransferParams(const FuncPlan& plan, CallContext& caller,
                            std::span<const CoreSlot> caller_slots, CallContext& callee,
                            std::span<CoreSlot> callee_slots);
// The other way: the result of the call. `caller_slots` still hold the caller's params (for its
// out-pointer).
absl::Status TransferResult(const FuncPlan& plan, CallContext& callee,
                            std::span<const CoreSlot> callee_slots, CallContext& caller,
                            std::span<CoreSlot> caller_slots);

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_TRANSFER_H_
