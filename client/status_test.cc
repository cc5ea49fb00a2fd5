#include "client/status.h"

#include <string>

#include "absl/status/status.h"
#include "davit/v1/error_details.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace davit::client {
namespace {

using ::testing::HasSubstr;

google::rpc::Status TrapStatus() {
  google::rpc::Status status;
  status.set_code(static_cast<int>(absl::StatusCode::kUnknown));
  status.set_message("wasm trap: unreachable");
  v1::TrapInfo trap;
  trap.set_code("UNREACHABLE");
  auto* frame = trap.add_frames();
  frame->set_function("run");
  frame->set_offset(0x2a);
  status.add_details()->PackFrom(trap);
  return status;
}

TEST(FromGrpc, KeepsCodeMessageAndDetails) {
  const google::rpc::Status rpc = TrapStatus();
  const absl::Status status =
      FromGrpc(grpc::Status(grpc::StatusCode::UNKNOWN, rpc.message(), rpc.SerializeAsString()));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnknown);
  EXPECT_EQ(status.message(), "wasm trap: unreachable");
  EXPECT_TRUE(status.GetPayload("type.googleapis.com/davit.v1.TrapInfo").has_value());
}

TEST(FromGrpc, SurvivesGarbageInTheDetails) {
  const absl::Status status =
      FromGrpc(grpc::Status(grpc::StatusCode::INTERNAL, "broken", "\xff\xff garbage"));
  EXPECT_EQ(status, absl::InternalError("broken"));
}

TEST(HasTrapped, IsOfTrapsAlone) {
  EXPECT_TRUE(HasTrapped(FromRpc(TrapStatus())));
  google::rpc::Status at_deadline = TrapStatus();
  at_deadline.set_code(static_cast<int>(absl::StatusCode::kDeadlineExceeded));
  EXPECT_FALSE(HasTrapped(FromRpc(at_deadline)));
  EXPECT_FALSE(HasTrapped(absl::UnknownError("of gRPC itself")));
  EXPECT_FALSE(HasTrapped(absl::OkStatus()));
}

TEST(Explain, ShowsTheFramesOfATrap) {
  const std::string text = Explain(FromRpc(TrapStatus()));
  EXPECT_THAT(text, HasSubstr("UNKNOWN: wasm trap: unreachable"));
  EXPECT_THAT(text, HasSubstr("trap UNREACHABLE"));
  EXPECT_THAT(text, HasSubstr("at run (offset 0x2a)"));
}

TEST(Explain, SaysNothingTwice) {
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
  rpc.set_message("instance_id: want lower case");
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("instance_id");
  violation->set_description("want lower case");
  rpc.add_details()->PackFrom(bad);
  EXPECT_EQ(Explain(FromRpc(rpc)), "INVALID_ARGUMENT: instance_id: want lower case");
}

TEST(Explain, ShowsWhichArgumentsDoNotFit) {
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(absl::StatusCode::kInvalidArgument));
  rpc.set_message("the arguments do not fit");
  google::rpc::BadRequest bad;
  auto* violation = bad.add_field_violations();
  violation->set_field("args[0].price");
  violation->set_description("want u32, got string");
  rpc.add_details()->PackFrom(bad);
  EXPECT_THAT(Explain(FromRpc(rpc)), HasSubstr("\n  args[0].price: want u32, got string"));
}

}  // namespace
}  // namespace davit::client
