#include "server/rpc/parsed.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/support/proto_buffer_reader.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

absl::Status TooLargeError(uint64_t max) {
  return QuotaError(Reason::kLimitReached, "parsed_message_bytes", max,
                    "the message would take more; send fewer values, or lists of numbers as such");
}

absl::Status InvalidMessageError(const google::protobuf::Message& message) {
  return InvalidFieldError(
      "request",
      absl::StrCat("no valid message ", message.GetDescriptor()->name(),
                   ": it is cut short, nested more than 100 levels deep, or has a string that is "
                   "not UTF-8"));
}

absl::StatusOr<uint64_t> ParseKept(grpc::ByteBuffer& encoded, const MessageCost& cost, uint64_t max,
                                   google::protobuf::Message& message) {
  grpc::ProtoBufferReader measured(&encoded);
  if (!measured.status().ok()) return InvalidMessageError(message);
  const uint64_t bytes = cost.Of(measured, max);
  if (bytes > max) return TooLargeError(max);
  grpc::ProtoBufferReader reader(&encoded);
  if (!message.ParseFromZeroCopyStream(&reader)) return InvalidMessageError(message);
  return bytes;
}

}  // namespace

absl::StatusOr<uint64_t> Parse(grpc::ByteBuffer& encoded, const MessageCost& cost, uint64_t max,
                               google::protobuf::Message& message) {
  absl::StatusOr<uint64_t> bytes = ParseKept(encoded, cost, max, message);
  encoded.Clear();
  return bytes;
}

}  // namespace davit::server
