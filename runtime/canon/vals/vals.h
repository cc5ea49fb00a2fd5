#ifndef DAVIT_RUNTIME_CANON_VALS_VALS_H_
#define DAVIT_RUNTIME_CANON_VALS_VALS_H_

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "davit/v1/val.pb.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "runtime/base/core_slot.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/reservation.h"
#include "runtime/types/type.h"

// Lifting and lowering of protobuf Vals.
namespace davit::canon {

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

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_VALS_VALS_H_
