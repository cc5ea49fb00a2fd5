#include "server/rpc/instance_task.h"

#include <memory>
#include <utility>

#include "server/rpc/errors.h"

namespace davit::server {

void InstanceTask::Start(const Request& request, Quota::Share share, InstancePtr record, Body body,
                         Done done) {
  CellQueue& queue = record->queue();
  std::unique_ptr<InstanceTask> task(new InstanceTask(request, std::move(share), std::move(record),
                                                      std::move(body), std::move(done)));
  queue.Submit(std::move(task), Place::kWorker);
}

InstanceTask::InstanceTask(const Request& request, Quota::Share share, InstancePtr record,
                           Body body, Done done)
    : request_(request),
      share_(std::move(share)),
      record_(std::move(record)),
      body_(std::move(body)),
      done_(std::move(done)) {}

absl::Status InstanceTask::Wanted(absl::Time now) const {
  if (now >= request_.deadline()) return QueuedTooLongError();
  if (request_.IsCancelled()) return CancelledWhileQueuedError();
  return record_->deleted() ? InstanceDeletedError(record_->name()) : absl::OkStatus();
}

void InstanceTask::Finish() {
  share_ = {};  // before the client can know that it is over
  done_(outcome_, record_->name());
}

}  // namespace davit::server
