#ifndef DAVIT_RUNTIME_COMPONENT_REPLY_STATE_H_
#define DAVIT_RUNTIME_COMPONENT_REPLY_STATE_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/component/host_reply.h"
#include "runtime/component/mailbox.h"

namespace davit::component {

// What a HostReply and the call that waits for it share. Thread-safe.
class ReplyState {
 public:
  ReplyState(std::shared_ptr<Mailbox> mailbox, absl::Time deadline)
      : mailbox_(std::move(mailbox)), deadline_(deadline) {}

  // -- By the host --

  // Nothing if it was answered or cancelled.
  void Answer(HostReply::Lower lower);
  void OnCancel(absl::AnyInvocable<void()> cancel);
  absl::Time deadline() const { return deadline_; }

  // -- By the call --

  // Whether it is answered; if not, its mailbox will be told.
  bool IsAnsweredOrWaits();
  // Waits for the answer on this thread, until then at most.
  void AwaitAnswer(absl::Time until);
  // The answer. REQUIRES: there is one. Once.
  HostReply::Lower Take();
  // The call has ended otherwise: the host is told, unless it has answered.
  void Cancel();

 private:
  enum class State : uint8_t { kOpen, kWaitedFor, kAnswered, kCancelled };

  const std::shared_ptr<Mailbox> mailbox_;
  const absl::Time deadline_;
  absl::Mutex mutex_;
  State state_ ABSL_GUARDED_BY(mutex_) = State::kOpen;
  HostReply::Lower lower_ ABSL_GUARDED_BY(mutex_);
  absl::AnyInvocable<void()> cancel_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_REPLY_STATE_H_
