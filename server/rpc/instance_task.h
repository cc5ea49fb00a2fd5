#ifndef DAVIT_SERVER_RPC_INSTANCE_TASK_H_
#define DAVIT_SERVER_RPC_INSTANCE_TASK_H_

#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/instances/instance_record.h"
#include "server/instances/instance_table.h"
#include "server/rpc/request.h"
#include "server/sched/scheduler.h"
#include "server/tenants/quota.h"

namespace davit::server {

// What a request wants of an instance that needs its cell but calls no export: it waits for its
// turn as calls do, and ends with the request's deadline as they do.
class InstanceTask final : public CellTask {
 public:
  using Body = absl::AnyInvocable<absl::Status(InstanceRecord&, engine::CellLock&)>;
  using Done = absl::AnyInvocable<void(const absl::Status&, std::string_view instance)>;

  // Runs `body` in its turn. `done` gets what it returned, or why it has not run, and the name of
  // the instance; on any thread, possibly before this returns. `share` is what the request takes.
  static void Start(const Request& request, Quota::Share share, InstancePtr record, Body body,
                    Done done);

  absl::Status Wanted(absl::Time now) const override;
  TaskProgress Run(engine::CellLock* lock) override {
    outcome_ = body_(*record_, *lock);
    return TaskProgress::kDone;
  }
  void Drop(const absl::Status& why) override { outcome_ = why; }
  void Interrupt(const absl::Status& why) override { record_->InterruptOther(TerminationFor(why)); }
  void Finish() override;

 private:
  InstanceTask(const Request& request, Quota::Share share, InstancePtr record, Body body,
               Done done);

  const Request request_;
  Quota::Share share_;
  const InstancePtr record_;
  Body body_;
  Done done_;
  absl::Status outcome_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_INSTANCE_TASK_H_
