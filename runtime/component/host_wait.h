#ifndef DAVIT_RUNTIME_COMPONENT_HOST_WAIT_H_
#define DAVIT_RUNTIME_COMPONENT_HOST_WAIT_H_

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "runtime/canon/call_context.h"
#include "runtime/component/reply_state.h"
#include "runtime/component/task.h"
#include "runtime/engine/store/store.h"
#include "runtime/link/program.h"

namespace davit::component {

class RunningProgram;

// What a host function failed with. A refused argument or result is the host's mistake, not one of
// the arguments that its guest was called with.
absl::Status FailureOfHost(const link::ImportedFunc& import, absl::Status status);

// One call of a host function that may answer later, as steps before its caller goes on. Meanwhile
// the caller's tree is held: nothing else of it runs.
class HostWait final : public engine::Steps {
 public:
  // All of them outlive it. `can_park`: as of the frame of the call; where it cannot, the thread
  // waits.
  HostWait(RunningProgram& program, Task& task, const link::CallImport& call,
           std::span<engine::CoreSlot> slots, bool can_park);
  ~HostWait() override;

  absl::Status Next(engine::Step& step) override;
  absl::Status Failed(uint32_t completed, absl::Status status) override;

 private:
  absl::Status Begin();
  absl::Status WaitHere();
  absl::Status End();

  RunningProgram& program_;
  const link::ImportedFunc& import_;
  const uint32_t number_;  // of the import
  const std::span<engine::CoreSlot> slots_;
  const bool can_park_;
  handles::CallScope scope_;
  canon::CallContext context_;
  const std::shared_ptr<ReplyState> reply_;
  bool has_begun_ = false;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_HOST_WAIT_H_
