#include "server/fresh_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"

namespace davit::server {

FreshPool::Idle FreshPool::PopOldest() {
  Idle oldest = std::move(idle_.front());
  idle_.pop_front();
  idle_bytes_ -= oldest.memory_bytes;
  return oldest;
}

std::unique_ptr<component::Instance> FreshPool::TakeIdle(const component::Component& component) {
  absl::MutexLock lock(mutex_);
  const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const Idle& idle) {
    return &idle.instance->component() == &component;
  });
  if (found == idle_.rend()) return nullptr;
  std::unique_ptr<component::Instance> instance = std::move(found->instance);
  idle_bytes_ -= found->memory_bytes;
  idle_.erase(std::prev(found.base()));
  return instance;
}

absl::StatusOr<FreshPool::Fresh> FreshPool::Take(
    engine::CellLock& lock, std::shared_ptr<const component::Component> component,
    std::shared_ptr<const component::Linker> linker, const component::InstanceLimits& limits,
    absl::Time deadline) {
  while (auto idle = TakeIdle(*component)) {
    // It may have been ended for what it has, while it waited.
    if (idle->poison().ok()) return Fresh{.instance = std::move(idle), .restorable = true};
  }
  Fresh fresh;
  DAVIT_ASSIGN_OR_RETURN(
      fresh.instance,
      component::Instance::Create(lock, std::move(component), std::move(linker), limits, deadline));
  DAVIT_ASSIGN_OR_RETURN(fresh.restorable, fresh.instance->MakeRestorable(lock));
  return fresh;
}

void FreshPool::GiveBack(engine::CellLock& lock, Fresh fresh) {
  if (!fresh.restorable || !fresh.instance->Restore(lock).value_or(false)) return;
  const uint64_t bytes = fresh.instance->memory_bytes();
  if (bytes > options_.most_idle_bytes) return;
  std::vector<Idle> dropped;  // ends outside of the mutex
  {
    absl::MutexLock mutex_lock(mutex_);
    while (idle_.size() >= options_.most_idle || idle_bytes_ > options_.most_idle_bytes - bytes) {
      dropped.push_back(PopOldest());
    }
    idle_bytes_ += bytes;
    idle_.push_back(
        {.instance = std::move(fresh.instance), .since = absl::Now(), .memory_bytes = bytes});
  }
  on_idle_();
}

bool FreshPool::DropIdle(absl::Time time) {
  std::vector<Idle> dropped;  // ends outside of the mutex
  absl::MutexLock lock(mutex_);
  while (!idle_.empty() && idle_.front().since <= time) dropped.push_back(PopOldest());
  return !dropped.empty();
}

bool FreshPool::has_idle() const {
  absl::MutexLock lock(mutex_);
  return !idle_.empty();
}

}  // namespace davit::server
