#include "server/instances/instance_host.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "server/instances/instance_limits.h"

namespace davit::server {

InstanceHost::InstanceHost(const Config& config, engine::Engine& engine, Scheduler& scheduler,
                           WorkerPool& workers, Timer& timer,
                           std::shared_ptr<const component::Linker> linker)
    : defaults_(config.instances()),
      workers_(workers),
      timer_(timer),
      linker_(std::move(linker)),
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
  return InstanceRecord::Make(std::move(spec), std::move(queue), timer_, workers_);
}

absl::Status InstanceHost::Instantiate(const Tenant& tenant, InstanceRecord& record,
                                       engine::CellLock& lock, absl::Time deadline) {
  return WithRoom(tenant, [&] { return record.Instantiate(lock, linker_, deadline); });
}

InstanceHost::FreshPlace InstanceHost::PlaceFresh(const Tenant& tenant) {
  std::shared_ptr<CellQueue> queue = cells_.Shared(tenant);
  FreshPool& pool = cells_.FreshPoolOf(*queue);
  return {.queue = std::move(queue), .pool = pool};
}

absl::StatusOr<FreshPool::Fresh> InstanceHost::TakeFresh(
    const Tenant& tenant, FreshPool& pool, engine::CellLock& lock,
    const std::shared_ptr<const component::Component>& component, absl::Time deadline, Aim& aim) {
  DAVIT_ASSIGN_OR_RETURN(const component::InstanceLimits limits,
                         LimitsFor(v1::InstanceLimits::default_instance()));
  FreshPool::Fresh fresh;
  DAVIT_RETURN_IF_ERROR(WithRoom(tenant, [&]() -> absl::Status {
    DAVIT_ASSIGN_OR_RETURN(fresh, pool.Take(lock, component, linker_, limits, deadline, aim));
    return absl::OkStatus();
  }));
  return fresh;
}

}  // namespace davit::server
