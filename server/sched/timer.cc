#include "server/sched/timer.h"

#include "absl/time/clock.h"

namespace davit::server {

Timer::Timer() : thread_([this] { Loop(); }) {}

void Timer::Stop() {
  {
    absl::MutexLock lock(mutex_);
    stopping_ = true;
    changed_.Signal();
  }
  if (thread_.joinable()) thread_.join();
}

Timer::Id Timer::Schedule(absl::Time time, Action action) {
  absl::MutexLock lock(mutex_);
  const Id id = ++last_id_;
  times_.emplace(id, time);
  const auto position = actions_.emplace(Key(time, id), std::move(action)).first;
  if (position == actions_.begin()) changed_.Signal();
  return id;
}

bool Timer::Cancel(Id id) {
  absl::MutexLock lock(mutex_);
  const auto found = times_.find(id);
  if (found == times_.end()) return false;
  actions_.erase(Key(found->second, id));
  times_.erase(found);
  return true;
}

Timer::Action Timer::NextDue() {
  absl::MutexLock lock(mutex_);
  while (!stopping_) {
    if (actions_.empty()) {
      changed_.Wait(&mutex_);
      continue;
    }
    const auto first = actions_.begin();
    const auto [time, id] = first->first;
    if (time > absl::Now()) {
      changed_.WaitWithDeadline(&mutex_, time);
      continue;
    }
    Action action = std::move(first->second);
    actions_.erase(first);
    times_.erase(id);
    return action;
  }
  return nullptr;
}

void Timer::Loop() {
  while (Action action = NextDue()) action();
}

}  // namespace davit::server
