#include "server/cells.h"

#include <algorithm>
#include <utility>

#include "server/engine_cell.h"

namespace davit::server {

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
  if (pool == nullptr) pool = std::make_unique<FreshPool>();
  return *pool;
}

std::shared_ptr<CellQueue> Cells::Dedicated() { return NewQueue(); }

}  // namespace davit::server
