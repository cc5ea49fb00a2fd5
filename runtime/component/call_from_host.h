#ifndef DAVIT_RUNTIME_COMPONENT_CALL_FROM_HOST_H_
#define DAVIT_RUNTIME_COMPONENT_CALL_FROM_HOST_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/canon/call_values.h"
#include "runtime/component/lifted_call.h"
#include "runtime/component/task.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/link/program.h"

namespace davit::component {

// One call of an exported function by the host.
class CallFromHost {
 public:
  // As of LiftedCall.
  CallFromHost(RunningProgram& program, const link::Lift& lift, canon::CallValues& values);

  // The whole call, or all of it but its post-return, if it has one. Once. Errors: as of
  // LiftedCall::Run.
  absl::Status Run(engine::CellLock& lock, absl::Time deadline, LiftedCall::Extent extent);
  // The rest, under whatever lock of the cell.
  absl::Status RunPostReturn(engine::CellLock& lock, absl::Time deadline);

 private:
  RunningProgram& program_;
  const link::Lift& lift_;
  HostEntry entry_;
  LiftedCall call_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_CALL_FROM_HOST_H_
