#include "server/instances/cells.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/time/clock.h"
#include "server/instances/engine_cell.h"

namespace davit::server {
namespace {

constexpr absl::Duration kSweepInterval = absl::Seconds(10);
void Append(std::vector<FreshPool::InstancePtr> from, std::vector<FreshPool::InstancePtr>& to) {
  std::ranges::move(from, std::back_inserter(to));
}

}  // namespace

std::shared_ptr<CellQueue> Cells::NewQueue() {
  return scheduler_.NewQueue(std::make_unique<EngineCell>(engine_, options_));
}

std::vector<std::shared_ptr<CellQueue>> Cells::SharedOf(const Tenant& tenant) {
  absl::MutexLock lock(mutex_);
  auto& queues = shared_[tenant.id()];
  Retire(queues);
  while (queues.size() < shared_per_tenant_) queues.push_back(NewQueue());
  return queues;
}

// Takes out those that are worn out; what lives in them goes on.
void Cells::Retire(std::vector<std::shared_ptr<CellQueue>>& queues) {
  const auto worn = std::ranges::stable_partition(
      queues, [](const auto& queue) { return !queue->entry().IsWornOut(); });
  std::ranges::move(worn, std::back_inserter(retired_));
  queues.erase(worn.begin(), worn.end());
  std::erase_if(retired_, [this](const auto& queue) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (queue.use_count() > 1) return false;
    fresh_pools_.erase(queue.get());
    return true;
  });
}

std::shared_ptr<CellQueue> Cells::Shared(const Tenant& tenant) {
  const auto queues = SharedOf(tenant);
  return *std::ranges::min_element(queues, {}, [](const std::shared_ptr<CellQueue>& queue) {
    return std::pair(queue->depth(), queue->entry().LiveStores());
  });
}

FreshPool& Cells::FreshPoolOf(const CellQueue& queue) {
  absl::MutexLock lock(mutex_);
  std::shared_ptr<FreshPool>& pool = fresh_pools_[&queue];
  if (pool == nullptr) {
    pool = std::make_shared<FreshPool>(
        FreshPool::Options{}, [this] { StartSweeps(); },
        [this](FreshPool::InstancePtr ended) {
          workers_.Run([instance = std::move(ended)]() mutable { instance = nullptr; });
        });
  }
  return *pool;
}

std::vector<std::shared_ptr<FreshPool>> Cells::FreshPools() {
  absl::MutexLock lock(mutex_);
  std::vector<std::shared_ptr<FreshPool>> pools;
  for (const auto& [queue, pool] : fresh_pools_) pools.push_back(pool);
  return pools;
}

std::vector<FreshPool::InstancePtr> Cells::TakeIdleSince(absl::Time time) {
  std::vector<FreshPool::InstancePtr> taken;
  for (const auto& pool : FreshPools()) Append(pool->TakeIdleSince(time), taken);
  return taken;
}

// Here, since the caller wants what they had.
bool Cells::MakeRoom(const Tenant& tenant) {
  std::vector<FreshPool::InstancePtr> ended;
  for (const auto& queue : SharedOf(tenant)) {
    Append(FreshPoolOf(*queue).TakeIdleSince(absl::InfiniteFuture()), ended);
  }
  if (!ended.empty()) return true;
  for (const auto& pool : FreshPools()) Append(pool->TakeAboveShare(), ended);
  return !ended.empty();
}

void Cells::StartSweeps() {
  if (sweeping_.exchange(true)) return;
  timer_.Schedule(absl::Now() + kSweepInterval, [this] { Sweep(); });
}

void Cells::Sweep() {
  // Elsewhere: giving their memory back may take longer than the timer has.
  if (auto ended = TakeIdleSince(absl::Now() - kLongestIdle); !ended.empty()) {
    workers_.Run([instances = std::move(ended)]() mutable { instances.clear(); });
  }
  // One that comes to wait from now on starts sweeps itself.
  sweeping_.store(false);
  if (std::ranges::any_of(FreshPools(), [](const auto& pool) { return pool->has_idle(); }))
    StartSweeps();
}

std::shared_ptr<CellQueue> Cells::Dedicated() { return NewQueue(); }

}  // namespace davit::server
