#ifndef DAVIT_SERVER_INSTANCES_CELLS_H_
#define DAVIT_SERVER_INSTANCES_CELLS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/engine.h"
#include "server/instances/fresh_pool.h"
#include "server/sched/scheduler.h"
#include "server/sched/timer.h"
#include "server/sched/worker_pool.h"
#include "server/tenants/tenant.h"

namespace davit::server {

// The cells of every tenant. No cell ever holds stores of two tenants. Thread-safe.
class Cells {
 public:
  // Fresh instances wait so long for another call.
  static constexpr absl::Duration kLongestIdle = absl::Minutes(1);

  // `engine`, `scheduler` and `workers` must outlive it and its queues; `timer` must have stopped
  // before it ends.
  Cells(engine::Engine& engine, const engine::CellOptions& options, Scheduler& scheduler,
        WorkerPool& workers, Timer& timer, uint32_t shared_per_tenant)
      : engine_(engine),
        options_(options),
        scheduler_(scheduler),
        workers_(workers),
        timer_(timer),
        shared_per_tenant_(shared_per_tenant) {}
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  // The least loaded of the cells that the tenant's instances share: fewest tasks, then fewest
  // stores.
  std::shared_ptr<CellQueue> Shared(const Tenant& tenant);
  // Where fresh instances wait in the cell of a queue that Shared() returned. Lives as long as
  // somebody has the queue.
  FreshPool& FreshPoolOf(const CellQueue& queue);
  // Ends instances that only wait for a call, to make room for one of `tenant`: its own, and when
  // it has none what others have beyond a share that is theirs whoever is in need (see FreshPool).
  // Whether there were any: it is worth trying again.
  bool MakeRoom(const Tenant& tenant);
  // A cell for one instance.
  std::shared_ptr<CellQueue> Dedicated();

 private:
  std::vector<std::shared_ptr<CellQueue>> SharedOf(const Tenant& tenant);
  void Retire(std::vector<std::shared_ptr<CellQueue>>& queues)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::shared_ptr<CellQueue> NewQueue();
  std::vector<std::shared_ptr<FreshPool>> FreshPools();
  // Of all tenants, those that have waited since `time` or longer.
  std::vector<FreshPool::InstancePtr> TakeIdleSince(absl::Time time);
  // Looks for what has waited too long, until nothing waits.
  void StartSweeps();
  void Sweep();

  engine::Engine& engine_;
  const engine::CellOptions options_;
  Scheduler& scheduler_;
  WorkerPool& workers_;
  Timer& timer_;
  const uint32_t shared_per_tenant_;
  absl::Mutex mutex_;
  absl::flat_hash_map<std::string, std::vector<std::shared_ptr<CellQueue>>> shared_
      ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const CellQueue*, std::shared_ptr<FreshPool>> fresh_pools_
      ABSL_GUARDED_BY(mutex_);
  // Worn out ones, until nobody has them any more: their pools are found by their addresses.
  std::vector<std::shared_ptr<CellQueue>> retired_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> sweeping_ = false;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_CELLS_H_
