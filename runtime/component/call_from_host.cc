#include "runtime/component/call_from_host.h"

#include "runtime/component/running_program.h"
#include "runtime/engine/store/store.h"

namespace davit::component {

CallFromHost::CallFromHost(RunningProgram& program, const link::Lift& lift,
                           canon::CallValues& values)
    : program_(program),
      lift_(lift),
      entry_{.copy_budget = program.limits().host_copy_bytes},
      call_(program, entry_, lift, lift.entering, values) {}

absl::Status CallFromHost::Run(engine::CellLock& lock, absl::Time deadline,
                               LiftedCall::Extent extent) {
  entry_.lock = &lock;
  engine::Run run(lock, program_.store(), deadline);
  absl::Status status = call_.Run(extent);
  program_.host_resources().EndLoans(call_.task().scope());
  return status;
}

absl::Status CallFromHost::RunPostReturn(engine::CellLock& lock, absl::Time deadline) {
  if (!lift_.post_return) return absl::OkStatus();
  entry_.lock = &lock;
  engine::Run run(lock, program_.store(), deadline);
  return call_.RunPostReturn();
}

}  // namespace davit::component
