#ifndef DAVIT_SERVER_RPC_INSTANCE_TASK_H_
#define DAVIT_SERVER_RPC_INSTANCE_TASK_H_

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "server/instances/instance_record.h"
#include "server/rpc/core.h"
#include "server/rpc/counted_unary.h"
#include "server/sched/scheduler.h"
#include "server/tenants/quota.h"

namespace davit::server {

// A unary RPC about an instance that needs its cell but calls no export: it waits for its turn as
// calls do, and ends with the RPC's deadline as they do. Owns itself.
class InstanceTask final : public CellTask {
 public:
  // `deadline` is the guest's budget. Returns what the RPC answers with.
  using Body =
      absl::AnyInvocable<absl::Status(InstanceRecord&, engine::CellLock&, absl::Time deadline)>;

  // `response` is the RPC's, whose request takes `request_bytes`.
  static grpc::ServerUnaryReactor* Start(const Core& core, grpc::CallbackServerContext* context,
                                         uint64_t request_bytes,
                                         google::protobuf::Message& response, InstancePtr record,
                                         Body body);

  absl::Status Wanted(absl::Time now) const override;
  void Run(engine::CellLock* lock) override { outcome_ = body_(*record_, *lock, deadline_); }
  void Drop(const absl::Status& why) override { outcome_ = why; }
  void Interrupt(const absl::Status& why) override { record_->Terminate(TerminationFor(why)); }
  void Finish() override;

 private:
  InstanceTask(const Core& core, grpc::CallbackServerContext* context,
               google::protobuf::Message& response, InstancePtr record, Body body);
  absl::Status Submit(const Core& core, uint64_t request_bytes);

  grpc::CallbackServerContext* const context_;
  google::protobuf::Message& response_;
  CountedReactor* const reactor_;
  const InstancePtr record_;
  Body body_;
  const absl::Time deadline_;
  absl::Status outcome_;
  Quota::Share request_share_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_INSTANCE_TASK_H_
