#include "server/rpc/call_task.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "server/instances/instance_limits.h"
#include "server/rpc/deadlines.h"
#include "server/rpc/errors.h"
#include "server/rpc/lookup.h"

namespace davit::server {
namespace {

constexpr size_t kMaxCallIdBytes = 128;
// A request that takes so many bytes is not kept until its answer is read.
constexpr uint64_t kLargeRequestBytes = 32 << 10;

absl::Status CheckCallId(std::string_view call_id) {
  if (call_id.size() <= kMaxCallIdBytes) return absl::OkStatus();
  return InvalidFieldError("call_id", absl::StrCat("at most ", kMaxCallIdBytes, " bytes"));
}

}  // namespace

void CallTask::Finish() {
  Settle();
  Done();
}

void CallTask::Fail(absl::Status status) {
  status_ = std::move(status);
  Finish();
}

void CallTask::Submit(CellQueue& queue, Place place) {
  if (absl::Status status = queue.Submit(*this, place); !status.ok()) Fail(std::move(status));
}

// -- Its answer --

Answers::Share& CallTask::answer() {
  if (!answer_.has_account()) answer_ = Answers::Share(FindAccount());
  return answer_;
}

absl::Status CallTask::AdmitAnswer() {
  if (request_.answers().plenty()) [[likely]]
    return absl::OkStatus();
  const Answers::AccountPtr account = FindAccount();
  return account->Room() > 0 ? absl::OkStatus() : request_.answers().NoRoomError();
}

bool CallTask::CountAnswer(const google::protobuf::Message& response) {
  // Strings count as the encoding does, which has them once more.
  return answer().Resize(ResponseBytes() + 2 * response.ByteSizeLong());
}

// Room for an answer that the client does not read is not taken from other calls: neither is the
// request kept until it does.
void CallTask::Settle() {
  if (request_share_.units() > kLargeRequestBytes) DropRequest();
  request_share_ = {};
  if (answer_.bytes() == 0) return;
  if (status_.ok() && !CountAnswer(*call_.response)) status_ = request_.answers().NoRoomError();
  if (!status_.ok()) answer_ = {};
}

// -- Admission --

void CallTask::StartCall(const v1::CallRequest& message, uint64_t bytes, v1::CallResponse& response,
                         Place place) {
  call_.request = &message;
  call_.response = &response;
  call_.deadline = request_.deadline();
  call_.room = this;
  if (absl::Status status = AdmitCall(message, bytes); !status.ok()) {
    return Fail(std::move(status));
  }
  if (kind_ == Kind::kFreshCall) {
    fresh_place_ = place;
    return StartFresh();
  }
  Submit(instance_->queue(), place == Place::kHere ? instance_->place() : place);
}

void CallTask::StartPostReturn(const v1::PostReturnRequest& message, uint64_t bytes) {
  kind_ = Kind::kPostReturn;
  post_return_ = &message;
  call_.deadline = request_.deadline();
  if (absl::Status status = AdmitPostReturn(message, bytes); !status.ok()) {
    return Fail(std::move(status));
  }
  Submit(instance_->queue(), Place::kWorker);
}

absl::Status CallTask::FindTarget(std::string_view instance, std::string_view function) {
  DAVIT_ASSIGN_OR_RETURN(instance_,
                         FindInstance(parts_.instances, request_.tenant(), "instance", instance));
  const auto func = instance_->component().FindFunc(function);
  if (!func.ok()) return FindFuncError(func.status(), function);
  call_.func = *func;
  return absl::OkStatus();
}

absl::Status CallTask::AdmitCall(const v1::CallRequest& message, uint64_t bytes) {
  DAVIT_RETURN_IF_ERROR(parts_.admission.CheckOpen());
  DAVIT_RETURN_IF_ERROR(CheckCallId(message.call_id()));
  DAVIT_ASSIGN_OR_RETURN(request_share_, parts_.admission.TakeRequestShare(bytes));
  const bool deferred = message.post_return() == v1::POST_RETURN_MODE_DEFERRED;
  if (deferred) {
    DAVIT_ASSIGN_OR_RETURN(
        call_.lease, LeaseOf(parts_.deadlines, message.has_lease() ? &message.lease() : nullptr));
  } else if (!v1::PostReturnMode_IsValid(message.post_return())) {
    return InvalidFieldError("post_return", "not a known value");
  }
  switch (message.target_case()) {
    case v1::CallRequest::kInstance:
      return FindTarget(message.instance(), message.function());
    case v1::CallRequest::kComponent:
      kind_ = Kind::kFreshCall;
      if (!deferred) return absl::OkStatus();
      return InvalidFieldError("post_return", "DEFERRED needs an instance that outlives the call");
    case v1::CallRequest::TARGET_NOT_SET:
      break;
  }
  return InvalidFieldError("target", "want an instance or a component");
}

absl::Status CallTask::AdmitPostReturn(const v1::PostReturnRequest& message, uint64_t bytes) {
  DAVIT_RETURN_IF_ERROR(CheckCallId(message.call_id()));
  DAVIT_ASSIGN_OR_RETURN(request_share_, parts_.admission.TakeRequestShare(bytes));
  return FindTarget(message.instance(), message.function());
}

// -- A call on a fresh instance --

void CallTask::StartFresh() {
  const absl::StatusOr<RevisionPtr> revision =
      FindRevision(parts_.registry, request_.tenant(), "component", call_.request->component());
  if (!revision.ok()) return Fail(revision.status());
  artifact_ = (*revision)->artifact;
  CompileOnce& component = artifact_->component();
  if (ComponentPtr made = component.made()) return SubmitFresh(std::move(made));
  // Then it comes from the thread that compiles, on which others wait.
  fresh_place_ = Place::kWorker;
  component.WhenMade([this](absl::StatusOr<ComponentPtr> made) { SubmitFresh(std::move(made)); });
}

void CallTask::SubmitFresh(absl::StatusOr<ComponentPtr> component) {
  if (!component.ok()) return Fail(component.status());
  component_ = *std::move(component);
  const auto func = component_->FindFunc(call_.request->function());
  if (!func.ok()) return Fail(FindFuncError(func.status(), call_.request->function()));
  call_.func = *func;
  const InstanceHost::FreshPlace fresh = parts_.host.PlaceFresh(request_.tenant());
  fresh_pool_ = &fresh.pool;
  Submit(*fresh.queue,
         fresh_place_ == Place::kHere ? artifact_->fresh_calls().place() : fresh_place_);
}

absl::Status CallTask::RunFresh(engine::CellLock& lock) {
  const absl::Time begin = absl::Now();
  DAVIT_ASSIGN_OR_RETURN(FreshPool::Fresh fresh,
                         parts_.host.TakeFresh(request_.tenant(), *fresh_pool_, lock, component_,
                                               call_.deadline, fresh_));
  absl::Status status = fresh.instance->Call(lock, call_.func, call_.request->args(),
                                             *call_.response->mutable_results(), call_.deadline,
                                             component::PostReturnMode::kAutomatic, this);
  fresh_.Set(nullptr);
  // One that has not come to harm may serve again: after a refused argument, or without room for
  // the results.
  if (fresh.instance->poison().ok()) {
    fresh_pool_->GiveBack(lock, std::move(fresh));
  } else {
    fresh_pool_->Drop(std::move(fresh.instance));
  }
  artifact_->fresh_calls().Note(absl::Now() - begin);
  return status;
}

// -- In the cell --

absl::Status CallTask::Wanted(absl::Time now) const {
  if (now >= call_.deadline) return QueuedTooLongError();
  if (Cancelled()) return CancelledWhileQueuedError();
  if (instance_ != nullptr && instance_->deleted()) return InstanceDeletedError(instance_->name());
  return absl::OkStatus();
}

absl::Status CallTask::RunKind(engine::CellLock& lock) {
  if (kind_ == Kind::kPostReturn) {
    return instance_->PostReturn(lock, call_.func, post_return_->call_id(), call_.deadline);
  }
  DAVIT_RETURN_IF_ERROR(AdmitAnswer());
  return kind_ == Kind::kCall ? instance_->Call(lock, call_) : RunFresh(lock);
}

void CallTask::Run(engine::CellLock* lock) {
  status_ = RunKind(*lock);
  if (!status_.ok() && base::LimitOf(status_) == "result_room") [[unlikely]]
    status_ = request_.answers().NoRoomError();
}

void CallTask::Interrupt(const absl::Status& why) {
  if (instance_ != nullptr) return instance_->Terminate(TerminationFor(why));
  fresh_.Terminate(TerminationFor(why));
}

}  // namespace davit::server
