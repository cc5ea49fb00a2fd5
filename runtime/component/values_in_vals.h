#ifndef DAVIT_RUNTIME_COMPONENT_VALUES_IN_VALS_H_
#define DAVIT_RUNTIME_COMPONENT_VALUES_IN_VALS_H_

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/call_values.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/vals/vals.h"
#include "runtime/component/instance.h"

namespace davit::component {

// The values of one call as Vals. The result is lifted as far as its caller has room for it.
class ValuesInVals final : public canon::CallValues, private canon::MoreBudget {
 public:
  // All of them outlive it. `room` may be null: without bounds but the copy budget.
  // REQUIRES: canon::CheckArgs passed.
  ValuesInVals(const canon::FuncPlan& plan, const canon::ValArgs& args, canon::ValArgs& results,
               ResultRoom* room)
      : plan_(plan), args_(args), results_(results), room_(room) {}

  absl::Status Reserve(canon::StringEncoding encoding, canon::Reservation& areas) override {
    return canon::ReserveParams(plan_, encoding, args_, areas);
  }
  absl::Status Lower(canon::CallContext& callee, std::span<canon::CoreSlot> slots) override {
    return canon::LowerParams(plan_, callee, args_, slots);
  }
  // OK also where there is no room: see refusal().
  absl::Status Lift(canon::CallContext& callee, std::span<const canon::CoreSlot> slots) override;

  // OK, or the LimitError "result_room" where there was no room; there are no results then.
  const absl::Status& refusal() const { return refusal_; }

 private:
  bool Extend(uint64_t bytes) override;
  bool Grant(uint64_t bytes);

  const canon::FuncPlan& plan_;
  const canon::ValArgs& args_;
  canon::ValArgs& results_;
  ResultRoom* const room_;
  uint64_t granted_ = 0;  // and not used
  uint64_t left_ = 0;     // of the copy budget, beside that
  absl::Status refusal_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_VALUES_IN_VALS_H_
