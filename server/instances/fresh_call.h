#ifndef DAVIT_SERVER_INSTANCES_FRESH_CALL_H_
#define DAVIT_SERVER_INSTANCES_FRESH_CALL_H_

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/component/instance.h"
#include "runtime/engine/cell/cell.h"
#include "server/instances/aim.h"
#include "server/instances/drive_task.h"
#include "server/instances/instance_host.h"
#include "server/instances/invocation.h"
#include "server/registry/registry.h"
#include "server/sched/scheduler.h"
#include "server/sched/timer.h"
#include "server/tenants/tenant.h"

namespace davit::server {

// A call on an instance that exists for it alone. For one thread at a time, but Terminate().
class FreshCall {
 public:
  // Of a function of `component`, which is what `revision` is compiled to. `host` and `tenant` must
  // outlive it. The call is one without a deferral. `spec` may be null: as by default.
  FreshCall(InstanceHost& host, const Tenant& tenant, RevisionPtr revision, ComponentPtr component,
            const Invocation& call, std::unique_ptr<FreshSpec> spec);

  // Where it is to run.
  CellQueue& queue() const { return *place_.queue; }
  // Whether the last ones of this component were so short that it may run on a network thread.
  Place place() const { return fresh_calls().place(); }

  // In a task of queue(), once. Where it waits, `sink` hears of its end, in another task of
  // queue(); what the call points to, `room` and `sink` must live until then. Errors: those of
  // InstanceHost::TakeFresh and Instance::Call.
  absl::StatusOr<component::Progress> Run(engine::CellLock& lock, component::ResultRoom& room,
                                          component::CallSink& sink);
  // Ends it if it runs or waits. Thread-safe.
  void Terminate(engine::Termination why) { aim_.Terminate(why); }

 private:
  class Waiting;
  ShortCalls& fresh_calls() const { return revision_->artifact->fresh_calls(); }
  absl::StatusOr<FreshPool::Fresh> Take(engine::CellLock& lock);
  void End(engine::CellLock& lock, FreshPool::Fresh fresh);

  InstanceHost& host_;
  const Tenant& tenant_;
  const RevisionPtr revision_;
  const ComponentPtr component_;
  const Invocation call_;
  std::unique_ptr<FreshSpec> spec_;  // null: as by default
  const InstanceHost::FreshPlace place_;
  Aim aim_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_FRESH_CALL_H_
