#ifndef DAVIT_SERVER_SCHED_WORKER_POOL_H_
#define DAVIT_SERVER_SCHED_WORKER_POOL_H_

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace davit::server {

struct WorkerPoolOptions {
  uint32_t kept_threads = 4;  // exist from start to end
  uint32_t max_threads = 1000;
  absl::Duration idle = absl::Seconds(10);  // after which a thread that is not kept ends
  // How long one of the threads looks for new work before it sleeps: saves the wake-up, costs CPU.
  absl::Duration spin = absl::ZeroDuration();
  size_t stack_bytes = 4 << 20;  // guests run on these threads
};

// Threads that run whatever they are given, in order of arrival. When all are busy and there is
// more to do another is started, so that work which takes long delays nothing else. Thread-safe.
class WorkerPool {
 public:
  using Work = absl::AnyInvocable<void()>;

  explicit WorkerPool(const WorkerPoolOptions& options);
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // After Stop() the work is done before this returns.
  void Run(Work work);
  // The same, but where this thread is one of its own the work is done before this returns: for
  // what other threads must not wait for.
  void RunOnWorker(Work work);
  // Finishes what it was given, also by that work, and ends its threads.
  void Stop();

  uint32_t threads() const;

 private:
  static void* Main(void* pool);
  void Loop();
  // The next work, or an empty one when this thread is to end.
  Work Next() ABSL_LOCKS_EXCLUDED(mutex_);
  // Looks for work without sleeping; whether there is some.
  bool Spin() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Sleeps until there may be work; false when it was long.
  bool Sleep() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Wakes a thread for the work just added, or starts one, unless one is about to look.
  void Rouse() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool Start() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void JoinEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const WorkerPoolOptions options_;
  mutable absl::Mutex mutex_;
  absl::CondVar work_added_;
  absl::CondVar thread_ended_;
  std::deque<Work> ready_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> any_ready_ = false;  // for spinning without the mutex
  uint32_t threads_ ABSL_GUARDED_BY(mutex_) = 0;
  uint32_t sleeping_ ABSL_GUARDED_BY(mutex_) = 0;  // woken ones too, until they run
  uint32_t spinning_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<pthread_t> ended_ ABSL_GUARDED_BY(mutex_);  // to be joined
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_SCHED_WORKER_POOL_H_
