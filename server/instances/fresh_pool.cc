#include "server/instances/fresh_pool.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/linked_component.h"

namespace davit::server {
namespace {

// To give so many bytes of memory back costs less than to hand them to another thread.
constexpr uint64_t kQuicklyEnded = 1 << 20;
// Of what may wait one part stays whatever others need.
constexpr uint64_t kShares = 4;

}  // namespace

FreshPool::InstancePtr FreshPool::PopOldest() {
  InstancePtr oldest = std::move(idle_.front().instance);
  idle_bytes_ -= idle_.front().memory_bytes;
  idle_.pop_front();
  return oldest;
}

FreshPool::InstancePtr FreshPool::TakeLatest(const component::Component& component) {
  absl::MutexLock lock(mutex_);
  const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const Idle& idle) {
    return &idle.instance->component() == &component;
  });
  if (found == idle_.rend()) return nullptr;
  InstancePtr instance = std::move(found->instance);
  idle_bytes_ -= found->memory_bytes;
  idle_.erase(std::prev(found.base()));
  return instance;
}

FreshPool::Fresh FreshPool::TakeIdle(const component::Component& component, Aim& aim) {
  while (auto idle = TakeLatest(component)) {
    // It may have been ended for what it has, while it waited.
    if (!idle->poison().ok()) continue;
    aim.Set(idle.get());
    return Fresh{.instance = std::move(idle), .restorable = true};
  }
  return {};
}

absl::StatusOr<FreshPool::Fresh> FreshPool::Make(
    engine::CellLock& lock, std::shared_ptr<const component::Component> component,
    std::shared_ptr<const component::Linker> linker, const component::InstanceLimits& limits,
    component::HostStateFactory make_state, absl::Time deadline, Aim& aim) {
  Fresh fresh;
  DAVIT_ASSIGN_OR_RETURN(auto linked,
                         component::LinkedComponent::Link(std::move(component), std::move(linker)));
  fresh.instance = component::Instance::Prepare(std::move(linked), limits, std::move(make_state));
  aim.Set(fresh.instance.get());
  const auto make = [&]() -> absl::Status {
    DAVIT_RETURN_IF_ERROR(fresh.instance->Instantiate(lock, deadline));
    DAVIT_ASSIGN_OR_RETURN(fresh.restorable, fresh.instance->MakeRestorable(lock));
    return absl::OkStatus();
  };
  if (absl::Status status = make(); !status.ok()) {
    aim.Set(nullptr);
    return status;
  }
  return fresh;
}

bool FreshPool::Restore(engine::CellLock& lock, const Fresh& fresh) const {
  return fresh.restorable && fresh.instance->memory_bytes() <= options_.most_idle_bytes &&
         fresh.instance->Restore(lock).value_or(false);
}

void FreshPool::GiveBack(engine::CellLock& lock, Fresh fresh) {
  if (!Restore(lock, fresh)) return Drop(std::move(fresh.instance));
  const uint64_t bytes = fresh.instance->memory_bytes();
  std::vector<InstancePtr> dropped;
  {
    absl::MutexLock mutex_lock(mutex_);
    while (idle_.size() >= options_.most_idle || idle_bytes_ > options_.most_idle_bytes - bytes) {
      dropped.push_back(PopOldest());
    }
    idle_bytes_ += bytes;
    idle_.push_back(
        {.instance = std::move(fresh.instance), .since = absl::Now(), .memory_bytes = bytes});
  }
  for (InstancePtr& instance : dropped) Drop(std::move(instance));
  on_idle_();
}

void FreshPool::Drop(InstancePtr instance) {
  if (instance->memory_bytes() > kQuicklyEnded) end_(std::move(instance));
}

std::vector<FreshPool::InstancePtr> FreshPool::TakeIdleSince(absl::Time time) {
  std::vector<InstancePtr> taken;
  absl::MutexLock lock(mutex_);
  while (!idle_.empty() && idle_.front().since <= time) taken.push_back(PopOldest());
  return taken;
}

std::vector<FreshPool::InstancePtr> FreshPool::TakeAboveShare() {
  std::vector<InstancePtr> taken;
  absl::MutexLock lock(mutex_);
  while (idle_.size() > options_.most_idle / kShares ||
         idle_bytes_ > options_.most_idle_bytes / kShares) {
    taken.push_back(PopOldest());
  }
  return taken;
}

bool FreshPool::has_idle() const {
  absl::MutexLock lock(mutex_);
  return !idle_.empty();
}

}  // namespace davit::server
