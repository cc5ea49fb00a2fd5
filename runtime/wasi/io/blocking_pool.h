#ifndef DAVIT_RUNTIME_WASI_IO_BLOCKING_POOL_H_
#define DAVIT_RUNTIME_WASI_IO_BLOCKING_POOL_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "runtime/wasi/io/waitable.h"

namespace davit::wasi::io {

// Threads for what may hold one up: a disk. Thread-safe.
class BlockingPool {
 public:
  explicit BlockingPool(size_t threads = 8);
  // Ends after what has been begun.
  ~BlockingPool();
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  void Post(absl::AnyInvocable<void()> work);

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

// Something done on a pool, and its result. Lives until it is done, whoever waits for it.
template <typename T>
class Job final : public Waitable {
 public:
  static std::shared_ptr<Job> Start(BlockingPool& pool, absl::AnyInvocable<T()> work) {
    auto job = std::make_shared<Job>();
    pool.Post([job, work = std::move(work)]() mutable { job->Finish(work()); });
    return job;
  }

  bool Ready() override {
    absl::MutexLock lock(mutex_);
    return result_.has_value();
  }
  void Arm(const Waker& waker) override {
    waker_.Arm(waker);
    if (Ready()) waker_.Wake();
  }
  // REQUIRES: Ready(). Once.
  T Take() {
    absl::MutexLock lock(mutex_);
    return *std::move(result_);
  }

 private:
  void Finish(T result) {
    {
      absl::MutexLock lock(mutex_);
      result_.emplace(std::move(result));
    }
    waker_.Wake();
  }

  absl::Mutex mutex_;
  std::optional<T> result_ ABSL_GUARDED_BY(mutex_);
  WakerSlot waker_;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_BLOCKING_POOL_H_
