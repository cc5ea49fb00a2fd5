#ifndef DAVIT_SERVER_RPC_CALL_TASK_H_
#define DAVIT_SERVER_RPC_CALL_TASK_H_

#include <memory>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/component/component.h"
#include "server/instances/fresh_call.h"
#include "server/instances/instance_host.h"
#include "server/instances/instance_record.h"
#include "server/instances/instance_table.h"
#include "server/instances/invocation.h"
#include "server/registry/registry.h"
#include "server/rpc/request.h"
#include "server/rpc/responder.h"
#include "server/sched/scheduler.h"
#include "server/tenants/quota.h"

namespace davit::server {

// One call that was admitted, or refused, on its way through the queue of its cell and the guest to
// its Responder, whatever RPC it came by. Part of what owns the responder, and used once.
class CallTask final : public CellTask, private component::CallSink {
 public:
  // `responder` must outlive it.
  CallTask(const Request& request, Responder& responder)
      : request_(request), responder_(responder) {}

  // -- Before it starts --

  // What the request takes, which goes back when the call has run.
  void Hold(Quota::Share request_share) { request_share_ = std::move(request_share); }
  // The instance that it is for, also where it is refused.
  void SetInstance(InstancePtr instance) { instance_ = std::move(instance); }

  // -- One of these, once. Each leads to Respond() of the responder, on whatever thread, possibly
  // before it returns. `place` kWorker never runs the guest before that. --

  // Calls the instance. REQUIRES of this and PostReturn: SetInstance.
  void Call(Invocation call, Place place);
  // Completes a deferred call of `func`. `call_id` must stay until Respond().
  void PostReturn(component::ExportFuncId func, std::string_view call_id);
  // Calls the function of that name on a fresh instance of `revision`, made by `host`, when that is
  // compiled. `call` has everything but the function; `spec` may be null.
  void CallFresh(InstanceHost& host, RevisionPtr revision, std::string_view function,
                 Invocation call, std::unique_ptr<FreshSpec> spec, Place place);
  void Fail(absl::Status status);

  // The one set; null for a fresh one or when there is none.
  const InstanceRecord* instance() const { return instance_.get(); }

  absl::Status Wanted(absl::Time now) const override;
  TaskProgress Run(engine::CellLock* lock) override;
  void Drop(const absl::Status& why) override { status_ = why; }
  void Interrupt(const absl::Status& why) override;
  void Finish() override;

 private:
  struct PostReturnOf {
    component::ExportFuncId func;
    std::string_view call_id;
  };

  void Submit(CellQueue& queue, Place place);
  void StartFresh(InstanceHost& host, RevisionPtr revision, absl::StatusOr<ComponentPtr> component,
                  std::string_view function, Invocation call, std::unique_ptr<FreshSpec> spec,
                  Place place);
  absl::StatusOr<component::Progress> Execute(engine::CellLock& lock);
  // Of a call that has waited.
  void Ended(absl::Status status) override;

  const Request request_;
  Responder& responder_;
  absl::Status status_;
  Quota::Share request_share_;
  InstancePtr instance_;
  // What is to be done; an Invocation is of instance_.
  std::variant<std::monostate, Invocation, PostReturnOf, FreshCall> work_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CALL_TASK_H_
