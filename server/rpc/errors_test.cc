#include "server/rpc/errors.h"

#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "davit/v1/error_details.pb.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/exit.h"
#include "runtime/base/trap.h"

namespace davit::server {
namespace {

constexpr char kInstance[] = "tenants/default/instances/i";

// The detail of type `Detail`, or its default; at most one may be there.
template <typename Detail>
Detail DetailOf(const google::rpc::Status& status) {
  Detail found;
  int count = 0;
  for (const auto& any : status.details()) {
    if (any.Is<Detail>()) {
      any.UnpackTo(&found);
      ++count;
    }
  }
  EXPECT_LE(count, 1);
  return found;
}

std::string ReasonOf(const google::rpc::Status& status) {
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.domain(), "davit.dev");
  return info.reason();
}

struct Case {
  std::string label;
  absl::Status status;
  grpc::StatusCode code;
  std::string reason;
};

std::vector<Case> Cases() {
  using base::TrapCode;
  using base::TrapStatus;
  return {
      {"malformed", base::BinaryError(base::BinaryFault::kMalformed, 8, "bad magic"),
       grpc::INVALID_ARGUMENT, "COMPONENT_MALFORMED"},
      {"invalid", base::BinaryError(base::BinaryFault::kInvalid, 8, "type index"),
       grpc::INVALID_ARGUMENT, "COMPONENT_INVALID"},
      {"feature", base::FeatureError("async", "no"), grpc::UNIMPLEMENTED, "FEATURE_UNSUPPORTED"},
      {"argument", base::ArgumentError("args[0]", "want u32, got string"), grpc::INVALID_ARGUMENT,
       "ARGUMENT_MISMATCH"},
      {"imports", base::UnsatisfiedImportsError({"a:b/c: func()"}), grpc::FAILED_PRECONDITION,
       "IMPORTS_UNSATISFIED"},
      {"limit", base::LimitError("cells", 9, "no more"), grpc::RESOURCE_EXHAUSTED, "LIMIT_REACHED"},
      {"trap", TrapStatus(TrapCode::kUnreachable, "unreachable"), grpc::UNKNOWN, "GUEST_TRAP"},
      {"canonical trap", TrapStatus(TrapCode::kInvalidChar, "x"), grpc::UNKNOWN, "GUEST_TRAP"},
      {"host error", TrapStatus(TrapCode::kHostError, "x"), grpc::UNKNOWN, "GUEST_TRAP"},
      {"exit", base::ExitStatus(0), grpc::ABORTED, "GUEST_EXITED"},
      {"stack", TrapStatus(TrapCode::kStackOverflow, "x"), grpc::RESOURCE_EXHAUSTED, "GUEST_LIMIT"},
      {"heap", TrapStatus(TrapCode::kHeapLimit, "x"), grpc::RESOURCE_EXHAUSTED, "GUEST_LIMIT"},
      {"handles", TrapStatus(TrapCode::kHandleTableFull, "x"), grpc::RESOURCE_EXHAUSTED,
       "GUEST_LIMIT"},
      {"copy", TrapStatus(TrapCode::kHostCopyLimit, "x"), grpc::RESOURCE_EXHAUSTED, "GUEST_LIMIT"},
      {"deadline", TrapStatus(TrapCode::kTerminated, "x"), grpc::DEADLINE_EXCEEDED,
       "DEADLINE_EXCEEDED"},
      {"host deadline", absl::DeadlineExceededError("x"), grpc::DEADLINE_EXCEEDED,
       "DEADLINE_EXCEEDED"},
      {"host cancelled", absl::CancelledError("x"), grpc::CANCELLED, "CALL_CANCELLED"},
      {"field", InvalidFieldError("name", "want x"), grpc::INVALID_ARGUMENT, "INVALID_REQUEST"},
      {"tenant", TenantNotFoundError("t"), grpc::NOT_FOUND, "TENANT_NOT_FOUND"},
      {"component", ResourceError(Reason::kComponentNotFound, "component", "c", "not found"),
       grpc::NOT_FOUND, "COMPONENT_NOT_FOUND"},
      {"instance", ResourceError(Reason::kInstanceNotFound, "instance", "i", "not found"),
       grpc::NOT_FOUND, "INSTANCE_NOT_FOUND"},
      {"exists", ResourceError(Reason::kInstanceExists, "instance", "i", "exists"),
       grpc::ALREADY_EXISTS, "INSTANCE_EXISTS"},
      {"function", FindFuncError(absl::NotFoundError("no 'f'; there is 'g'"), "f"), grpc::NOT_FOUND,
       "FUNCTION_NOT_FOUND"},
      {"resource", ResourceError(Reason::kResourceNotFound, "resource", "r", "x"), grpc::NOT_FOUND,
       "RESOURCE_NOT_FOUND"},
      {"ambiguous function", FindFuncError(absl::InvalidArgumentError("1.0.0 or 2.0.0"), "f"),
       grpc::INVALID_ARGUMENT, "INVALID_REQUEST"},
      {"poisoned", PoisonedError(kInstance, TrapStatus(TrapCode::kUnreachable, "x")),
       grpc::FAILED_PRECONDITION, "INSTANCE_POISONED"},
      {"exited before", PoisonedError(kInstance, base::ExitStatus(0)), grpc::FAILED_PRECONDITION,
       "INSTANCE_EXITED"},
      {"pending", StateError(Reason::kPostReturnPending, kInstance, "x"), grpc::FAILED_PRECONDITION,
       "POST_RETURN_PENDING"},
      {"not pending", StateError(Reason::kPostReturnNotPending, kInstance, "x"),
       grpc::FAILED_PRECONDITION, "POST_RETURN_NOT_PENDING"},
      {"busy", StateError(Reason::kInstanceBusy, kInstance, "x"), grpc::FAILED_PRECONDITION,
       "INSTANCE_BUSY"},
      {"quota", QuotaError(Reason::kQuotaExceeded, "instances", 3, "x"), grpc::RESOURCE_EXHAUSTED,
       "QUOTA_EXCEEDED"},
      {"queue", QuotaError(Reason::kQueueFull, "queue_length", 3, "x"), grpc::RESOURCE_EXHAUSTED,
       "QUEUE_FULL"},
      {"queued too long", QueuedTooLongError(), grpc::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"},
      {"cancelled in queue", CancelledWhileQueuedError(), grpc::CANCELLED, "CALL_CANCELLED"},
      {"deleted", InstanceDeletedError(kInstance), grpc::CANCELLED, "INSTANCE_DELETED"},
      {"draining", DrainingError(), grpc::UNAVAILABLE, "SERVER_DRAINING"},
      {"refused by V8", ComponentInvalidError("x"), grpc::INVALID_ARGUMENT, "COMPONENT_INVALID"},
      {"bare invalid", absl::InvalidArgumentError("x"), grpc::INVALID_ARGUMENT, "INVALID_REQUEST"},
      {"bare unimplemented", absl::UnimplementedError("x"), grpc::UNIMPLEMENTED,
       "FEATURE_UNSUPPORTED"},
      {"bare precondition", absl::FailedPreconditionError("x"), grpc::FAILED_PRECONDITION,
       "PRECONDITION_FAILED"},
      {"bare exhausted", absl::ResourceExhaustedError("x"), grpc::RESOURCE_EXHAUSTED,
       "LIMIT_REACHED"},
      {"denied", absl::PermissionDeniedError("x"), grpc::PERMISSION_DENIED, "CAPABILITY_DENIED"},
      {"bare internal", absl::InternalError("x"), grpc::INTERNAL, "INTERNAL"},
      {"bare unknown", absl::UnknownError("x"), grpc::INTERNAL, "INTERNAL"},
      {"bare unavailable", absl::UnavailableError("x"), grpc::INTERNAL, "INTERNAL"},
      {"bare not found", absl::NotFoundError("x"), grpc::INTERNAL, "INTERNAL"},
      {"bare data loss", absl::DataLossError("x"), grpc::INTERNAL, "INTERNAL"},
      {"bare aborted", absl::AbortedError("x"), grpc::INTERNAL, "INTERNAL"},
      {"bare out of range", absl::OutOfRangeError("x"), grpc::INTERNAL, "INTERNAL"},
  };
}

TEST(ErrorTable, GivesEachFailureItsCodeAndReason) {
  for (const Case& c : Cases()) {
    SCOPED_TRACE(c.label);
    const grpc::Status status = ToGrpcStatus(c.status, kInstance);
    EXPECT_EQ(status.error_code(), c.code);
    google::rpc::Status details;
    ASSERT_TRUE(details.ParseFromString(status.error_details()));
    EXPECT_EQ(details.code(), c.code);
    EXPECT_EQ(details.message(), status.error_message());
    EXPECT_EQ(ReasonOf(details), c.reason);
    EXPECT_TRUE(details.details(0).Is<google::rpc::ErrorInfo>());
  }
}

TEST(ErrorTable, ReachesEveryReason) {
  std::set<std::string> reached;
  for (const Case& c : Cases()) reached.insert(c.reason);
  for (const ReasonInfo& info : AllReasons()) {
    EXPECT_TRUE(reached.contains(std::string(info.name))) << info.name;
  }
}

TEST(ErrorTable, IsIndexedByReason) {
  for (size_t i = 0; i < AllReasons().size(); ++i) {
    EXPECT_EQ(static_cast<size_t>(AllReasons()[i].reason), i);
  }
}

TEST(ToGrpcStatus, OkIsOk) { EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok()); }

TEST(ToRpcStatus, RedactsInternalErrors) {
  const auto status = ToRpcStatus(absl::InternalError("secret text"));
  EXPECT_FALSE(absl::StrContains(status.SerializeAsString(), "secret"));
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_TRUE(absl::StrContains(status.message(), info.metadata().at("reference")));
}

TEST(ToRpcStatus, NamesTheArgument) {
  const auto status =
      ToRpcStatus(base::ArgumentError("args[0].items[3].price", "want u32, got string"));
  const auto bad = DetailOf<google::rpc::BadRequest>(status);
  ASSERT_EQ(bad.field_violations_size(), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "args[0].items[3].price");
  EXPECT_EQ(bad.field_violations(0).description(), "want u32, got string");
}

TEST(ToRpcStatus, DescribesTheTrap) {
  base::Trap trap{.code = base::TrapCode::kUnreachable, .message = "unreachable"};
  trap.frames.push_back({.module = "m", .function = "f", .function_index = 7, .offset = 99});
  trap.instance = "root.a";
  const auto info = DetailOf<v1::TrapInfo>(ToRpcStatus(base::TrapStatus(trap), kInstance));
  EXPECT_EQ(info.code(), "UNREACHABLE");
  EXPECT_EQ(info.instance(), kInstance);
  EXPECT_EQ(info.component_instance(), "root.a");
  ASSERT_EQ(info.frames_size(), 1);
  EXPECT_EQ(info.frames(0).function(), "f");
  EXPECT_EQ(info.frames(0).offset(), 99u);
}

TEST(ToRpcStatus, TellsTheExitCode) {
  for (const absl::Status& status :
       {base::ExitStatus(17), PoisonedError(kInstance, base::ExitStatus(17))}) {
    const auto info = DetailOf<google::rpc::ErrorInfo>(ToRpcStatus(status, kInstance));
    EXPECT_EQ(info.metadata().at("exit_code"), "17");
  }
}

TEST(ToRpcStatus, SaysWhereTheTimeWentOut) {
  const auto phase = [](const absl::Status& status) {
    return DetailOf<v1::TimeoutInfo>(ToRpcStatus(status)).phase();
  };
  EXPECT_EQ(phase(QueuedTooLongError()), v1::TimeoutInfo::PHASE_QUEUED);
  EXPECT_EQ(phase(CancelledWhileQueuedError()), v1::TimeoutInfo::PHASE_QUEUED);
  EXPECT_EQ(phase(base::TrapStatus(base::TrapCode::kTerminated, "x")),
            v1::TimeoutInfo::PHASE_GUEST);
  EXPECT_EQ(phase(absl::DeadlineExceededError("x")), v1::TimeoutInfo::PHASE_HOST);
}

TEST(ToRpcStatus, ListsUnsatisfiedImports) {
  const auto detail = DetailOf<google::rpc::PreconditionFailure>(
      ToRpcStatus(base::UnsatisfiedImportsError({"a: func()", "b: func()"})));
  ASSERT_EQ(detail.violations_size(), 2);
  EXPECT_EQ(detail.violations(1).type(), "IMPORT");
  EXPECT_EQ(detail.violations(1).subject(), "b: func()");
}

TEST(ToRpcStatus, ReportsWhereTheBinaryIsBad) {
  const auto info = DetailOf<v1::BinaryInfo>(
      ToRpcStatus(base::BinaryError(base::BinaryFault::kInvalid, 77, "the rule")));
  EXPECT_EQ(info.fault(), v1::BinaryInfo::FAULT_INVALID);
  EXPECT_EQ(info.offset(), 77u);
  EXPECT_TRUE(absl::StrContains(info.rule(), "the rule"));
}

// What a client's gRPC takes at most in the trailers of one answer.
constexpr size_t kTrailerBytes = 8192;

size_t TrailerBytes(const absl::Status& status) {
  const grpc::Status out = ToGrpcStatus(status, kInstance);
  const size_t worst_message = 3 * out.error_message().size();  // percent-encoded
  return worst_message + absl::Base64Escape(out.error_details()).size() + 200;
}

TEST(ToGrpcStatus, FitsIntoTrailersWhateverTheGuestSays) {
  base::Trap trap{.code = base::TrapCode::kUnreachable, .message = std::string(100'000, 'm')};
  for (int i = 0; i < 100; ++i) {
    trap.frames.push_back({.module = std::string(5000, 'a'), .function = std::string(5000, 'b')});
  }
  EXPECT_LT(TrailerBytes(base::TrapStatus(trap)), kTrailerBytes);
  EXPECT_LT(TrailerBytes(PoisonedError(kInstance, base::TrapStatus(trap))), kTrailerBytes);
  EXPECT_LT(TrailerBytes(base::UnsatisfiedImportsError(
                std::vector<std::string>(1000, std::string(1000, 'i')))),
            kTrailerBytes);
  EXPECT_LT(TrailerBytes(base::ArgumentError(std::string(100'000, 'p'), std::string(9999, 'd'))),
            kTrailerBytes);
  EXPECT_LT(TrailerBytes(InvalidFieldError("name", std::string(100'000, 'd'))), kTrailerBytes);
  EXPECT_LT(TrailerBytes(FindFuncError(absl::NotFoundError(std::string(100'000, 'd')),
                                       std::string(100'000, 'f'))),
            kTrailerBytes);
}

TEST(ToRpcStatus, KeepsAtMost64Frames) {
  base::Trap trap{.code = base::TrapCode::kUnreachable};
  trap.frames.resize(65);
  EXPECT_EQ(DetailOf<v1::TrapInfo>(ToRpcStatus(base::TrapStatus(trap))).frames_size(), 64);
}

TEST(ToRpcStatus, NeverCarriesWhatIsNotUtf8) {
  const auto status =
      ToRpcStatus(base::BinaryError(base::BinaryFault::kMalformed, 0, "name \"\xff\xfe\""));
  EXPECT_TRUE(absl::StrContains(status.message(), "name \"??\""));
}

TEST(ToRpcStatus, CutsBetweenCharacters) {
  std::string text;
  while (text.size() < 10'000) text += "\xe2\x82\xac";
  const auto status = ToRpcStatus(absl::InvalidArgumentError(text));
  EXPECT_TRUE(absl::EndsWith(status.message(), "\xe2\x82\xac..."));
}

}  // namespace
}  // namespace davit::server
