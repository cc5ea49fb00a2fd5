#ifndef DAVIT_RUNTIME_WASI_IO_WAKER_H_
#define DAVIT_RUNTIME_WASI_IO_WAKER_H_

#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace davit::wasi::io {

// Wants to know when something may have become ready.
class Wakee {
 public:
  virtual ~Wakee() = default;
  // From any thread, which it must not hold up, and more often than there is something to see.
  virtual void Wake() = 0;
};

// Tells a wakee as long as there is one. Thread-safe.
class Waker {
 public:
  // Tells nobody.
  Waker() = default;
  explicit Waker(std::weak_ptr<Wakee> wakee) : wakee_(std::move(wakee)) {}

  void Wake() const {
    if (const std::shared_ptr<Wakee> wakee = wakee_.lock()) wakee->Wake();
  }

 private:
  std::weak_ptr<Wakee> wakee_;
};

// Whom something tells that can be waited for: one at a time, since an instance waits once.
// Thread-safe.
class WakerSlot {
 public:
  void Arm(Waker waker) {
    absl::MutexLock lock(mutex_);
    waker_ = std::move(waker);
  }
  // Tells it, once.
  void Wake() { Take().Wake(); }

 private:
  Waker Take() {
    absl::MutexLock lock(mutex_);
    return std::exchange(waker_, Waker());
  }

  absl::Mutex mutex_;
  Waker waker_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_WAKER_H_
