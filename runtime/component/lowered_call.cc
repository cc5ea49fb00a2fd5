#include "runtime/component/lowered_call.h"

#include "runtime/base/status_macros.h"
#include "runtime/canon/transfer.h"
#include "runtime/component/running_program.h"

namespace davit::component {

LoweredCall::LoweredCall(RunningProgram& program, const link::CallLift& call,
                         std::span<engine::CoreSlot> slots)
    : plan_(*program.program().lifts[call.lift.value].plan),
      slots_(slots),
      callee_(program, program.current_task()->entry(), program.program().lifts[call.lift.value],
              call.entering, *this),
      caller_(callee_.task().ContextFor(call.caller_options)) {}

// The sizes of a guest's values are in its memory, which is read once: as they move.
absl::Status LoweredCall::Reserve(canon::StringEncoding /*encoding*/,
                                  canon::Reservation& /*areas*/) {
  return absl::OkStatus();
}

absl::Status LoweredCall::Lower(canon::CallContext& callee, std::span<canon::CoreSlot> slots) {
  return canon::TransferParams(plan_, caller_, slots_, callee, slots);
}

absl::Status LoweredCall::Lift(canon::CallContext& callee, std::span<const canon::CoreSlot> slots) {
  // Before anything is lowered into the caller.
  DAVIT_RETURN_IF_ERROR(callee_.task().CheckBorrows());
  return canon::TransferResult(plan_, callee, slots, caller_, slots_);
}

}  // namespace davit::component
