#include "runtime/component/lifted_call.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/component/realloc_series.h"
#include "runtime/component/running_program.h"

namespace davit::component {

LiftedCall::LiftedCall(RunningProgram& program, HostEntry& entry, const link::Lift& lift,
                       const std::vector<link::InstanceIndex>& entering, canon::CallValues& values)
    : program_(program),
      lift_(lift),
      values_(values),
      task_(program, entry, entering),
      context_(task_.ContextFor(lift.options)) {}

absl::Status LiftedCall::Run(Extent extent) {
  runs_post_return_ = extent == Extent::kWhole && lift_.post_return.has_value();
  DAVIT_RETURN_IF_ERROR(task_.Enter());
  absl::Status status = Series();
  no_leave_.reset();
  task_.Leave();
  return status;
}

absl::Status LiftedCall::Series() {
  DAVIT_RETURN_IF_ERROR(program_.store().Call(task_.lock(), *this));
  return stage_ == Stage::kCall ? Return() : absl::OkStatus();
}

absl::Status LiftedCall::RunPostReturn() {
  DAVIT_RETURN_IF_ERROR(task_.Enter());
  const NoLeave no_leave(program_.instance(lift_.instance));
  absl::Status status =
      program_.store().Call(task_.lock(), program_.func(*lift_.post_return), slots_);
  task_.Leave();
  return status;
}

absl::Status LiftedCall::Next(engine::CoreCalls& calls) {
  switch (stage_) {
    case Stage::kBegin:
      return lift_.reserves ? Reserve(calls) : Begin(calls);
    case Stage::kReserve:
      EndReserve(wanted_, absl::OkStatus());
      return Begin(calls);
    case Stage::kCall:
      DAVIT_RETURN_IF_ERROR(Return());
      PostReturn(calls);
      break;
    case Stage::kPostReturn:
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
absl::Status LiftedCall::Reserve(engine::CoreCalls& calls) {
  const link::Options& options = program_.program().options[lift_.options.value];
  canon::Reservation& areas = reservation_.emplace(&program_);
  DAVIT_RETURN_IF_ERROR(values_.Reserve(options.encoding, areas));
  ReallocSeries::SetCalls(calls, program_.func(*options.realloc), areas.Wanted());
  wanted_ = calls.count;
  if (wanted_ == 0) return Begin(calls);
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

absl::Status LiftedCall::Begin(engine::CoreCalls& calls) {
  stage_ = Stage::kCall;
  DAVIT_RETURN_IF_ERROR(values_.Lower(context_, params()));
  calls.func = program_.func(lift_.callee);
  calls.count = 1;
  calls.slots = params();
  calls.last = !runs_post_return_;
  return absl::OkStatus();
}

// The function has returned.
absl::Status LiftedCall::Return() {
  DAVIT_RETURN_IF_ERROR(values_.Lift(context_, params()));
  DAVIT_RETURN_IF_ERROR(task_.CheckBorrows());
  task_.scope().ReleaseLends();
  return absl::OkStatus();
}

void LiftedCall::PostReturn(engine::CoreCalls& calls) {
  stage_ = Stage::kPostReturn;
  no_leave_.emplace(program_.instance(lift_.instance));
  calls.func = program_.func(*lift_.post_return);
  calls.count = 1;
  calls.slots = slots_;
  calls.last = true;
}

}  // namespace davit::component
