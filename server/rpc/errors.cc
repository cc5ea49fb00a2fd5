#include "server/rpc/errors.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "absl/random/random.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "davit/v1/error_details.pb.h"
#include "google/rpc/error_details.pb.h"
#include "runtime/base/error.h"
#include "runtime/base/exit.h"
#include "runtime/base/trap.h"
#include "simdutf.h"

namespace davit::server {
namespace {

constexpr std::string_view kDomain = "davit.dev";
// Details travel as status payloads under the type URL that they have in google.rpc.Status.
constexpr std::string_view kTypeUrlPrefix = "type.googleapis.com/";

// A client's gRPC refuses trailers over 8 KiB altogether, and with them the error. The text goes
// out twice (percent-encoded and within the details, which are in base64): these bounds leave room.
constexpr size_t kMaxMessageBytes = 600;
constexpr size_t kMaxTextBytes = 200;   // a name or description within a detail
constexpr size_t kMaxListBytes = 1800;  // all frames, or all unsatisfied imports
constexpr int kMaxFrames = 64;

constexpr ReasonInfo kReasons[] = {
    {Reason::kInvalidRequest, "INVALID_REQUEST", absl::StatusCode::kInvalidArgument},
    {Reason::kArgumentMismatch, "ARGUMENT_MISMATCH", absl::StatusCode::kInvalidArgument},
    {Reason::kComponentMalformed, "COMPONENT_MALFORMED", absl::StatusCode::kInvalidArgument},
    {Reason::kComponentInvalid, "COMPONENT_INVALID", absl::StatusCode::kInvalidArgument},
    {Reason::kFeatureUnsupported, "FEATURE_UNSUPPORTED", absl::StatusCode::kUnimplemented},
    {Reason::kTenantNotFound, "TENANT_NOT_FOUND", absl::StatusCode::kNotFound},
    {Reason::kComponentNotFound, "COMPONENT_NOT_FOUND", absl::StatusCode::kNotFound},
    {Reason::kInstanceNotFound, "INSTANCE_NOT_FOUND", absl::StatusCode::kNotFound},
    {Reason::kFunctionNotFound, "FUNCTION_NOT_FOUND", absl::StatusCode::kNotFound},
    {Reason::kResourceNotFound, "RESOURCE_NOT_FOUND", absl::StatusCode::kNotFound},
    {Reason::kInstanceExists, "INSTANCE_EXISTS", absl::StatusCode::kAlreadyExists},
    {Reason::kImportsUnsatisfied, "IMPORTS_UNSATISFIED", absl::StatusCode::kFailedPrecondition},
    {Reason::kInstancePoisoned, "INSTANCE_POISONED", absl::StatusCode::kFailedPrecondition},
    {Reason::kInstanceExited, "INSTANCE_EXITED", absl::StatusCode::kFailedPrecondition},
    {Reason::kPostReturnPending, "POST_RETURN_PENDING", absl::StatusCode::kFailedPrecondition},
    {Reason::kPostReturnNotPending, "POST_RETURN_NOT_PENDING",
     absl::StatusCode::kFailedPrecondition},
    {Reason::kInstanceBusy, "INSTANCE_BUSY", absl::StatusCode::kFailedPrecondition},
    {Reason::kPreconditionFailed, "PRECONDITION_FAILED", absl::StatusCode::kFailedPrecondition},
    {Reason::kGuestTrap, "GUEST_TRAP", absl::StatusCode::kUnknown},
    {Reason::kGuestExited, "GUEST_EXITED", absl::StatusCode::kAborted},
    {Reason::kGuestLimit, "GUEST_LIMIT", absl::StatusCode::kResourceExhausted},
    {Reason::kLimitReached, "LIMIT_REACHED", absl::StatusCode::kResourceExhausted},
    {Reason::kQuotaExceeded, "QUOTA_EXCEEDED", absl::StatusCode::kResourceExhausted},
    {Reason::kQueueFull, "QUEUE_FULL", absl::StatusCode::kResourceExhausted},
    {Reason::kDeadlineExceeded, "DEADLINE_EXCEEDED", absl::StatusCode::kDeadlineExceeded},
    {Reason::kCallCancelled, "CALL_CANCELLED", absl::StatusCode::kCancelled},
    {Reason::kInstanceDeleted, "INSTANCE_DELETED", absl::StatusCode::kCancelled},
    {Reason::kServerDraining, "SERVER_DRAINING", absl::StatusCode::kUnavailable},
    {Reason::kCapabilityDenied, "CAPABILITY_DENIED", absl::StatusCode::kPermissionDenied},
    {Reason::kInternal, "INTERNAL", absl::StatusCode::kInternal},
};

const ReasonInfo& InfoOf(Reason reason) { return kReasons[static_cast<size_t>(reason)]; }

// `text` as protobuf takes it: where it is not UTF-8 (a refused binary may be quoted in it), with
// question marks for everything but ASCII.
std::string AsUtf8(std::string_view text) {
  std::string out(text);
  if (simdutf::validate_utf8(out.data(), out.size())) return out;
  std::ranges::replace_if(out, [](char c) { return static_cast<uint8_t>(c) >= 0x80; }, '?');
  return out;
}

// At most `max` bytes of `text`, no UTF-8 sequence cut.
std::string Clip(std::string_view text, size_t max) {
  if (text.size() <= max) return AsUtf8(text);
  size_t end = max - 3;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return absl::StrCat(AsUtf8(text.substr(0, end)), "...");
}

template <typename Detail>
void Attach(absl::Status& status, const Detail& detail) {
  status.SetPayload(absl::StrCat(kTypeUrlPrefix, Detail::descriptor()->full_name()),
                    absl::Cord(detail.SerializeAsString()));
}

template <typename Detail>
void AddDetail(google::rpc::Status& out, const Detail& detail) {
  out.add_details()->PackFrom(detail);
}

using Metadata = std::vector<std::pair<std::string_view, std::string_view>>;

google::rpc::ErrorInfo MakeErrorInfo(Reason reason, const Metadata& metadata = {}) {
  google::rpc::ErrorInfo info;
  info.set_reason(std::string(InfoOf(reason).name));
  info.set_domain(std::string(kDomain));
  for (const auto& [key, value] : metadata) {
    (*info.mutable_metadata())[std::string(key)] = Clip(value, kMaxTextBytes);
  }
  return info;
}

absl::Status MakeError(Reason reason, std::string_view message, const Metadata& metadata = {}) {
  absl::Status status(InfoOf(reason).code, message);
  Attach(status, MakeErrorInfo(reason, metadata));
  return status;
}

google::rpc::BadRequest BadField(std::string_view field, std::string_view description) {
  google::rpc::BadRequest detail;
  auto* violation = detail.add_field_violations();
  violation->set_field(Clip(field, kMaxTextBytes));
  violation->set_description(Clip(description, kMaxTextBytes));
  return detail;
}

google::rpc::QuotaFailure Quota(std::string_view subject, std::string_view description) {
  google::rpc::QuotaFailure detail;
  auto* violation = detail.add_violations();
  violation->set_subject(Clip(subject, kMaxTextBytes));
  violation->set_description(Clip(description, kMaxTextBytes));
  return detail;
}

google::rpc::PreconditionFailure Precondition(std::string_view type, std::string_view subject,
                                              std::string_view description) {
  google::rpc::PreconditionFailure detail;
  auto* violation = detail.add_violations();
  violation->set_type(std::string(type));
  violation->set_subject(Clip(subject, kMaxTextBytes));
  violation->set_description(Clip(description, kMaxTextBytes));
  return detail;
}

v1::TimeoutInfo Timeout(v1::TimeoutInfo::Phase phase) {
  v1::TimeoutInfo detail;
  detail.set_phase(phase);
  return detail;
}

v1::TrapInfo MakeTrapInfo(const base::Trap& trap, std::string_view instance) {
  v1::TrapInfo detail;
  detail.set_code(std::string(base::TrapCodeName(trap.code)));
  detail.set_message(Clip(trap.message, kMaxTextBytes));
  detail.set_instance(std::string(instance));
  detail.set_component_instance(Clip(trap.instance, kMaxTextBytes));
  for (const base::TrapFrame& frame : trap.frames) {
    if (detail.frames_size() == kMaxFrames) break;
    auto* out = detail.add_frames();
    out->set_module(Clip(frame.module, kMaxTextBytes / 2));
    out->set_function(Clip(frame.function, kMaxTextBytes / 2));
    out->set_function_index(frame.function_index);
    out->set_offset(frame.offset);
    if (detail.ByteSizeLong() > kMaxListBytes) {
      detail.mutable_frames()->RemoveLast();
      break;
    }
  }
  return detail;
}

google::rpc::PreconditionFailure MissingImports(const std::vector<std::string>& imports) {
  google::rpc::PreconditionFailure detail;
  for (const std::string& import : imports) {
    auto* violation = detail.add_violations();
    violation->set_type("IMPORT");
    violation->set_subject(Clip(import, kMaxTextBytes));
    if (detail.ByteSizeLong() <= kMaxListBytes) continue;
    violation->set_subject(
        absl::StrCat("and ", imports.size() - detail.violations_size() + 1, " more"));
    break;
  }
  return detail;
}

// An answer under construction: code and ErrorInfo follow from the reason.
google::rpc::Status Answer(Reason reason, std::string_view message, const Metadata& metadata = {}) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(InfoOf(reason).code));
  out.set_message(Clip(message, kMaxMessageBytes));
  AddDetail(out, MakeErrorInfo(reason, metadata));
  return out;
}

google::rpc::Status Internal(const absl::Status& status) {
  thread_local absl::BitGen bits;
  const std::string reference = absl::StrFormat("%016x", absl::Uniform<uint64_t>(bits));
  LOG(ERROR) << "internal error " << reference << ": " << absl::CHexEscape(status.ToString());
  return Answer(Reason::kInternal, absl::StrCat("internal error, reference ", reference),
                {{"reference", reference}});
}

Reason ReasonOfTrap(const absl::Status& status, const base::Trap& trap) {
  if (status.code() == absl::StatusCode::kCancelled) return Reason::kCallCancelled;
  if (status.code() == absl::StatusCode::kResourceExhausted) return Reason::kGuestLimit;
  if (trap.code == base::TrapCode::kTerminated) return Reason::kDeadlineExceeded;
  return Reason::kGuestTrap;
}

google::rpc::Status FromTrap(const absl::Status& status, const base::Trap& trap,
                             std::string_view instance) {
  const Reason reason = ReasonOfTrap(status, trap);
  const std::string_view code = base::TrapCodeName(trap.code);
  google::rpc::Status out = Answer(reason, status.message(), {{"trap", code}});
  AddDetail(out, MakeTrapInfo(trap, instance));
  if (reason == Reason::kGuestLimit) AddDetail(out, Quota(code, status.message()));
  if (reason == Reason::kDeadlineExceeded || reason == Reason::kCallCancelled) {
    AddDetail(out, Timeout(base::IsWhileWaiting(status) ? v1::TimeoutInfo::PHASE_PARKED
                                                        : v1::TimeoutInfo::PHASE_GUEST));
  }
  return out;
}

google::rpc::Status FromBinaryError(const absl::Status& status, const base::BinaryErrorInfo& info) {
  const bool malformed = info.fault == base::BinaryFault::kMalformed;
  google::rpc::Status out =
      Answer(malformed ? Reason::kComponentMalformed : Reason::kComponentInvalid, status.message());
  v1::BinaryInfo detail;
  detail.set_fault(malformed ? v1::BinaryInfo::FAULT_MALFORMED : v1::BinaryInfo::FAULT_INVALID);
  detail.set_offset(info.offset);
  detail.set_rule(Clip(status.message(), kMaxTextBytes));
  AddDetail(out, detail);
  return out;
}

// Errors that carry one of the runtime's payloads; nullopt for others.
std::optional<google::rpc::Status> FromPayload(const absl::Status& status,
                                               std::string_view instance) {
  const std::string_view message = status.message();
  if (const auto trap = base::TrapOf(status)) return FromTrap(status, *trap, instance);
  if (const auto code = base::ExitCodeOf(status)) {
    return Answer(Reason::kGuestExited, message, {{"exit_code", absl::StrCat(uint32_t{*code})}});
  }
  if (const auto binary = base::BinaryErrorOf(status)) return FromBinaryError(status, *binary);
  if (const auto feature = base::FeatureOf(status)) {
    return Answer(Reason::kFeatureUnsupported, message, {{"feature", *feature}});
  }
  if (const auto path = base::ArgumentPathOf(status)) {
    google::rpc::Status out = Answer(Reason::kArgumentMismatch, message, {{"path", *path}});
    AddDetail(out, BadField(*path, absl::StripPrefix(message, absl::StrCat(*path, ": "))));
    return out;
  }
  if (const auto imports = base::UnsatisfiedImportsOf(status); !imports.empty()) {
    google::rpc::Status out = Answer(Reason::kImportsUnsatisfied, message);
    AddDetail(out, MissingImports(imports));
    return out;
  }
  if (const auto limit = base::LimitOf(status)) {
    google::rpc::Status out = Answer(Reason::kLimitReached, message, {{"limit", *limit}});
    AddDetail(out, Quota(*limit, message));
    return out;
  }
  return std::nullopt;
}

// A host function that ended for want of time, which is where a status of this kind without a trap
// comes from.
google::rpc::Status FromHostTimeout(Reason reason, std::string_view message) {
  google::rpc::Status out = Answer(reason, message);
  AddDetail(out, Timeout(v1::TimeoutInfo::PHASE_HOST));
  return out;
}

// Errors that say no more than their code. Codes that the runtime has no business with are davit's
// own bugs; UNAVAILABLE among them, since a client may repeat such a call by itself.
google::rpc::Status FromCode(const absl::Status& status) {
  const std::string_view message = status.message();
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return Answer(Reason::kInvalidRequest, message);
    case absl::StatusCode::kUnimplemented:
      return Answer(Reason::kFeatureUnsupported, message);
    case absl::StatusCode::kFailedPrecondition:
      return Answer(Reason::kPreconditionFailed, message);
    case absl::StatusCode::kResourceExhausted:
      return Answer(Reason::kLimitReached, message);
    case absl::StatusCode::kPermissionDenied:
      return Answer(Reason::kCapabilityDenied, message);
    case absl::StatusCode::kDeadlineExceeded:
      return FromHostTimeout(Reason::kDeadlineExceeded, message);
    case absl::StatusCode::kCancelled:
      return FromHostTimeout(Reason::kCallCancelled, message);
    default:
      return Internal(status);
  }
}

// Errors that the server made above: their payloads are the details, ErrorInfo first.
google::rpc::Status FromServerError(const absl::Status& status, const absl::Cord& error_info) {
  google::rpc::Status out;
  out.set_code(static_cast<int>(status.code()));
  out.set_message(Clip(status.message(), kMaxMessageBytes));
  const auto add = [&out](std::string_view url, const absl::Cord& payload) {
    auto* any = out.add_details();
    any->set_type_url(std::string(url));
    any->set_value(std::string(payload));
  };
  const std::string info_url =
      absl::StrCat(kTypeUrlPrefix, google::rpc::ErrorInfo::descriptor()->full_name());
  add(info_url, error_info);
  status.ForEachPayload([&](std::string_view url, const absl::Cord& payload) {
    if (url != info_url && absl::StartsWith(url, kTypeUrlPrefix)) add(url, payload);
  });
  return out;
}

absl::Status StateErrorWith(Reason reason, std::string_view instance, std::string_view description,
                            const Metadata& metadata) {
  absl::Status status = MakeError(reason, description, metadata);
  Attach(status, Precondition(InfoOf(reason).name, instance, description));
  return status;
}

absl::Status ExitedError(std::string_view instance, uint8_t exit_code) {
  const std::string code = absl::StrCat(uint32_t{exit_code});
  return StateErrorWith(Reason::kInstanceExited, instance,
                        absl::StrCat("the guest of the instance has exited with code ", code),
                        {{"instance", instance}, {"exit_code", code}});
}

absl::Status QueuedError(Reason reason, std::string_view message) {
  absl::Status status = MakeError(reason, message);
  Attach(status, Timeout(v1::TimeoutInfo::PHASE_QUEUED));
  return status;
}

}  // namespace

std::span<const ReasonInfo> AllReasons() { return kReasons; }

absl::Status InvalidFieldError(std::string_view field, std::string_view description) {
  absl::Status status = MakeError(Reason::kInvalidRequest, absl::StrCat(field, ": ", description),
                                  {{"field", field}});
  Attach(status, BadField(field, description));
  return status;
}

absl::Status InField(std::string_view field, const absl::Status& status) {
  absl::Status located(status.code(), absl::StrCat(field, ": ", status.message()));
  status.ForEachPayload(
      [&](std::string_view url, const absl::Cord& payload) { located.SetPayload(url, payload); });
  return located;
}

absl::Status ResourceError(Reason reason, std::string_view type, std::string_view name,
                           std::string_view description) {
  absl::Status status =
      MakeError(reason, absl::StrCat(type, " ", Clip(name, kMaxTextBytes), ": ", description),
                {{"resource", name}});
  google::rpc::ResourceInfo info;
  info.set_resource_type(std::string(type));
  info.set_resource_name(Clip(name, kMaxTextBytes));
  info.set_description(Clip(description, kMaxTextBytes));
  Attach(status, info);
  return status;
}

absl::Status TenantNotFoundError(std::string_view tenant) {
  return ResourceError(Reason::kTenantNotFound, "tenant", tenant, "not found");
}

absl::Status QuotaError(Reason reason, std::string_view subject, uint64_t limit,
                        std::string_view description) {
  const std::string value = absl::StrCat(limit);
  absl::Status status =
      MakeError(reason, absl::StrCat(subject, " limit of ", value, " reached: ", description),
                {{"limit", subject}, {"value", value}});
  Attach(status, Quota(subject, status.message()));
  return status;
}

absl::Status StateError(Reason reason, std::string_view instance, std::string_view description) {
  return StateErrorWith(reason, instance, description, {{"instance", instance}});
}

absl::Status PoisonedError(std::string_view instance, const absl::Status& poison) {
  if (const auto code = base::ExitCodeOf(poison)) return ExitedError(instance, *code);
  absl::Status status =
      StateError(Reason::kInstancePoisoned, instance,
                 absl::StrCat("the instance was ended by its first trap: ", poison.message()));
  if (const auto trap = base::TrapOf(poison)) Attach(status, MakeTrapInfo(*trap, instance));
  return status;
}

absl::Status QueuedTooLongError() {
  return QueuedError(Reason::kDeadlineExceeded,
                     "deadline exceeded while queued: the guest has not seen the call");
}

absl::Status CancelledWhileQueuedError() {
  return QueuedError(Reason::kCallCancelled,
                     "cancelled while queued: the guest has not seen the call");
}

absl::Status InstanceDeletedError(std::string_view instance) {
  return MakeError(Reason::kInstanceDeleted, "the instance was deleted", {{"instance", instance}});
}

absl::Status DrainingError() {
  return MakeError(Reason::kServerDraining, "the server is shutting down");
}

absl::Status ComponentInvalidError(std::string_view rule) {
  return MakeError(Reason::kComponentInvalid, rule);
}

absl::Status FindFuncError(const absl::Status& status, std::string_view function) {
  if (status.code() == absl::StatusCode::kInvalidArgument) {
    return InvalidFieldError("function", status.message());
  }
  absl::Status error =
      MakeError(Reason::kFunctionNotFound, status.message(), {{"resource", function}});
  google::rpc::ResourceInfo info;
  info.set_resource_type("function");
  info.set_resource_name(Clip(function, kMaxTextBytes));
  Attach(error, info);
  return error;
}

google::rpc::Status ToRpcStatus(const absl::Status& status, std::string_view instance) {
  const std::string info_url =
      absl::StrCat(kTypeUrlPrefix, google::rpc::ErrorInfo::descriptor()->full_name());
  if (const auto info = status.GetPayload(info_url)) return FromServerError(status, *info);
  if (auto out = FromPayload(status, instance)) return *std::move(out);
  return FromCode(status);
}

grpc::Status ToGrpcStatus(const absl::Status& status, std::string_view instance) {
  if (status.ok()) [[likely]]
    return grpc::Status::OK;
  const google::rpc::Status out = ToRpcStatus(status, instance);
  return grpc::Status(static_cast<grpc::StatusCode>(out.code()), out.message(),
                      out.SerializeAsString());
}

}  // namespace davit::server
