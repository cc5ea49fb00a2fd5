#include "server/fresh_pool.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"

namespace davit::server {

void FreshPool::DropOld(absl::Time now) {
  while (!idle_.empty() && now - idle_.front().since > kLongestIdle) idle_.pop_front();
}

absl::StatusOr<FreshPool::Fresh> FreshPool::Take(
    engine::CellLock& lock, std::shared_ptr<const component::Component> component,
    std::shared_ptr<const component::Linker> linker, const component::InstanceLimits& limits,
    absl::Time deadline) {
  const auto found = std::find_if(idle_.rbegin(), idle_.rend(), [&](const Idle& idle) {
    return &idle.instance->component() == component.get();
  });
  if (found != idle_.rend()) {
    Fresh fresh{.instance = std::move(found->instance), .restorable = true};
    idle_.erase(std::prev(found.base()));
    return fresh;
  }
  DropOld(absl::Now());
  Fresh fresh;
  DAVIT_ASSIGN_OR_RETURN(
      fresh.instance,
      component::Instance::Create(lock, std::move(component), std::move(linker), limits, deadline));
  DAVIT_ASSIGN_OR_RETURN(fresh.restorable, fresh.instance->MakeRestorable(lock));
  return fresh;
}

void FreshPool::GiveBack(engine::CellLock& lock, Fresh fresh) {
  if (!fresh.restorable || !fresh.instance->Restore(lock).value_or(false)) return;
  const absl::Time now = absl::Now();
  DropOld(now);
  if (idle_.size() == kMostIdle) idle_.pop_front();
  idle_.push_back({.instance = std::move(fresh.instance), .since = now});
}

}  // namespace davit::server
