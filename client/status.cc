#include "client/status.h"

#include <optional>
#include <string_view>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "davit/v1/error_details.pb.h"
#include "google/rpc/error_details.pb.h"

namespace davit::client {
namespace {

constexpr std::string_view kTypeUrlPrefix = "type.googleapis.com/";

// The detail of type `Detail` that `status` carries, or nullopt.
template <typename Detail>
std::optional<Detail> DetailOf(const absl::Status& status) {
  const auto payload =
      status.GetPayload(absl::StrCat(kTypeUrlPrefix, Detail::descriptor()->full_name()));
  Detail detail;
  if (!payload || !detail.ParseFromString(std::string(*payload))) return std::nullopt;
  return detail;
}

// What is wrong with what, on a line of its own unless the message has told it.
void AppendViolation(const absl::Status& status, std::string_view subject,
                     std::string_view description, std::string& out) {
  const std::string_view told = status.message();
  if (absl::StrContains(told, subject) && absl::StrContains(told, description)) return;
  absl::StrAppend(&out, "\n  ", subject, description.empty() ? "" : ": ", description);
}

void AppendArguments(const absl::Status& status, std::string& out) {
  const auto detail = DetailOf<google::rpc::BadRequest>(status);
  if (!detail) return;
  for (const auto& violation : detail->field_violations()) {
    AppendViolation(status, violation.field(), violation.description(), out);
  }
}

void AppendPreconditions(const absl::Status& status, std::string& out) {
  const auto detail = DetailOf<google::rpc::PreconditionFailure>(status);
  if (!detail) return;
  for (const auto& violation : detail->violations()) {
    AppendViolation(status, violation.subject(), violation.description(), out);
  }
}

void AppendTrap(const absl::Status& status, std::string& out) {
  const auto detail = DetailOf<v1::TrapInfo>(status);
  if (!detail) return;
  absl::StrAppend(&out, "\n  trap ", detail->code());
  for (const auto& frame : detail->frames()) {
    const std::string function = frame.function().empty()
                                     ? absl::StrCat("function ", frame.function_index())
                                     : frame.function();
    absl::StrAppend(&out, "\n    at ", frame.module(), frame.module().empty() ? "" : "!", function,
                    " (offset 0x", absl::Hex(frame.offset()), ")");
  }
}

}  // namespace

absl::Status FromRpc(const google::rpc::Status& status) {
  absl::Status result(static_cast<absl::StatusCode>(status.code()), status.message());
  for (const auto& detail : status.details()) {
    result.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return result;
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  google::rpc::Status rpc;
  if (!rpc.ParseFromString(status.error_details())) rpc.Clear();
  rpc.set_code(status.error_code());
  rpc.set_message(status.error_message());
  return FromRpc(rpc);
}

bool HasTrapped(const absl::Status& status) {
  return absl::IsUnknown(status) && DetailOf<v1::TrapInfo>(status).has_value();
}

std::string Explain(const absl::Status& status) {
  std::string out = absl::StrCat(absl::StatusCodeToString(status.code()), ": ", status.message());
  AppendArguments(status, out);
  AppendPreconditions(status, out);
  AppendTrap(status, out);
  return out;
}

}  // namespace davit::client
