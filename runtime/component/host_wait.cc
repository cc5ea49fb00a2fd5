#include "runtime/component/host_wait.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/running_program.h"

namespace davit::component {

absl::Status FailureOfHost(const link::ImportedFunc& import, absl::Status status) {
  if (!base::ArgumentPathOf(status)) return status;
  return absl::InternalError(
      absl::StrCat("the host's function \"", import.name, "\": ", status.message()));
}

HostWait::HostWait(RunningProgram& program, Task& task, const link::CallImport& call,
                   std::span<engine::CoreSlot> slots, bool can_park)
    : program_(program),
      import_(program.program().imports[call.import.value]),
      number_(call.import.value),
      slots_(slots),
      can_park_(can_park),
      context_(task.ContextFor(call.caller_options)),
      reply_(std::make_shared<ReplyState>(program.mailbox(), task.entry().deadline)) {
  context_.scope = &scope_;
}

HostWait::~HostWait() { reply_->Cancel(); }

absl::Status HostWait::Next(engine::Step& step) {
  if (absl::Status status = Begin(); !status.ok()) return FailureOfHost(import_, std::move(status));
  if (!reply_->IsAnsweredOrWaits()) {
    if (can_park_) {
      step.kind = engine::Step::Kind::kPark;
      return absl::OkStatus();
    }
    DAVIT_RETURN_IF_ERROR(WaitHere());
  }
  return End();
}

absl::Status HostWait::Failed(uint32_t /*completed*/, absl::Status status) { return status; }

// Calls the host function, the first time.
absl::Status HostWait::Begin() {
  if (std::exchange(has_begun_, true)) return absl::OkStatus();
  return program_.bindings().functions[number_]->start(*import_.plan, context_, slots_,
                                                       HostReply(reply_));
}

// On the thread's stack, which cannot be left: within the run's deadline.
absl::Status HostWait::WaitHere() {
  constexpr absl::Duration kLook = absl::Milliseconds(5);
  while (!reply_->IsAnsweredOrWaits()) {
    DAVIT_RETURN_IF_ERROR(program_.CheckRun());
    reply_->AwaitAnswer(absl::Now() + kLook);
  }
  return absl::OkStatus();
}

absl::Status HostWait::End() {
  if (absl::Status status = reply_->Take()(*import_.plan, context_, slots_); !status.ok()) {
    return FailureOfHost(import_, std::move(status));
  }
  DAVIT_RETURN_IF_ERROR(program_.host_resources().DropBorrows(scope_));
  scope_.ReleaseLends();
  return absl::OkStatus();
}

}  // namespace davit::component
