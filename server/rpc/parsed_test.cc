#include "server/rpc/parsed.h"

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "davit/v1/call_service.pb.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

grpc::ByteBuffer Encoded(std::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return grpc::ByteBuffer(&slice, 1);
}

// Of one argument that is empty, as the cost counts it.
uint64_t BytesOfAnArgument() {
  Parsed<v1::CallRequest> request;
  grpc::ByteBuffer encoded = Encoded(std::string_view("\x22\0", 2));
  request.ParseFrom(encoded);
  return request.bytes();
}

std::string Arguments(uint64_t count) {
  std::string encoded;
  for (uint64_t i = 0; i < count; ++i) encoded += std::string_view("\x22\0", 2);
  return encoded;
}

TEST(ParsedTest, TakesAMessageOfTheLargestSizeAndNoLarger) {
  const uint64_t most = kMaxParsedBytes / BytesOfAnArgument();
  Parsed<v1::CallRequest> request;
  grpc::ByteBuffer at_limit = Encoded(Arguments(most));
  request.ParseFrom(at_limit);
  EXPECT_TRUE(request.status().ok()) << request.status();
  EXPECT_EQ(request->args_size(), most);
  EXPECT_EQ(request.bytes(), most * BytesOfAnArgument());

  Parsed<v1::CallRequest> refused;
  grpc::ByteBuffer above = Encoded(Arguments(most + 1));
  refused.ParseFrom(above);
  EXPECT_EQ(refused.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(absl::StrContains(refused.status().message(), "parsed_message_bytes"));
  EXPECT_EQ(refused->args_size(), 0);
  EXPECT_EQ(refused.bytes(), 0);
}

// It is kept until the client has taken the answer.
TEST(ParsedTest, TakesLittleOfAMessageThatBringsNoValues) {
  const auto status_of = [](size_t name_bytes) {
    v1::PostReturnRequest message;
    message.set_instance(std::string(name_bytes, 'x'));
    grpc::ByteBuffer encoded = Encoded(message.SerializeAsString());
    Parsed<v1::PostReturnRequest> request;
    request.ParseFrom(encoded);
    return request.status();
  };
  EXPECT_TRUE(status_of(kMaxPlainBytes - 200).ok());
  EXPECT_EQ(status_of(kMaxPlainBytes).code(), absl::StatusCode::kResourceExhausted);
}

TEST(ParsedTest, SaysWhatIsNoMessageAndServesOn) {
  v1::CallRequest message;
  Parsed<v1::CallRequest> request(&message);
  for (int round = 0; round < 3; ++round) {
    grpc::ByteBuffer broken = Encoded("\x1a\x7f");
    request.ParseFrom(broken);
    EXPECT_EQ(request.status().code(), absl::StatusCode::kInvalidArgument);
    grpc::ByteBuffer good = Encoded("\x1a\x01g");
    request.ParseFrom(good);
    EXPECT_TRUE(request.status().ok()) << request.status();
    EXPECT_EQ(message.function(), "g");
    EXPECT_EQ(good.Length(), 0);
  }
}

TEST(ParsedTest, ParsesWhereItPoints) {
  v1::CallRequest first, second;
  Parsed<v1::CallRequest> request(&first);
  request.Point(&second);
  grpc::ByteBuffer good = Encoded("\x1a\x01g");
  request.ParseFrom(good);
  EXPECT_EQ(second.function(), "g");
  EXPECT_EQ(first.function(), "");
}

}  // namespace
}  // namespace davit::server
