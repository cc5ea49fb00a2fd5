#ifndef DAVIT_TESTS_INTEGRATION_FAILURES_H_
#define DAVIT_TESTS_INTEGRATION_FAILURES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "davit/v1/error_details.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"

// What failed RPCs must say. docs/error-model.md is the contract.
namespace davit::integration {

inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

// The detail of that type, or an empty one, which no test takes for a good answer.
template <typename Message, typename Result>
Message Detail(const Result& result) {
  Message detail;
  const auto payload = StatusOf(result).GetPayload(
      absl::StrCat("type.googleapis.com/", Message::descriptor()->full_name()));
  if (payload.has_value()) detail.ParseFromString(std::string(*payload));
  return detail;
}

// A failure with this code, this reason in ErrorInfo and this text in its message.
MATCHER_P3(Fails, code, reason, text,
           absl::StrCat("is ", absl::StatusCodeToString(code), " ", reason, " saying \"", text,
                        "\"")) {
  const absl::Status status = StatusOf(arg);
  const auto info = Detail<google::rpc::ErrorInfo>(status);
  *result_listener << "which is " << status.ToString() << " with reason " << info.reason();
  return status.code() == code && info.reason() == reason && info.domain() == "davit.dev" &&
         status.message().find(text) != std::string_view::npos;
}

// BadRequest about this field or argument, with this text in its description.
MATCHER_P2(BlamesField, field, text, absl::StrCat("blames ", field, " with \"", text, "\"")) {
  const auto detail = Detail<google::rpc::BadRequest>(arg);
  *result_listener << "with " << detail.ShortDebugString();
  return detail.field_violations_size() == 1 && detail.field_violations(0).field() == field &&
         detail.field_violations(0).description().find(text) != std::string::npos;
}

// GUEST_TRAP or GUEST_LIMIT with this trap code and text.
MATCHER_P2(TrapsWith, trap, text, absl::StrCat("traps with ", trap, " saying \"", text, "\"")) {
  const auto detail = Detail<v1::TrapInfo>(arg);
  *result_listener << "which is " << StatusOf(arg).ToString() << " with "
                   << detail.ShortDebugString();
  return detail.code() == trap && detail.message().find(text) != std::string::npos;
}

}  // namespace davit::integration

#endif  // DAVIT_TESTS_INTEGRATION_FAILURES_H_
