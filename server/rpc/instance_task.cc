#include "server/rpc/instance_task.h"

#include <utility>

#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"
#include "server/rpc/deadlines.h"
#include "server/rpc/errors.h"
#include "server/rpc/request_share.h"

namespace davit::server {

InstanceTask::InstanceTask(const Core& core, grpc::CallbackServerContext* context,
                           google::protobuf::Message& response, InstancePtr record, Body body)
    : context_(context),
      response_(response),
      reactor_(new CountedReactor(core.answers, *context)),
      record_(std::move(record)),
      body_(std::move(body)),
      deadline_(BudgetEnd(core.config.deadlines(), absl::Now(), context->deadline())) {}

grpc::ServerUnaryReactor* InstanceTask::Start(const Core& core,
                                              grpc::CallbackServerContext* context,
                                              uint64_t request_bytes,
                                              google::protobuf::Message& response,
                                              InstancePtr record, Body body) {
  auto* const task = new InstanceTask(core, context, response, std::move(record), std::move(body));
  grpc::ServerUnaryReactor* const reactor = task->reactor_;
  if (absl::Status status = task->Submit(core, request_bytes); !status.ok()) {
    task->outcome_ = std::move(status);
    task->Finish();
  }
  return reactor;
}

absl::Status InstanceTask::Submit(const Core& core, uint64_t request_bytes) {
  DAVIT_RETURN_IF_ERROR(core.CheckOpen());
  DAVIT_ASSIGN_OR_RETURN(request_share_, TakeRequestShare(core, request_bytes));
  return record_->queue().Submit(*this, Place::kWorker);
}

absl::Status InstanceTask::Wanted(absl::Time now) const {
  if (now >= deadline_) return QueuedTooLongError();
  if (context_->IsCancelled()) return CancelledWhileQueuedError();
  return record_->deleted() ? InstanceDeletedError(record_->name()) : absl::OkStatus();
}

void InstanceTask::Finish() {
  const grpc::Status status = ToGrpcStatus(outcome_, record_->name());
  CountedReactor* const reactor = reactor_;
  google::protobuf::Message& response = response_;
  delete this;
  if (status.ok()) {
    reactor->FinishWith(response);
  } else {
    reactor->Finish(status);
  }
}

}  // namespace davit::server
