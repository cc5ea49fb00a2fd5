#ifndef DAVIT_SERVER_SCHED_BACKGROUND_H_
#define DAVIT_SERVER_SCHED_BACKGROUND_H_

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "server/sched/worker_pool.h"

namespace davit::server {

// Work that keeps a core busy (compiling) or waits for the disk: some of it side by side on the
// worker threads, the rest in turn, so that deployments leave room for calls. Thread-safe.
class BackgroundQueue {
 public:
  // So many things at a time, whatever else runs.
  BackgroundQueue(WorkerPool& workers, uint32_t side_by_side)
      : workers_(workers), side_by_side_(side_by_side) {}
  // One for each core.
  explicit BackgroundQueue(WorkerPool& workers);

  void Run(WorkerPool::Work work);
  bool IsIdle() const;
  // What waits for its turn now: nothing of what runs.
  size_t waiting() const;

 private:
  // Runs `work`, and then what waits, one after the other.
  void Chain(WorkerPool::Work work);

  WorkerPool& workers_;
  const uint32_t side_by_side_;
  mutable absl::Mutex mutex_;
  uint32_t running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::deque<WorkerPool::Work> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_SCHED_BACKGROUND_H_
