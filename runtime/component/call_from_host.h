#ifndef DAVIT_RUNTIME_COMPONENT_CALL_FROM_HOST_H_
#define DAVIT_RUNTIME_COMPONENT_CALL_FROM_HOST_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/canon/call_values.h"
#include "runtime/component/fiber_entry.h"
#include "runtime/component/lifted_call.h"
#include "runtime/component/task.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/link/program.h"

namespace davit::component {

// One call of an exported function by the host.
class CallFromHost {
 public:
  using Extent = LiftedCall::Extent;
  using Outcome = FiberEntry::Outcome;

  // As of LiftedCall.
  CallFromHost(RunningProgram& program, const link::Lift& lift, canon::CallValues& values);

  // The whole call, or all of it but its post-return, if it has one, on the thread's stack: where
  // the guest waits for the host, this thread does. Errors: as of LiftedCall::Run. One of this,
  // Start() and RunOnFiber(), once.
  absl::Status Run(engine::CellLock& lock, absl::Time deadline, Extent extent);

  // The same on a fiber, which Prepare() takes, or LimitError "parked_stacks": until it waits, if
  // it does, and with Drive() until it ends. As of FiberEntry.
  absl::Status Prepare(engine::CellLock& lock);
  absl::StatusOr<Outcome> Start(engine::CellLock& lock, absl::Time deadline, Extent extent);
  absl::StatusOr<Outcome> Drive(engine::CellLock& lock, absl::Time now);
  // Until it ends: where it waits this thread does.
  absl::Status RunOnFiber(engine::CellLock& lock, absl::Time deadline, Extent extent);

  // The rest, under whatever lock of the cell.
  absl::Status RunPostReturn(engine::CellLock& lock, absl::Time deadline);

 private:
  absl::StatusOr<Outcome> Settle(absl::StatusOr<Outcome> outcome);

  RunningProgram& program_;
  const link::Lift& lift_;
  HostEntry entry_;
  LiftedCall call_;
  std::optional<FiberEntry> fiber_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_CALL_FROM_HOST_H_
