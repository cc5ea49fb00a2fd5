#include "runtime/component/call_from_host.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/component/running_program.h"
#include "runtime/engine/store/store.h"

namespace davit::component {

CallFromHost::CallFromHost(RunningProgram& program, const link::Lift& lift,
                           canon::CallValues& values)
    : program_(program),
      lift_(lift),
      entry_{.copy_budget = program.limits().host_copy_bytes},
      call_(program, entry_, lift, lift.entering, values) {}

absl::Status CallFromHost::Run(engine::CellLock& lock, absl::Time deadline, Extent extent) {
  entry_.lock = &lock;
  entry_.deadline = deadline;
  call_.set_extent(extent);
  engine::Run run(lock, program_.store(), deadline);
  absl::Status status = call_.Run();
  program_.host_resources().EndLoans(call_.task().scope());
  return status;
}

absl::Status CallFromHost::Prepare(engine::CellLock& lock) {
  DAVIT_ASSIGN_OR_RETURN(auto fiber, engine::Fiber::Take(lock, program_.store()));
  fiber_.emplace(*program_.mailbox(), call_, entry_, std::move(fiber));
  return absl::OkStatus();
}

absl::StatusOr<CallFromHost::Outcome> CallFromHost::Start(engine::CellLock& lock,
                                                          absl::Time deadline, Extent extent) {
  entry_.deadline = deadline;
  call_.set_extent(extent);
  return Settle(fiber_->Start(lock));
}

absl::StatusOr<CallFromHost::Outcome> CallFromHost::Drive(engine::CellLock& lock, absl::Time now) {
  return Settle(fiber_->Drive(lock, now));
}

absl::Status CallFromHost::RunOnFiber(engine::CellLock& lock, absl::Time deadline, Extent extent) {
  entry_.deadline = deadline;
  call_.set_extent(extent);
  absl::Status status = fiber_->Run(lock);
  return Settle(status.ok() ? absl::StatusOr<Outcome>(Outcome::kEnded) : std::move(status))
      .status();
}

absl::StatusOr<CallFromHost::Outcome> CallFromHost::Settle(absl::StatusOr<Outcome> outcome) {
  if (outcome.ok() && *outcome == Outcome::kParked) return outcome;
  call_.End();
  program_.host_resources().EndLoans(call_.task().scope());
  return outcome;
}

absl::Status CallFromHost::RunPostReturn(engine::CellLock& lock, absl::Time deadline) {
  if (!lift_.post_return) return absl::OkStatus();
  entry_.lock = &lock;
  engine::Run run(lock, program_.store(), deadline);
  return call_.RunPostReturn();
}

}  // namespace davit::component
