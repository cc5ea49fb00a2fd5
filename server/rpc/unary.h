#ifndef DAVIT_SERVER_RPC_UNARY_H_
#define DAVIT_SERVER_RPC_UNARY_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/message_allocator.h"
#include "server/rpc/answers.h"
#include "server/rpc/parsed.h"
#include "server/rpc/request.h"

namespace davit::server {

// As that of a message: what an encoded answer takes while it waits to be read.
inline uint64_t BytesUntilRead(const grpc::ByteBuffer& encoded) { return encoded.Length(); }

// What every unary RPC has, whatever its messages: who asks, and its end. It ends on gRPC's own
// reactor, which needs no allocation and no other thread for that.
class Unary {
 public:
  const Request& request() const { return *request_; }

  // For the handler: it begins. `reactor` is that of the RPC.
  void Begin(const Request& request, grpc::ServerUnaryReactor* reactor) {
    request_.emplace(request);
    reactor_ = reactor;
  }

 protected:
  Unary() = default;
  ~Unary() = default;
  Unary(const Unary&) = delete;
  Unary& operator=(const Unary&) = delete;

  // Ends the RPC, once. All of it may be gone when this returns.
  void End(const absl::Status& status, std::string_view instance = {}) {
    reactor_->Finish(request_->End(status, instance));
  }

 private:
  std::optional<Request> request_;
  grpc::ServerUnaryReactor* reactor_ = nullptr;
};

// One unary RPC with its messages, until gRPC is done with it: when the connection has taken the
// answer, or is gone. gRPC knows it as the holder of both messages.
template <typename M, typename R>
class UnaryRpc final : public Unary, private grpc::MessageHolder<Parsed<M>, R> {
 public:
  using Message = M;
  using Response = R;

  class Allocator final : public grpc::MessageAllocator<Parsed<M>, R> {
   public:
    // Ends with Release().
    grpc::MessageHolder<Parsed<M>, R>* AllocateMessages() override { return new UnaryRpc; }
  };
  // The one that a context of the handler belongs to.
  static UnaryRpc& Of(grpc::CallbackServerContext& context) {
    return static_cast<UnaryRpc&>(*context.GetRpcAllocatorState());
  }

  using Unary::request;
  const M& message() const { return *parsed_; }
  // Forgets the message: it is an empty one, in another place. For those that may be large.
  void DropMessage() { parsed_.Drop(); }
  // What the message takes in memory, at most.
  uint64_t message_bytes() const { return parsed_.bytes(); }
  // Empty at first.
  R& response() { return response_; }

  // Ends the RPC: with the response, which counts until the connection has taken it, or with an
  // error, which may be that there is no room for the response. `instance` is the name of the one
  // it is about, if any. Once, and nothing of this may be used afterwards.
  void Finish(absl::Status status, std::string_view instance = {}) {
    if (status.ok()) status = CountAnswer();
    if (!status.ok()) response_.Clear();
    End(status, instance);
  }

 private:
  UnaryRpc() {
    this->set_request(&parsed_);
    this->set_response(&response_);
  }
  void Release() override { delete this; }

  absl::Status CountAnswer() {
    const uint64_t bytes = BytesUntilRead(response_);
    if (bytes <= Answers::kSmallBytes) return absl::OkStatus();
    answer_ = Answers::Share(request().account());
    return answer_.Take(bytes) ? absl::OkStatus() : request().answers().NoRoomError();
  }

  Parsed<M> parsed_;
  R response_;
  Answers::Share answer_;  // empty for a small one
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_UNARY_H_
