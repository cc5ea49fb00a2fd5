#include "runtime/component/lifted_call.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/component/realloc_steps.h"
#include "runtime/component/running_program.h"

namespace davit::component {

LiftedCall::LiftedCall(RunningProgram& program, HostEntry& entry, const link::Lift& lift,
                       const std::vector<link::InstanceIndex>& entering, canon::CallValues& values)
    : program_(program),
      lift_(lift),
      values_(values),
      task_(program, entry, entering),
      context_(task_.ContextFor(lift.options)),
      runs_post_return_(lift.post_return.has_value()) {}

absl::Status LiftedCall::Run() {
  absl::Status status = program_.store().Call(task_.lock(), *this);
  End();  // It may have failed.
  return status;
}

absl::Status LiftedCall::RunPostReturn() {
  DAVIT_RETURN_IF_ERROR(task_.Enter());
  const NoLeave no_leave(program_.instance(lift_.instance));
  absl::Status status =
      program_.store().Call(task_.lock(), program_.func(*lift_.post_return), slots_);
  task_.Leave();
  return status;
}

absl::Status LiftedCall::Next(engine::Step& step) {
  switch (stage_) {
    case Stage::kBegin:
      DAVIT_RETURN_IF_ERROR(task_.Enter());
      return lift_.reserves ? Reserve(step) : Begin(step);
    case Stage::kReserve:
      EndReserve(wanted_, absl::OkStatus());
      return Begin(step);
    case Stage::kCall:
      DAVIT_RETURN_IF_ERROR(Return());
      if (runs_post_return_) {
        PostReturn(step);
      } else {
        End();
      }
      break;
    case Stage::kPostReturn:
      End();
      break;
  }
  return absl::OkStatus();
}

absl::Status LiftedCall::Failed(uint32_t completed, absl::Status status) {
  if (stage_ != Stage::kReserve) return status;
  // What an earlier realloc returned may be at fault before the one that failed.
  EndReserve(completed, status);
  DAVIT_RETURN_IF_ERROR(values_.Lower(context_, params()));
  return status;
}

// Calls realloc for the areas that are known before, if there are any.
absl::Status LiftedCall::Reserve(engine::Step& step) {
  const link::Options& options = program_.program().options[lift_.options.value];
  canon::Reservation& areas = reservation_.emplace(&program_);
  DAVIT_RETURN_IF_ERROR(values_.Reserve(options.encoding, areas));
  const std::span<engine::CoreSlot> frames = areas.Wanted();
  if (frames.empty()) return Begin(step);
  step = ReallocSteps::StepOf(program_.func(*options.realloc), frames);
  wanted_ = step.count;
  stage_ = Stage::kReserve;
  no_leave_.emplace(program_.instance(lift_.instance));
  return absl::OkStatus();
}

void LiftedCall::EndReserve(size_t completed, absl::Status failure) {
  no_leave_.reset();
  task_.storage() = {};  // Each realloc is a task of its own; this one has not begun.
  reservation_->Fulfil(completed, std::move(failure));
  context_.reservation = &*reservation_;
}

absl::Status LiftedCall::Begin(engine::Step& step) {
  stage_ = Stage::kCall;
  DAVIT_RETURN_IF_ERROR(values_.Lower(context_, params()));
  step = {.kind = engine::Step::Kind::kCalls,
          .func = program_.func(lift_.callee),
          .slots = params(),
          .last = !runs_post_return_};
  return absl::OkStatus();
}

// The function has returned.
absl::Status LiftedCall::Return() {
  DAVIT_RETURN_IF_ERROR(values_.Lift(context_, params()));
  DAVIT_RETURN_IF_ERROR(task_.CheckBorrows());
  task_.scope().ReleaseLends();
  return absl::OkStatus();
}

void LiftedCall::PostReturn(engine::Step& step) {
  stage_ = Stage::kPostReturn;
  no_leave_.emplace(program_.instance(lift_.instance));
  step = {.kind = engine::Step::Kind::kCalls,
          .func = program_.func(*lift_.post_return),
          .slots = slots_,
          .last = true};
}

void LiftedCall::End() {
  no_leave_.reset();
  task_.Leave();
}

}  // namespace davit::component
