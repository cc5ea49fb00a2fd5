#ifndef DAVIT_SERVER_RPC_TETHER_H_
#define DAVIT_SERVER_RPC_TETHER_H_

#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/synchronization/mutex.h"
#include "runtime/wasi/io/waker.h"

namespace davit::server {

// How threads that know nothing of the life of a stream reach it: those that write to it, or wake
// it. Shared with them; the stream cuts it at its end, and stays as long as one of them is at work
// on it. Thread-safe.
class Tether final : public wasi::io::Wakee {
 public:
  // `on_wake` is called as Enter() calls a function.
  explicit Tether(std::function<void()> on_wake) : on_wake_(std::move(on_wake)) {}

  void Wake() override { Enter(on_wake_); }
  // Calls `work`, unless the stream has gone. It may be called within `work`.
  void Enter(absl::FunctionRef<void()> work) {
    {
      absl::MutexLock lock(mutex_);
      if (is_cut_) return;
      ++inside_;
    }
    work();
    absl::MutexLock lock(mutex_);
    --inside_;
  }
  // Nobody enters any more, nor is inside, when it returns. Not within Enter().
  void Cut() {
    absl::MutexLock lock(mutex_);
    is_cut_ = true;
    const auto is_empty = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return inside_ == 0; };
    mutex_.Await(absl::Condition(&is_empty));
  }

 private:
  const std::function<void()> on_wake_;
  absl::Mutex mutex_;
  bool is_cut_ ABSL_GUARDED_BY(mutex_) = false;
  int inside_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_TETHER_H_
