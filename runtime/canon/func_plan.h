#ifndef DAVIT_RUNTIME_CANON_FUNC_PLAN_H_
#define DAVIT_RUNTIME_CANON_FUNC_PLAN_H_

#include <cstddef>
#include <memory>

#include "runtime/canon/lifting.h"
#include "runtime/canon/plan.h"
#include "runtime/types/flatten.h"
#include "runtime/types/type.h"

namespace davit::canon {

// Everything about one function type that lifting and lowering need, prepared once at deploy:
// offsets, flat slots, field names. Immutable, thread-safe, shared by all instances.
class FuncPlan {
 public:
  // `nodes` is shared by plans of functions that have types in common, which must all be made
  // before any is used by another thread, and none be destroyed before all are made. REQUIRES: the
  // types of `type` are validated.
  static std::shared_ptr<const FuncPlan> Create(
      types::FuncType type, const std::shared_ptr<Plan>& nodes = std::make_shared<Plan>());
  FuncPlan(const FuncPlan&) = delete;
  FuncPlan& operator=(const FuncPlan&) = delete;

  const types::FuncType& type() const { return type_; }
  // Slots that the caller must provide for the core call: the larger of flat params and results,
  // for the lift direction and for the lower direction (which may have a trailing out-pointer).
  size_t lift_slots() const { return lift_slots_; }
  size_t lower_slots() const { return lower_slots_; }
  const types::CoreSignature& lift_signature() const { return lift_.signature; }
  const types::CoreSignature& lower_signature() const { return lower_.signature; }

  // The parameters as a tuple; without members when there are none.
  const Node& params() const { return *params_; }
  const Node* result() const { return result_; }  // null when there is none
  // Whether they are passed in slots rather than by a pointer to memory.
  bool params_are_flat() const { return lift_.params_are_flat; }
  bool result_is_flat() const { return lift_.result_is_flat; }
  // Whether a Reservation for the parameters is of use, and nothing that guests can see without
  // looking into memory happens between their calls of realloc.
  bool reserves_params() const {
    return (!params_are_flat() || params_->allocates) && !params_->has_handles;
  }
  // Whether passing them needs linear memory.
  MemoryUse params_memory() const { return params_memory_; }
  MemoryUse result_memory() const { return result_memory_; }

 private:
  FuncPlan(types::FuncType type, const std::shared_ptr<Plan>& nodes);

  const types::FuncType type_;
  const types::TypePtr params_tuple_;
  const std::shared_ptr<const Plan> nodes_;
  const Node* params_;
  const Node* result_;
  types::Flattening lift_;
  types::Flattening lower_;  // Flat where lift_ is, since both are synchronous.
  MemoryUse params_memory_;
  MemoryUse result_memory_;
  size_t lift_slots_;
  size_t lower_slots_;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_FUNC_PLAN_H_
