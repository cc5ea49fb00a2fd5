#include "server/instances/instance_host.h"

#include <optional>
#include <utility>

#include "runtime/base/status_macros.h"
#include "server/instances/instance_limits.h"
#include "server/logs/log_output.h"

namespace davit::server {

InstanceHost::InstanceHost(const Config& config, engine::Engine& engine, Scheduler& scheduler,
                           WorkerPool& workers, Timer& timer,
                           std::shared_ptr<const component::Linker> linker, wasi::Services& wasi,
                           ComponentLogs& logs)
    : defaults_(config.instances()),
      workers_(workers),
      timer_(timer),
      linker_(std::move(linker)),
      wasi_(wasi),
      logs_(logs),
      handle_quota_(config.instances().all_handles()),
      cells_(engine, ToCellOptions(config), scheduler, workers, timer, SharedCells(config)) {}

absl::StatusOr<component::InstanceLimits> InstanceHost::LimitsFor(
    const v1::InstanceLimits& requested) {
  return LimitsOf(defaults_, requested, handle_quota_);
}

absl::Status InstanceHost::WithRoom(const Tenant& tenant, absl::FunctionRef<absl::Status()> make) {
  absl::Status status = make();
  while (IsOutOfRoom(status) && cells_.MakeRoom(tenant)) status = make();
  return status;
}

InstancePtr InstanceHost::NewInstance(const Tenant& tenant, InstanceSpec spec) {
  std::shared_ptr<CellQueue> queue =
      spec.isolation == v1::ISOLATION_DEDICATED ? cells_.Dedicated() : cells_.Shared(tenant);
  return InstanceRecord::Make(
      std::move(spec), {.bytes = defaults_.log_bytes(), .bytes_per_second = defaults_.log_rate()},
      std::move(queue), timer_, workers_);
}

absl::Status InstanceHost::Instantiate(const Tenant& tenant, InstanceRecord& record,
                                       engine::CellLock& lock, absl::Time deadline) {
  return WithRoom(tenant, [&] { return record.Instantiate(lock, linker_, wasi_, deadline); });
}

InstanceHost::FreshPlace InstanceHost::PlaceFresh(const Tenant& tenant) {
  std::shared_ptr<CellQueue> queue = cells_.Shared(tenant);
  FreshPool& pool = cells_.FreshPoolOf(*queue);
  return {.queue = std::move(queue), .pool = pool};
}

WasiGrants InstanceHost::FreshGrants(FreshWish& wish) {
  WasiGrants grants;
  if (wish.spec != nullptr) grants.config = std::move(wish.spec->wasi);
  if (wish.spec != nullptr && wish.spec->stdio.has_value()) {
    grants.stdio = *std::move(wish.spec->stdio);
  } else {
    LogOutput output(logs_.Of(wish.component_name));
    if (!wish.call_id.empty()) output.BeginCall(wish.call_id);
    grants.stdio = output.stdio();
  }
  return grants;
}

absl::StatusOr<FreshPool::Fresh> InstanceHost::TakeFresh(FreshWish wish, engine::CellLock& lock,
                                                         Aim& aim) {
  std::optional<WasiGrants> grants;
  if (UsesWasi(*wish.component)) grants = FreshGrants(wish);
  // Those that wait in the pool have the limits that are usual.
  const bool is_usual = wish.spec == nullptr || !wish.spec->limits.has_value();
  if (is_usual) {
    FreshPool::Fresh idle = wish.pool.TakeIdle(*wish.component, aim);
    if (idle.instance != nullptr) {
      if (grants.has_value()) RegrantWasi(*idle.instance, lock, *std::move(grants));
      return idle;
    }
  }
  auto limits = is_usual ? LimitsFor(v1::InstanceLimits::default_instance()) : *wish.spec->limits;
  DAVIT_RETURN_IF_ERROR(limits.status());
  FreshPool::Fresh fresh;
  DAVIT_RETURN_IF_ERROR(WithRoom(wish.tenant, [&]() -> absl::Status {
    component::HostStateFactory make_state;
    if (grants.has_value()) make_state = WasiState(wasi_, *grants);
    DAVIT_ASSIGN_OR_RETURN(fresh, FreshPool::Make(lock, wish.component, linker_, *limits,
                                                  std::move(make_state), wish.deadline, aim));
    return absl::OkStatus();
  }));
  fresh.restorable = fresh.restorable && is_usual;
  return fresh;
}

}  // namespace davit::server
