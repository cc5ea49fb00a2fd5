#include "server/rpc/call_admission.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "server/instances/instance_record.h"
#include "server/rpc/deadlines.h"
#include "server/rpc/errors.h"
#include "server/rpc/lookup.h"
#include "server/rpc/naming.h"
#include "server/rpc/wasi_config.h"

namespace davit::server {
namespace {

constexpr size_t kMaxCallIdBytes = 128;

absl::Status CheckCallId(std::string_view call_id) {
  if (call_id.size() <= kMaxCallIdBytes) return absl::OkStatus();
  return InvalidFieldError("call_id", absl::StrCat("at most ", kMaxCallIdBytes, " bytes"));
}

absl::StatusOr<std::optional<Deferral>> DeferralOf(const CallParts& parts,
                                                   const v1::CallRequest& message) {
  if (message.post_return() != v1::POST_RETURN_MODE_DEFERRED) [[likely]] {
    if (v1::PostReturnMode_IsValid(message.post_return())) return std::nullopt;
    return InvalidFieldError("post_return", "not a known value");
  }
  Deferral deferral;
  DAVIT_ASSIGN_OR_RETURN(
      deferral.lease, LeaseOf(parts.deadlines, message.has_lease() ? &message.lease() : nullptr));
  deferral.call_id = message.call_id().empty() ? MakeId('c') : message.call_id();
  return deferral;
}

// Finds the instance, for which the task is from then on, and its function.
absl::StatusOr<component::ExportFuncId> FindTarget(const CallParts& parts, const Tenant& tenant,
                                                   std::string_view name, std::string_view function,
                                                   CallTask& task) {
  DAVIT_ASSIGN_OR_RETURN(InstancePtr instance,
                         FindInstance(parts.instances, tenant, "instance", name));
  const component::Component& component = instance->component();
  task.SetInstance(std::move(instance));
  const auto func = component.FindFunc(function);
  if (!func.ok()) return FindFuncError(func.status(), function);
  return *func;
}

absl::Status StartNamed(const CallParts& parts, const Request& request,
                        const v1::CallRequest& message, Invocation call, CallTask& task) {
  if (message.has_wasi()) {
    return InvalidFieldError("wasi", "an instance was given its own when it was made");
  }
  DAVIT_ASSIGN_OR_RETURN(
      call.func, FindTarget(parts, request.tenant(), message.instance(), message.function(), task));
  task.Call(std::move(call), Place::kHere);
  return absl::OkStatus();
}

absl::Status StartFresh(const CallParts& parts, const Request& request,
                        const v1::CallRequest& message, Invocation call, CallTask& task) {
  if (call.deferral.has_value()) {
    return InvalidFieldError("post_return", "DEFERRED needs an instance that outlives the call");
  }
  DAVIT_ASSIGN_OR_RETURN(
      const RevisionPtr revision,
      FindRevision(parts.registry, request.tenant(), "component", message.component()));
  std::unique_ptr<FreshSpec> spec;
  if (message.has_wasi()) {
    spec = std::make_unique<FreshSpec>();
    DAVIT_ASSIGN_OR_RETURN(spec->wasi, WasiConfigOf("wasi", message.wasi()));
  }
  task.CallFresh(parts.host, revision, message.function(), std::move(call), std::move(spec),
                 Place::kHere);
  return absl::OkStatus();
}

// An error means that the task has not started.
absl::Status AdmitCall(const CallParts& parts, const Request& request,
                       const v1::CallRequest& message, uint64_t bytes, v1::CallResponse& response,
                       CallTask& task) {
  DAVIT_RETURN_IF_ERROR(parts.admission.CheckOpen());
  DAVIT_RETURN_IF_ERROR(CheckCallId(message.call_id()));
  DAVIT_ASSIGN_OR_RETURN(Quota::Share share, parts.admission.TakeRequestShare(bytes));
  task.Hold(std::move(share));
  Invocation call = {.payload = {.args = &message.args(), .results = response.mutable_results()},
                     .deadline = request.deadline(),
                     .call_id = message.call_id()};
  DAVIT_ASSIGN_OR_RETURN(call.deferral, DeferralOf(parts, message));
  if (call.deferral.has_value()) {
    call.call_id = call.deferral->call_id;
    response.set_call_id(call.call_id);
  }
  switch (message.target_case()) {
    case v1::CallRequest::kInstance:
      return StartNamed(parts, request, message, std::move(call), task);
    case v1::CallRequest::kComponent:
      return StartFresh(parts, request, message, std::move(call), task);
    case v1::CallRequest::TARGET_NOT_SET:
      break;
  }
  return InvalidFieldError("target", "want an instance or a component");
}

absl::Status AdmitPostReturn(const CallParts& parts, const Request& request,
                             const v1::PostReturnRequest& message, uint64_t bytes, CallTask& task) {
  DAVIT_RETURN_IF_ERROR(CheckCallId(message.call_id()));
  DAVIT_ASSIGN_OR_RETURN(Quota::Share share, parts.admission.TakeRequestShare(bytes));
  task.Hold(std::move(share));
  DAVIT_ASSIGN_OR_RETURN(
      const component::ExportFuncId func,
      FindTarget(parts, request.tenant(), message.instance(), message.function(), task));
  task.PostReturn(func, message.call_id());
  return absl::OkStatus();
}

}  // namespace

void StartCall(const CallParts& parts, const Request& request, const v1::CallRequest& message,
               uint64_t bytes, v1::CallResponse& response, CallTask& task) {
  absl::Status status = AdmitCall(parts, request, message, bytes, response, task);
  if (!status.ok()) task.Fail(std::move(status));
}

void StartPostReturn(const CallParts& parts, const Request& request,
                     const v1::PostReturnRequest& message, uint64_t bytes, CallTask& task) {
  absl::Status status = AdmitPostReturn(parts, request, message, bytes, task);
  if (!status.ok()) task.Fail(std::move(status));
}

}  // namespace davit::server
