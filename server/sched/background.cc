#include "server/sched/background.h"

#include <algorithm>
#include <thread>
#include <utility>

namespace davit::server {

BackgroundQueue::BackgroundQueue(WorkerPool& workers)
    : BackgroundQueue(workers, std::max(1u, std::thread::hardware_concurrency())) {}

bool BackgroundQueue::IsIdle() const {
  absl::MutexLock lock(mutex_);
  return running_ == 0;
}

size_t BackgroundQueue::waiting() const {
  absl::MutexLock lock(mutex_);
  return waiting_.size();
}

void BackgroundQueue::Run(WorkerPool::Work work) {
  {
    absl::MutexLock lock(mutex_);
    if (running_ == side_by_side_) {
      waiting_.push_back(std::move(work));
      return;
    }
    ++running_;
  }
  workers_.Run([this, work = std::move(work)]() mutable { Chain(std::move(work)); });
}

void BackgroundQueue::Chain(WorkerPool::Work work) {
  while (true) {
    work();
    work = nullptr;  // with what it holds
    absl::MutexLock lock(mutex_);
    if (waiting_.empty()) {
      --running_;
      return;
    }
    work = std::move(waiting_.front());
    waiting_.pop_front();
  }
}

}  // namespace davit::server
