#ifndef DAVIT_RUNTIME_CANON_PASSING_H_
#define DAVIT_RUNTIME_CANON_PASSING_H_

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "runtime/base/status_macros.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/lift.h"
#include "runtime/canon/lower.h"

// Parameters and results: in slots, or by a pointer where there are too many. Each function calls
// `walk` with the place, as one kind of place or the other.
// Spec: CanonicalABI.md#lifting-and-lowering-values
namespace davit::canon {

inline Area ValuesArea(const Node& node) {
  return {.kind = AreaKind::kValues, .alignment = node.alignment, .size = node.size};
}

// Parameters on their way into the guest: too many go to an area that realloc gives.
template <typename WalkTo>
absl::Status PassParams(const FuncPlan& plan, Lowering& lowering, std::span<CoreSlot> slots,
                        WalkTo walk) {
  if (plan.params_are_flat()) return walk(LowerSink(lowering, FlatPlace(slots.data())));
  DAVIT_ASSIGN_OR_RETURN(const uint32_t pointer, lowering.Allocate(ValuesArea(plan.params())));
  slots[0] = pointer;
  return walk(LowerSink(lowering, MemoryPlace(pointer)));
}

// Parameters that a guest passes.
template <typename WalkFrom>
absl::Status TakeParams(const FuncPlan& plan, Lifting& lifting, std::span<const CoreSlot> slots,
                        WalkFrom walk) {
  if (plan.params_are_flat()) return walk(LiftSource(lifting, ConstFlatPlace(slots.data())));
  const auto pointer = FromSlot<uint32_t>(slots[0]);
  DAVIT_RETURN_IF_ERROR(CheckPointer(lifting.memory(), pointer, ValuesArea(plan.params())));
  return walk(LiftSource(lifting, MemoryPlace(pointer)));
}

// The result that an export returns. REQUIRES: there is one.
template <typename WalkFrom>
absl::Status TakeResult(const FuncPlan& plan, Lifting& lifting, std::span<const CoreSlot> slots,
                        WalkFrom walk) {
  if (plan.result_is_flat()) return walk(LiftSource(lifting, ConstFlatPlace(slots.data())));
  const auto pointer = FromSlot<uint32_t>(slots[0]);
  DAVIT_RETURN_IF_ERROR(CheckPointer(lifting.memory(), pointer, ValuesArea(*plan.result())));
  return walk(LiftSource(lifting, MemoryPlace(pointer)));
}

// The result that an import gives the guest, which has passed an out-pointer as its last
// parameter unless the result is flat. REQUIRES: there is one.
template <typename WalkTo>
absl::Status PassResult(const FuncPlan& plan, Lowering& lowering, std::span<CoreSlot> slots,
                        WalkTo walk) {
  if (plan.result_is_flat()) return walk(LowerSink(lowering, FlatPlace(slots.data())));
  const auto pointer = FromSlot<uint32_t>(slots[plan.lower_signature().params.size() - 1]);
  DAVIT_RETURN_IF_ERROR(CheckPointer(lowering.memory(), pointer, ValuesArea(*plan.result())));
  return walk(LowerSink(lowering, MemoryPlace(pointer)));
}

// INTERNAL when the caller has provided fewer slots than the signature has.
inline absl::Status CheckSlots(size_t have, size_t want) {
  if (have >= want) [[likely]] {
    return absl::OkStatus();
  }
  return absl::InternalError("too few core slots for the signature");
}

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_PASSING_H_
