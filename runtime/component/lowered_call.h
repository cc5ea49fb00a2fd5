#ifndef DAVIT_RUNTIME_COMPONENT_LOWERED_CALL_H_
#define DAVIT_RUNTIME_COMPONENT_LOWERED_CALL_H_

#include <cstdint>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/call_values.h"
#include "runtime/component/lifted_call.h"
#include "runtime/engine/store/store.h"
#include "runtime/link/program.h"

namespace davit::component {

// One call of a lifted function by the core code of another component instance of the same program,
// as the current task, as steps before the caller goes on. Spec: CanonicalABI.md#canon-lower
class LoweredCall final : public engine::Steps, private canon::CallValues {
 public:
  // `slots`: the caller's core params, which get its core result. All of them outlive it.
  LoweredCall(RunningProgram& program, const link::CallLift& call,
              std::span<engine::CoreSlot> slots);

  // As of LiftedCall.
  absl::Status Next(engine::Step& step) override { return callee_.Next(step); }
  absl::Status Failed(uint32_t completed, absl::Status status) override {
    return callee_.Failed(completed, std::move(status));
  }

 private:
  absl::Status Reserve(canon::StringEncoding encoding, canon::Reservation& areas) override;
  absl::Status Lower(canon::CallContext& callee, std::span<canon::CoreSlot> slots) override;
  absl::Status Lift(canon::CallContext& callee, std::span<const canon::CoreSlot> slots) override;

  const canon::FuncPlan& plan_;
  const std::span<engine::CoreSlot> slots_;
  LiftedCall callee_;
  canon::CallContext caller_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LOWERED_CALL_H_
