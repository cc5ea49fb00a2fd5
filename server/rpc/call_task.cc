#include "server/rpc/call_task.h"

#include <string>
#include <utility>

#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

// A request that takes so many bytes is not kept until its answer is read.
constexpr uint64_t kLargeRequestBytes = 32 << 10;

}  // namespace

void CallTask::Fail(absl::Status status) {
  status_ = std::move(status);
  Finish();
}

// Room for an answer that the client does not read is not taken from other calls: neither is the
// request kept until it does.
void CallTask::Finish() {
  if (request_share_.units() > kLargeRequestBytes) responder_.DropArguments();
  request_share_ = {};
  const absl::Status status = responder_.Settle(std::move(status_));
  responder_.Respond(status, instance_ == nullptr ? std::string_view() : instance_->name());
}

// -- To the queue --

void CallTask::Submit(CellQueue& queue, Place place) {
  if (absl::Status status = queue.Submit(*this, place); !status.ok()) Fail(std::move(status));
}

void CallTask::Call(Invocation call, Place place) {
  work_.emplace<Invocation>(std::move(call));
  Submit(instance_->queue(), place == Place::kHere ? instance_->place() : place);
}

void CallTask::PostReturn(component::ExportFuncId func, std::string_view call_id) {
  work_.emplace<PostReturnOf>(PostReturnOf{.func = func, .call_id = call_id});
  Submit(instance_->queue(), Place::kWorker);
}

void CallTask::CallFresh(InstanceHost& host, RevisionPtr revision, std::string_view function,
                         Invocation call, std::unique_ptr<FreshSpec> spec, Place place) {
  CompileOnce& component = revision->artifact->component();
  if (ComponentPtr made = component.made()) [[likely]] {
    return StartFresh(host, std::move(revision), std::move(made), function, std::move(call),
                      std::move(spec), place);
  }
  // Then it comes from the thread that compiles, on which others wait.
  component.WhenMade([this, &host, revision = std::move(revision), function = std::string(function),
                      call = std::move(call),
                      spec = std::move(spec)](absl::StatusOr<ComponentPtr> made) mutable {
    StartFresh(host, std::move(revision), std::move(made), function, std::move(call),
               std::move(spec), Place::kWorker);
  });
}

void CallTask::StartFresh(InstanceHost& host, RevisionPtr revision,
                          absl::StatusOr<ComponentPtr> component, std::string_view function,
                          Invocation call, std::unique_ptr<FreshSpec> spec, Place place) {
  if (!component.ok()) return Fail(component.status());
  const auto func = (*component)->FindFunc(function);
  if (!func.ok()) return Fail(FindFuncError(func.status(), function));
  call.func = *func;
  FreshCall& fresh = work_.emplace<FreshCall>(host, request_.tenant(), std::move(revision),
                                              *std::move(component), call, std::move(spec));
  Submit(fresh.queue(), place == Place::kHere ? fresh.place() : place);
}

// -- In the cell --

absl::Status CallTask::Wanted(absl::Time now) const {
  if (now >= request_.deadline()) return QueuedTooLongError();
  if (responder_.Cancelled()) return CancelledWhileQueuedError();
  if (instance_ != nullptr && instance_->deleted()) return InstanceDeletedError(instance_->name());
  return absl::OkStatus();
}

TaskProgress CallTask::Run(engine::CellLock* lock) {
  const auto progress = Execute(*lock);
  if (progress.ok() && *progress == component::Progress::kWaiting) return TaskProgress::kParked;
  status_ = progress.status();
  return TaskProgress::kDone;
}

absl::StatusOr<component::Progress> CallTask::Execute(engine::CellLock& lock) {
  if (const auto* post_return = std::get_if<PostReturnOf>(&work_)) {
    DAVIT_RETURN_IF_ERROR(
        instance_->PostReturn(lock, post_return->func, post_return->call_id, request_.deadline()));
    return component::Progress::kEnded;
  }
  DAVIT_RETURN_IF_ERROR(responder_.CheckRoom());
  if (auto* call = std::get_if<Invocation>(&work_)) [[likely]] {
    return instance_->Call(lock, std::move(*call), responder_, *this);
  }
  return std::get<FreshCall>(work_).Run(lock, responder_, *this);
}

void CallTask::Ended(absl::Status status) {
  status_ = std::move(status);
  const auto* const fresh = std::get_if<FreshCall>(&work_);
  CellQueue& queue = fresh != nullptr ? fresh->queue() : instance_->queue();
  queue.EndParked(*this);
}

void CallTask::Interrupt(const absl::Status& why) {
  if (auto* const fresh = std::get_if<FreshCall>(&work_)) {
    return fresh->Terminate(TerminationFor(why));
  }
  if (std::holds_alternative<PostReturnOf>(work_)) {
    return instance_->InterruptOther(TerminationFor(why));
  }
  instance_->Interrupt(*this, why);
}

}  // namespace davit::server
