#include "server/rpc/instance_task.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"

namespace davit::server {

InstanceTask::InstanceTask(const Request& request, InstancePtr record, Body body, Done done)
    : request_(request),
      record_(std::move(record)),
      body_(std::move(body)),
      done_(std::move(done)) {}

void InstanceTask::Start(Admission& admission, const Request& request, uint64_t bytes,
                         InstancePtr record, Body body, Done done) {
  auto* const task = new InstanceTask(request, std::move(record), std::move(body), std::move(done));
  if (absl::Status status = task->Submit(admission, bytes); !status.ok()) {
    task->outcome_ = std::move(status);
    task->Finish();
  }
}

absl::Status InstanceTask::Submit(Admission& admission, uint64_t bytes) {
  DAVIT_RETURN_IF_ERROR(admission.CheckOpen());
  DAVIT_ASSIGN_OR_RETURN(share_, admission.TakeRequestShare(bytes));
  return record_->queue().Submit(*this, Place::kWorker);
}

absl::Status InstanceTask::Wanted(absl::Time now) const {
  if (now >= request_.deadline()) return QueuedTooLongError();
  if (request_.IsCancelled()) return CancelledWhileQueuedError();
  return record_->deleted() ? InstanceDeletedError(record_->name()) : absl::OkStatus();
}

void InstanceTask::Finish() {
  share_ = {};  // before the client can know that it is over
  done_(outcome_, record_->name());
  delete this;
}

}  // namespace davit::server
