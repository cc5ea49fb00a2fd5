#include "server/sched/worker_pool.h"

#include <utility>

#include "absl/log/check.h"
#include "absl/log/log.h"
#include "absl/time/clock.h"

namespace davit::server {
namespace {

// The pool that this thread belongs to.
thread_local const WorkerPool* pool_of_this_thread = nullptr;

}  // namespace

WorkerPool::WorkerPool(const WorkerPoolOptions& options) : options_(options) {
  absl::MutexLock lock(mutex_);
  while (threads_ < options_.kept_threads) CHECK(Start()) << "no threads to start with";
}

void WorkerPool::Stop() {
  absl::MutexLock lock(mutex_);
  stopping_ = true;
  work_added_.SignalAll();
  while (threads_ > 0) thread_ended_.Wait(&mutex_);
  JoinEnded();
}

void WorkerPool::Run(Work work) {
  {
    absl::MutexLock lock(mutex_);
    if (!stopping_ || threads_ > 0) {
      ready_.push_back(std::move(work));
      any_ready_.store(true, std::memory_order_relaxed);
      return Rouse();
    }
  }
  work();
}

void WorkerPool::RunOnWorker(Work work) {
  if (pool_of_this_thread == this) return work();
  Run(std::move(work));
}

uint32_t WorkerPool::threads() const {
  absl::MutexLock lock(mutex_);
  return threads_;
}

void WorkerPool::Rouse() {
  const size_t waiting = ready_.size();
  if (waiting <= spinning_) return;
  if (waiting <= size_t{spinning_} + sleeping_) {
    work_added_.Signal();
  } else if (threads_ < options_.max_threads) {
    Start();
  }
}

bool WorkerPool::Start() {
  JoinEnded();
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, options_.stack_bytes);
  pthread_t thread;
  const int error = pthread_create(&thread, &attributes, &WorkerPool::Main, this);
  pthread_attr_destroy(&attributes);
  if (error != 0) {
    LOG_EVERY_N_SEC(ERROR, 10) << "no further worker thread than " << threads_ << ": error "
                               << error;
    return false;
  }
  ++threads_;
  return true;
}

// A thread in ended_ has nothing left to do but return, so this does not wait for long.
void WorkerPool::JoinEnded() {
  for (const pthread_t thread : ended_) pthread_join(thread, nullptr);
  ended_.clear();
}

void* WorkerPool::Main(void* pool) {
  static_cast<WorkerPool*>(pool)->Loop();
  return nullptr;
}

void WorkerPool::Loop() {
  pool_of_this_thread = this;
  while (Work work = Next()) work();
}

WorkerPool::Work WorkerPool::Next() {
  absl::MutexLock lock(mutex_);
  while (ready_.empty()) {
    if (Spin()) continue;
    const bool expired = !stopping_ && !Sleep();
    if (!ready_.empty()) break;
    if (stopping_ || (expired && threads_ > options_.kept_threads)) {
      --threads_;
      ended_.push_back(pthread_self());
      thread_ended_.Signal();
      return nullptr;
    }
  }
  Work work = std::move(ready_.front());
  ready_.pop_front();
  any_ready_.store(!ready_.empty(), std::memory_order_relaxed);
  return work;
}

bool WorkerPool::Spin() {
  if (options_.spin <= absl::ZeroDuration() || spinning_ > 0 || stopping_) return false;
  ++spinning_;
  mutex_.unlock();
  const int64_t end = absl::GetCurrentTimeNanos() + absl::ToInt64Nanoseconds(options_.spin);
  while (!any_ready_.load(std::memory_order_relaxed) && absl::GetCurrentTimeNanos() < end) {
    for (int i = 0; i < 16; ++i) __builtin_ia32_pause();
  }
  mutex_.lock();
  --spinning_;
  return !ready_.empty();
}

bool WorkerPool::Sleep() {
  ++sleeping_;
  const bool expired = work_added_.WaitWithTimeout(&mutex_, options_.idle);
  --sleeping_;
  return !expired;
}

}  // namespace davit::server
