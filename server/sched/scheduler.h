#ifndef DAVIT_SERVER_SCHED_SCHEDULER_H_
#define DAVIT_SERVER_SCHED_SCHEDULER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/sched/timer.h"
#include "server/sched/worker_pool.h"

namespace davit::engine {
class CellLock;
}

// Who runs which cell when. A cell's tasks wait in its queue; the thread that takes the queue up
// runs a batch of them under one lock of the cell, so that one thread is in a cell at a time and a
// long call keeps one thread and its own cell busy, nothing else.
namespace davit::server {

class CellQueue;
class Scheduler;

// Where a task may run.
enum class Place : uint8_t {
  kWorker,
  // On the thread that submits it, before Submit returns, if the cell is idle: for tasks that are
  // expected to be short. Otherwise as kWorker.
  kHere,
};

// How far a task has come when Run returns.
enum class TaskProgress : uint8_t {
  kDone,
  kParked  // it waits for something outside of the cell, without a place in the queue
};

// One unit of work in a cell. The scheduler calls Run or Drop, and then Finish, once each; of one
// that parks, Finish when CellQueue::EndParked says so. Nothing but its queue deletes one that is
// on the heap; one that is not is part of what waits for it, as a call is of what answers it.
class CellTask {
 public:
  virtual ~CellTask() = default;

  // OK while somebody wants the outcome; otherwise why not. Thread-safe: also asked during Run,
  // when that takes long, and answered with Interrupt.
  virtual absl::Status Wanted(absl::Time now) const = 0;
  // Does the work. `lock` is of the queue's cell.
  virtual TaskProgress Run(engine::CellLock* lock) = 0;
  // Instead of Run: it will not run, because of `why`.
  virtual void Drop(const absl::Status& why) = 0;
  // Makes a Run under way, or what is parked, end soon, because of `why`. Called from another
  // thread, again and again until it is over, each time before Finish; never under the queue's
  // mutex, so that it may submit tasks.
  virtual void Interrupt(const absl::Status& why) = 0;
  // Reports the outcome. What the task is part of may be gone before this returns.
  virtual void Finish() = 0;
  // Whether it is part of a task that has been admitted: neither is it refused because the queue is
  // full, nor dropped at the end.
  virtual bool IsPartOfAnother() const { return false; }

 private:
  friend class CellQueue;
  CellTask* next_ = nullptr;
  CellTask* previous_ = nullptr;  // among those that are parked
  bool is_being_interrupted_ = false;
  Place place_ = Place::kWorker;
  bool is_the_queues_ = false;
};

// How to enter the cell of a queue: the seam between scheduling and V8.
class CellEntry {
 public:
  virtual ~CellEntry() = default;
  // Runs `batch` with the cell locked by this thread; makes the cell first where there is none yet.
  // An error means that `batch` did not run. Called by one thread at a time.
  virtual absl::Status Enter(absl::FunctionRef<void(engine::CellLock*)> batch) = 0;
  // Whether Enter costs no more than the lock. Thread-safe.
  virtual bool IsMade() const = 0;
  // Stores alive in the cell. Thread-safe.
  virtual size_t LiveStores() const = 0;
  // Whether new stores should be made in another one. Thread-safe.
  virtual bool IsWornOut() const { return false; }
};

// The queue of one cell. Thread-safe.
class CellQueue : public std::enable_shared_from_this<CellQueue> {
 public:
  ~CellQueue();
  CellQueue(const CellQueue&) = delete;
  CellQueue& operator=(const CellQueue&) = delete;

  // Appends `task`, which lives until its Finish. RESOURCE_EXHAUSTED (kQueueFull) leaves it alone.
  absl::Status Submit(CellTask& task, Place place);
  // Appends a task that nobody else has, which ends after its Finish. Where the queue is full
  // (kQueueFull) it is dropped, and finished, before this returns.
  void Submit(std::unique_ptr<CellTask> task, Place place);

  // A task that has parked is over: the last to be called of it, in the cell. Finishes it.
  void EndParked(CellTask& task);

  // Tasks waiting and running.
  size_t depth() const { return depth_.load(); }
  size_t parked() const { return parked_.load(); }
  // Tasks waiting alone.
  size_t waiting() const;
  const CellEntry& entry() const { return *entry_; }

 private:
  friend class Scheduler;
  CellQueue(Scheduler& scheduler, std::unique_ptr<CellEntry> entry)
      : scheduler_(scheduler), entry_(std::move(entry)) {}

  // The end of every task.
  static void End(CellTask& task);

  void Append(CellTask& task, Place place) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  CellTask* Pop() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the running task's turn and makes the next one the running one, if there is one that may
  // run at `place` and `budget` is not used up.
  CellTask* Next(Place place, int budget);
  // Runs a batch on this thread. REQUIRES: it took the queue up (taken_).
  void RunBatch(Place place);
  // What RunBatch does under the lock; the last task run is left to be finished without it.
  CellTask* RunLocked(engine::CellLock* lock, Place place);
  // Puts the queue down when it is empty, else hands it to a worker.
  void PutDown();
  static void HandOver(std::shared_ptr<CellQueue> self);
  void DropAll(const absl::Status& why);
  void Park(CellTask& task);
  void InterruptParked(absl::Time now);
  void InterruptRunning(absl::Time now);
  void AwaitInterrupted(const CellTask& task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Looks after a queue that makes no progress: drops what nobody waits for any more. Whether there
  // is anything in the queue.
  bool Sweep(absl::Time now);

  Scheduler& scheduler_;
  const std::unique_ptr<CellEntry> entry_;
  std::atomic<size_t> depth_ = 0;
  std::atomic<size_t> parked_ = 0;
  mutable absl::Mutex mutex_;
  // Some thread has the queue or is about to take it up.
  bool taken_ ABSL_GUARDED_BY(mutex_) = false;
  CellTask* running_ ABSL_GUARDED_BY(mutex_) = nullptr;
  CellTask* head_ ABSL_GUARDED_BY(mutex_) = nullptr;
  CellTask* tail_ ABSL_GUARDED_BY(mutex_) = nullptr;
  CellTask* first_parked_ ABSL_GUARDED_BY(mutex_) = nullptr;
  CellTask* next_to_ask_ ABSL_GUARDED_BY(mutex_) = nullptr;  // of those that are parked
  size_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t started_ ABSL_GUARDED_BY(mutex_) = 0;        // tasks so far
  uint64_t swept_started_ ABSL_GUARDED_BY(mutex_) = 0;  // started_ at the last Sweep
};

struct SchedulerOptions {
  size_t queue_length = 1024;
  uint32_t direct_calls = 1;  // tasks that may run at Place::kHere side by side
};

// Makes queues and watches over them. Thread-safe. Outlives its queues. `workers` and `timer`
// outlive it, stopped by then: the timer first.
class Scheduler {
 public:
  Scheduler(const SchedulerOptions& options, WorkerPool& workers, Timer& timer)
      : options_(options), workers_(workers), timer_(timer) {}
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Whoever drops the last reference, the queue ends on a worker thread: with its cell.
  std::shared_ptr<CellQueue> NewQueue(std::unique_ptr<CellEntry> entry);

  // Whether all queues are empty.
  bool IsIdle();
  // Tasks that wait in all queues: those that run do not count.
  size_t waiting();
  // Tasks of all queues that run or are parked.
  size_t running();
  // From now on no task is wanted: those that wait are dropped because of `why`, those that run are
  // interrupted. Once at most.
  void EndTasks(absl::Status why);

 private:
  friend class CellQueue;

  // A place among the tasks that run directly; false when all are taken.
  bool TakeDirect();
  void ReturnDirect() { direct_.fetch_sub(1, std::memory_order_relaxed); }
  // Called at every Submit: costs nothing while the watch is on.
  void Watch() {
    if (!watching_.load()) [[unlikely]]
      StartWatch();
  }
  void StartWatch();
  void ScheduleSweep();
  void Sweep();
  std::vector<std::shared_ptr<CellQueue>> LiveQueues();
  // OK while somebody wants the outcome of `task`; otherwise why not.
  absl::Status Wanted(const CellTask& task, absl::Time now) const;

  const SchedulerOptions options_;
  WorkerPool& workers_;
  Timer& timer_;
  std::atomic<uint32_t> direct_ = 0;
  std::atomic<bool> watching_ = false;
  absl::Time last_busy_ = absl::InfinitePast();  // of the sweeps, which follow each other
  absl::Status end_reason_;                      // set before ending_ is
  std::atomic<bool> ending_ = false;
  absl::Mutex mutex_;
  std::vector<std::weak_ptr<CellQueue>> queues_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_SCHED_SCHEDULER_H_
