#include "runtime/canon/vals/vals.h"

#include "runtime/base/status_macros.h"
#include "runtime/canon/area_sink.h"
#include "runtime/canon/passing.h"
#include "runtime/canon/vals/val_sink.h"
#include "runtime/canon/vals/val_source.h"
#include "runtime/canon/walk.h"

namespace davit::canon {
namespace {

// Arguments as the parts of the tuple of parameters.
class ValArgParts {
 public:
  ValArgParts(const ValArgs& args, Lowering& lowering) : args_(args), lowering_(lowering) {}
  ValSource Part(uint32_t index) const {
    return ValSource(args_[static_cast<int>(index)], lowering_);
  }

 private:
  const ValArgs& args_;
  Lowering& lowering_;
};

class ValArgPartsOut {
 public:
  ValArgPartsOut(ValArgs& args, Lifting& lifting) : args_(args), lifting_(lifting) {}
  ValSink Part(uint32_t /*index*/) const { return ValSink(args_.Add(), lifting_); }

 private:
  ValArgs& args_;
  Lifting& lifting_;
};

}  // namespace

absl::Status LowerParams(const FuncPlan& plan, CallContext& context, const ValArgs& args,
                         std::span<CoreSlot> slots) {
  DAVIT_RETURN_IF_ERROR(CheckSlots(slots.size(), plan.lift_signature().params.size()));
  if (static_cast<size_t>(args.size()) != plan.params().members.size()) {
    return absl::InternalError("arguments were not checked");
  }
  if (args.empty()) return absl::OkStatus();
  Lowering lowering(context, plan.params_memory());
  return PassParams(plan, lowering, slots, [&](auto sink) {
    return WalkParts(plan.params(), ValArgParts(args, lowering), sink.Tuple(plan.params()));
  });
}

absl::Status ReserveParams(const FuncPlan& plan, StringEncoding encoding, const ValArgs& args,
                           Reservation& areas) {
  CallContext nowhere{.watch = areas.watch()};
  Lowering lowering(nowhere, MemoryUse::kNone);
  return ReserveParams(plan, encoding, areas, [&](const AreaSink& sink) {
    return WalkParts(plan.params(), ValArgParts(args, lowering), sink.Tuple(plan.params()));
  });
}

absl::Status LiftResult(const FuncPlan& plan, CallContext& context, std::span<const CoreSlot> slots,
                        ValArgs& results) {
  if (plan.result() == nullptr) return absl::OkStatus();
  DAVIT_RETURN_IF_ERROR(CheckSlots(slots.size(), plan.lift_signature().results.size()));
  Lifting lifting(context, plan.result_memory());
  DAVIT_RETURN_IF_ERROR(lifting.Charge(plan.result()->host_cost));
  return TakeResult(plan, lifting, slots, [&](auto source) {
    return Walk(*plan.result(), source, ValSink(results.Add(), lifting));
  });
}

absl::Status LiftParams(const FuncPlan& plan, CallContext& context, std::span<const CoreSlot> slots,
                        ValArgs& args) {
  DAVIT_RETURN_IF_ERROR(CheckSlots(slots.size(), plan.lower_signature().params.size()));
  if (plan.params().members.empty()) return absl::OkStatus();
  Lifting lifting(context, plan.params_memory());
  DAVIT_RETURN_IF_ERROR(lifting.Charge(plan.params().host_cost));
  return TakeParams(plan, lifting, slots, [&](auto source) {
    return WalkParts(plan.params(), source.Tuple(plan.params()), ValArgPartsOut(args, lifting));
  });
}

absl::Status LowerResult(const FuncPlan& plan, CallContext& context, const ValArgs& results,
                         std::span<CoreSlot> slots) {
  DAVIT_RETURN_IF_ERROR(CheckResults(plan, results));
  if (plan.result() == nullptr) return absl::OkStatus();
  DAVIT_RETURN_IF_ERROR(CheckSlots(slots.size(), plan.lower_slots()));
  Lowering lowering(context, plan.result_memory());
  return PassResult(plan, lowering, slots, [&](auto sink) {
    return Walk(*plan.result(), ValSource(results[0], lowering), sink);
  });
}

}  // namespace davit::canon
