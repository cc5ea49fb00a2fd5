#include "runtime/wasi/io/wait.h"

namespace davit::wasi::io::internal {

void Wait::Try() {
  is_posted_.store(false, std::memory_order_release);
  absl::MutexLock lock(mutex_);
  if (attempt_ == nullptr) return;
  if (attempt_(Waker(weak_from_this()))) attempt_ = nullptr;
}

void Wait::Wake() {
  if (is_posted_.exchange(true, std::memory_order_acq_rel)) return;
  reactor_.Post([self = shared_from_this()] { self->Try(); });
}

void Wait::Cancel() {
  absl::MutexLock lock(mutex_);
  attempt_ = nullptr;
}

}  // namespace davit::wasi::io::internal
