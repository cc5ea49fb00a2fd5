#ifndef DAVIT_SERVER_INSTANCES_INSTANCE_HOST_H_
#define DAVIT_SERVER_INSTANCES_INSTANCE_HOST_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "davit/v1/instance_service.pb.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/engine/engine.h"
#include "runtime/handles/handle_budget.h"
#include "server/app/config.h"
#include "server/instances/cells.h"
#include "server/instances/fresh_pool.h"
#include "server/instances/instance_record.h"
#include "server/instances/instance_table.h"
#include "server/instances/invocation.h"
#include "server/instances/wasi_grants.h"
#include "server/logs/component_logs.h"
#include "server/sched/scheduler.h"
#include "server/sched/timer.h"
#include "server/sched/worker_pool.h"
#include "server/tenants/tenant.h"

namespace davit::server {

// Where instances live: chooses their cells, makes them, and knows what they may have and import.
// Above it are names and requests; what is below is the engine's. Thread-safe.
class InstanceHost {
 public:
  // All but `linker`, which is what components may import, must outlive it and its instances;
  // `timer` must have stopped before it ends. `logs` gets what fresh instances write.
  InstanceHost(const Config& config, engine::Engine& engine, Scheduler& scheduler,
               WorkerPool& workers, Timer& timer, std::shared_ptr<const component::Linker> linker,
               wasi::Services& wasi, ComponentLogs& logs);
  InstanceHost(const InstanceHost&) = delete;
  InstanceHost& operator=(const InstanceHost&) = delete;

  Timer& timer() { return timer_; }

  // What the client asked for, or the defaults; InvalidFieldError over a maximum.
  absl::StatusOr<component::InstanceLimits> LimitsFor(const v1::InstanceLimits& requested);

  // An instance for `tenant`, in the queue of the cell that is to have it; nothing of it exists
  // until Instantiate().
  InstancePtr NewInstance(const Tenant& tenant, InstanceSpec spec);
  // Makes it, in a task of its queue. Where the process has no room for it, after others that only
  // wait have made some. Errors: those of InstanceRecord::Instantiate.
  absl::Status Instantiate(const Tenant& tenant, InstanceRecord& record, engine::CellLock& lock,
                           absl::Time deadline);

  // Where a call on a fresh instance is to run: `pool` is of the cell of `queue`.
  struct FreshPlace {
    std::shared_ptr<CellQueue> queue;
    FreshPool& pool;
  };
  FreshPlace PlaceFresh(const Tenant& tenant);
  struct FreshWish {
    const Tenant& tenant;
    FreshPool& pool;  // of a place for `tenant`
    const std::shared_ptr<const component::Component>& component;
    const std::string& component_name;
    const std::string& call_id;
    std::unique_ptr<FreshSpec> spec;  // null: as by default
    absl::Time deadline;
  };
  // A fresh instance, from the pool where that may be, in a task of its queue, with the room made
  // that Instantiate() makes. Errors and `aim` as FreshPool has them.
  absl::StatusOr<FreshPool::Fresh> TakeFresh(FreshWish wish, engine::CellLock& lock, Aim& aim);

 private:
  WasiGrants FreshGrants(FreshWish& wish);
  // Does `make`, and again as long as it finds no room in the process and some can be made.
  absl::Status WithRoom(const Tenant& tenant, absl::FunctionRef<absl::Status()> make);

  const Config::InstanceDefaults& defaults_;
  WorkerPool& workers_;
  Timer& timer_;
  const std::shared_ptr<const component::Linker> linker_;
  wasi::Services& wasi_;
  ComponentLogs& logs_;
  handles::HandleQuota handle_quota_;  // of all instances together, also of those in cells_
  Cells cells_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_INSTANCE_HOST_H_
