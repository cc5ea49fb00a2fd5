#ifndef DAVIT_RUNTIME_CANON_FUNC_PLAN_H_
#define DAVIT_RUNTIME_CANON_FUNC_PLAN_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "davit/v1/val.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/core_slot.h"
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

using ValArgs = google::protobuf::RepeatedPtrField<v1::Val>;

// -- The host calls an export: arguments from Vals into core params, results into Vals. --

// Which resource names the arguments of one call may use.
class ArgHandles {
 public:
  virtual ~ArgHandles() = default;
  // OK, or why `name` cannot be passed as an own or borrow of `type`. Asked for each name in turn,
  // so that an own passed twice is found out.
  virtual absl::Status CheckOwn(types::ResourceId type, std::string_view name) = 0;
  virtual absl::Status CheckBorrow(types::ResourceId type, std::string_view name) = 0;
};

// Checks that `args` fit the parameter types without touching the guest: count, kinds, fields,
// cases, ranges, depth, and resource names unless `handles` is null. ArgumentError with the path of
// the first that does not.
absl::Status CheckArgs(const FuncPlan& plan, const ValArgs& args, ArgHandles* handles = nullptr);
// The same for the one result or none of a host function; the path begins with "results".
absl::Status CheckResults(const FuncPlan& plan, const ValArgs& results);
// REQUIRES: CheckArgs passed. Writes plan.lift_signature().params.size() slots. Errors: traps of
// the Canonical ABI and whatever realloc returns; ArgumentError for a refused resource name.
absl::Status LowerParams(const FuncPlan& plan, CallContext& context, const ValArgs& args,
                         std::span<CoreSlot> slots);
// Notes the areas that LowerParams is going to allocate for `args`, as far as they are known, for a
// CallContext::reservation. REQUIRES: CheckArgs passed.
absl::Status ReserveParams(const FuncPlan& plan, StringEncoding encoding, const ValArgs& args,
                           Reservation& areas);
// Reads the core results from `slots` and appends at most one Val, a part of one on failure.
// `results` may be on an arena.
absl::Status LiftResult(const FuncPlan& plan, CallContext& context, std::span<const CoreSlot> slots,
                        ValArgs& results);

// -- A guest calls a host function: arguments into Vals, result from Vals. --

absl::Status LiftParams(const FuncPlan& plan, CallContext& context, std::span<const CoreSlot> slots,
                        ValArgs& args);
// `slots` are the same that held the params: the out-pointer, where there is one, is the last
// param; a flat result is written to slots[0]. Checks `results` as CheckArgs does.
absl::Status LowerResult(const FuncPlan& plan, CallContext& context, const ValArgs& results,
                         std::span<CoreSlot> slots);

// -- A guest calls another component's export: from memory to memory, no Val in between. --

absl::Status TransferParams(const FuncPlan& plan, CallContext& caller,
                            std::span<const CoreSlot> caller_slots, CallContext& callee,
                            std::span<CoreSlot> callee_slots);
// `caller_slots` still hold the caller's params (for its out-pointer).
absl::Status TransferResult(const FuncPlan& plan, CallContext& callee,
                            std::span<const CoreSlot> callee_slots, CallContext& caller,
                            std::span<CoreSlot> caller_slots);

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_FUNC_PLAN_H_
