#include "server/cells.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "server/engine_cell.h"

namespace davit::server {
namespace {

constexpr absl::Duration kSweepInterval = absl::Seconds(10);
// How often the pools of all tenants are emptied.
constexpr absl::Duration kRoomInterval = absl::Seconds(1);

}  // namespace

std::shared_ptr<CellQueue> Cells::NewQueue() {
  return scheduler_.NewQueue(std::make_unique<EngineCell>(engine_, options_));
}

std::vector<std::shared_ptr<CellQueue>> Cells::SharedOf(std::string_view tenant) {
  absl::MutexLock lock(mutex_);
  auto& queues = shared_[tenant];
  while (queues.size() < shared_per_tenant_) queues.push_back(NewQueue());
  return queues;
}

std::shared_ptr<CellQueue> Cells::Shared(std::string_view tenant) {
  const auto queues = SharedOf(tenant);
  return *std::ranges::min_element(queues, {}, [](const std::shared_ptr<CellQueue>& queue) {
    return std::pair(queue->depth(), queue->entry().LiveStores());
  });
}

FreshPool& Cells::FreshPoolOf(const CellQueue& queue) {
  absl::MutexLock lock(mutex_);
  std::unique_ptr<FreshPool>& pool = fresh_pools_[&queue];
  if (pool == nullptr) {
    pool = std::make_unique<FreshPool>(FreshPool::Options{}, [this] { StartSweeps(); });
  }
  return *pool;
}

std::vector<FreshPool*> Cells::FreshPools() {
  absl::MutexLock lock(mutex_);
  std::vector<FreshPool*> pools;
  for (const auto& [queue, pool] : fresh_pools_) pools.push_back(pool.get());
  return pools;
}

bool Cells::DropIdle(absl::Time since) {
  bool dropped = false;
  for (FreshPool* pool : FreshPools()) dropped |= pool->DropIdle(since);
  return dropped;
}

bool Cells::MakeRoom(std::string_view tenant) {
  bool dropped = false;
  for (const auto& queue : SharedOf(tenant)) {
    dropped |= FreshPoolOf(*queue).DropIdle(absl::InfiniteFuture());
  }
  if (dropped) return true;
  {
    absl::MutexLock lock(mutex_);
    const absl::Time now = absl::Now();
    if (now - last_room_ < kRoomInterval) return false;
    last_room_ = now;
  }
  return DropIdle(absl::InfiniteFuture());
}

void Cells::StartSweeps() {
  if (sweeping_.exchange(true)) return;
  timer_.Schedule(absl::Now() + kSweepInterval, [this] { Sweep(); });
}

void Cells::Sweep() {
  DropIdle(absl::Now() - kLongestIdle);
  // One that comes to wait from now on starts sweeps itself.
  sweeping_.store(false);
  if (std::ranges::any_of(FreshPools(), &FreshPool::has_idle)) StartSweeps();
}

std::shared_ptr<CellQueue> Cells::Dedicated() { return NewQueue(); }

}  // namespace davit::server
