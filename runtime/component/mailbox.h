#ifndef DAVIT_RUNTIME_COMPONENT_MAILBOX_H_
#define DAVIT_RUNTIME_COMPONENT_MAILBOX_H_

#include <functional>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/engine/process/termination.h"

namespace davit::component {

// What others have to say to a call that waits, until somebody drives its instance. Thread-safe;
// lives as long as anybody may still answer.
class Mailbox {
 public:
  // Called whenever there is something new while the call waits, by whoever posts it. Must not call
  // back. Null: nobody is told.
  void SetWaker(std::function<void()> waker) {
    absl::MutexLock lock(mutex_);
    waker_ = std::move(waker);
  }

  // -- By who runs the call --

  // It begins, and may be ended from now on.
  void BeginCall() {
    absl::MutexLock lock(mutex_);
    in_call_ = true;
    has_answer_ = false;
    ended_.reset();
  }
  void EndCall() {
    absl::MutexLock lock(mutex_);
    in_call_ = false;
  }
  // What there was since it was asked last: whether it goes on, or why it is to end.
  struct News {
    bool has_answer = false;
    std::optional<engine::Termination> ended;
  };
  News Take() {
    absl::MutexLock lock(mutex_);
    return TakeLocked();
  }
  // The same, when there is something, or at `deadline`.
  News Await(absl::Time deadline) {
    absl::MutexLock lock(mutex_);
    const auto has_news = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return has_answer_ || ended_.has_value();
    };
    mutex_.AwaitWithDeadline(absl::Condition(&has_news), deadline);
    return TakeLocked();
  }

  // -- By anybody --

  // What it waits for is there.
  void PostAnswer() {
    absl::MutexLock lock(mutex_);
    if (!in_call_) return;
    has_answer_ = true;
    if (waker_) waker_();
  }
  // Ends the call, if there is one; the first reason counts.
  void End(engine::Termination why) {
    absl::MutexLock lock(mutex_);
    if (!in_call_ || ended_) return;
    ended_ = why;
    if (waker_) waker_();
  }

 private:
  News TakeLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return {.has_answer = std::exchange(has_answer_, false),
            .ended = std::exchange(ended_, std::nullopt)};
  }

  absl::Mutex mutex_;
  bool in_call_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_answer_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<engine::Termination> ended_ ABSL_GUARDED_BY(mutex_);
  std::function<void()> waker_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_MAILBOX_H_
