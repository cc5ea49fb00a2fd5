#ifndef DAVIT_SERVER_RPC_ERRORS_H_
#define DAVIT_SERVER_RPC_ERRORS_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

// How failures leave the process: every one is a google.rpc.Status with one ErrorInfo and the typed
// details that apply. docs/error-model.md is this file in words.
namespace davit::server {

// The reason in ErrorInfo: stable, one gRPC code each.
enum class Reason : uint8_t {
  kInvalidRequest,
  kArgumentMismatch,
  kComponentMalformed,
  kComponentInvalid,
  kFeatureUnsupported,
  kTenantNotFound,
  kComponentNotFound,
  kInstanceNotFound,
  kFunctionNotFound,
  kResourceNotFound,
  kInstanceExists,
  kImportsUnsatisfied,
  kInstancePoisoned,
  kInstanceExited,
  kPostReturnPending,
  kPostReturnNotPending,
  kInstanceBusy,
  kPreconditionFailed,
  kGuestTrap,
  kGuestExited,
  kGuestLimit,
  kLimitReached,
  kQuotaExceeded,
  kQueueFull,
  kDeadlineExceeded,
  kCallCancelled,
  kInstanceDeleted,
  kServerDraining,
  kCapabilityDenied,
  kInternal,
};

struct ReasonInfo {
  Reason reason;
  std::string_view name;  // as on the wire
  absl::StatusCode code;
};
std::span<const ReasonInfo> AllReasons();

// -- What the server itself finds wrong. The runtime's errors need nothing of this. --

absl::Status InvalidFieldError(std::string_view field, std::string_view description);
// `status`, which is of what the request's `field` says, with the field in front of its message.
absl::Status InField(std::string_view field, const absl::Status& status);
// `reason` is one of the k...NotFound or kInstanceExists; `type` is e.g. "instance".
absl::Status ResourceError(Reason reason, std::string_view type, std::string_view name,
                           std::string_view description);
absl::Status TenantNotFoundError(std::string_view tenant);
// kQuotaExceeded, kLimitReached or kQueueFull: `subject` may not exceed `limit`.
absl::Status QuotaError(Reason reason, std::string_view subject, uint64_t limit,
                        std::string_view description);
// A state that forbids the request: kPostReturnPending, kPostReturnNotPending or kInstanceBusy.
absl::Status StateError(Reason reason, std::string_view instance, std::string_view description);
// kInstancePoisoned; `poison` is the first trap. Or kInstanceExited, where it is the guest's exit.
absl::Status PoisonedError(std::string_view instance, const absl::Status& poison);
// The call expired or was cancelled before the guest saw it.
absl::Status QueuedTooLongError();
absl::Status CancelledWhileQueuedError();
absl::Status InstanceDeletedError(std::string_view instance);
absl::Status DrainingError();
// A component that V8 or the validator refused without naming an offset.
absl::Status ComponentInvalidError(std::string_view rule);
// An error of Component::FindFunc with its reason: kFunctionNotFound, or kInvalidRequest for a name
// that could mean several.
absl::Status FindFuncError(const absl::Status& status, std::string_view function);

// -- The one way out. Total: any absl::Status has an answer. --

// `instance` is the resource name of the instance that was called, if any. An INTERNAL error keeps
// only a reference id; its text goes to the log under that id. The result is small enough for
// HTTP/2 trailers of 8 KiB whatever the guest put into names and messages. REQUIRES: !status.ok().
google::rpc::Status ToRpcStatus(const absl::Status& status, std::string_view instance = {});
// OK for OK, else ToRpcStatus() as code, message and details.
grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view instance = {});

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_ERRORS_H_
