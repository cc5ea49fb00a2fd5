#ifndef DAVIT_SERVER_RPC_PARSED_H_
#define DAVIT_SERVER_RPC_PARSED_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/message_cost.h"

namespace davit::v1 {
class CallRequest;
class CreateComponentRequest;
class CreateInstanceRequest;
class RunRequest;
class SessionRequest;
}  // namespace davit::v1

namespace davit::server {

// Of one message as it is in memory. What takes more is not parsed. Messages that bring values, or
// a component, go as soon as they have been used, and are counted until then.
inline constexpr uint64_t kMaxParsedBytes = 256 << 20;
// Others are kept until the client has taken the answer, as long as it likes: so many times what
// the longest names take.
inline constexpr uint64_t kMaxPlainBytes = 128 << 10;

// Those with a WasiConfig go as soon as that has been taken out of them.
inline constexpr uint64_t kMaxWasiBytes = 1 << 20;

template <typename M>
inline constexpr uint64_t kMaxBytesOf = kMaxPlainBytes;
template <>
inline constexpr uint64_t kMaxBytesOf<v1::CreateInstanceRequest> = kMaxWasiBytes;
template <>
inline constexpr uint64_t kMaxBytesOf<v1::RunRequest> = kMaxWasiBytes;
template <>
inline constexpr uint64_t kMaxBytesOf<v1::CallRequest> = kMaxParsedBytes;
template <>
inline constexpr uint64_t kMaxBytesOf<v1::SessionRequest> = kMaxParsedBytes;
template <>
inline constexpr uint64_t kMaxBytesOf<v1::CreateComponentRequest> = kMaxParsedBytes;

// Parses `encoded` into `message`, whose type is that of `cost`, and returns the bytes that it
// takes at most in memory. kLimitReached when they would be more than `max`; kInvalidRequest when
// the bytes are no such message. `encoded` is empty then.
absl::StatusOr<uint64_t> Parse(grpc::ByteBuffer& encoded, const MessageCost& cost, uint64_t max,
                               google::protobuf::Message& message);

// A request as a handler or reactor of gRPC's is given it, in place of the bare message `M`: with
// what it takes, or with what is wrong with it, which gRPC does not tell a reader. Used again and
// again by those who read a stream.
template <typename M>
class Parsed {
 public:
  // Has a message of its own.
  Parsed() : message_(&own_.emplace()) {}
  // Parses into `message`, which must outlive it.
  explicit Parsed(M* message) : message_(message) {}
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  // The message is another one from now on.
  void Point(M* message) { message_ = message; }
  // Gives back what the message takes, where it is its own; it is an empty one then.
  void Drop() {
    if (own_.has_value()) message_ = &own_.emplace();
  }
  // For gRPC.
  void ParseFrom(grpc::ByteBuffer& encoded) {
    static const MessageCost& cost = *new MessageCost(*M::descriptor());
    const absl::StatusOr<uint64_t> bytes = Parse(encoded, cost, kMaxBytesOf<M>, *message_);
    status_ = bytes.status();
    bytes_ = bytes.value_or(0);
  }

  // Why there is no message, when there is none.
  const absl::Status& status() const { return status_; }
  const M& operator*() const { return *message_; }
  const M* operator->() const { return message_; }
  // What it takes in memory, at most.
  uint64_t bytes() const { return bytes_; }

 private:
  std::optional<M> own_;
  M* message_;
  absl::Status status_;
  uint64_t bytes_ = 0;
};

}  // namespace davit::server

// gRPC goes on with a message that could not be parsed, and finds out by its status().
template <typename M>
class grpc::SerializationTraits<davit::server::Parsed<M>, void> {
 public:
  static Status Deserialize(ByteBuffer* encoded, davit::server::Parsed<M>* into) {
    into->ParseFrom(*encoded);
    return Status::OK;
  }
};

#endif  // DAVIT_SERVER_RPC_PARSED_H_
