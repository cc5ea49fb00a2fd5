#ifndef DAVIT_SERVER_RPC_COUNTED_UNARY_H_
#define DAVIT_SERVER_RPC_COUNTED_UNARY_H_

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/answers.h"
#include "server/rpc/errors.h"
#include "server/rpc/unary.h"
#include "server/sched/background.h"

namespace davit::server {

// The reactor of a unary RPC whose answer counts until the connection has taken it. Owns itself.
class CountedReactor final : public grpc::ServerUnaryReactor {
 public:
  CountedReactor(Answers& answers, const grpc::CallbackServerContext& context)
      : answers_(answers), context_(context) {}

  // Takes room for an answer of so many bytes, once. kLimitReached when there is none.
  absl::Status Count(uint64_t bytes) {
    if (bytes <= Answers::kSmallBytes) return absl::OkStatus();
    share_ = Answers::Share(answers_.AccountOf(context_.peer()));
    return share_.Take(bytes) ? absl::OkStatus() : answers_.NoRoomError();
  }
  // Ends the RPC with `response`, or without it where there is no room.
  template <typename Response>
  void FinishWith(Response& response) {
    const absl::Status status = Count(BytesUntilRead(response));
    if (!status.ok()) response.Clear();
    Finish(ToGrpcStatus(status));
  }

  void OnDone() override { delete this; }

 private:
  Answers& answers_;
  const grpc::CallbackServerContext& context_;
  Answers::Share share_;
};

// Ends an RPC with `response`, or with an error.
template <typename Response>
grpc::ServerUnaryReactor* FinishCounted(Answers& answers, grpc::CallbackServerContext* context,
                                        const absl::Status& status, Response& response) {
  if (!status.ok() || BytesUntilRead(response) <= Answers::kSmallBytes) {
    return FinishNow(context, status);
  }
  auto* const reactor = new CountedReactor(answers, *context);
  reactor->FinishWith(response);
  return reactor;
}

// The same with what `fill` makes of `response` in `queue`, since it takes a while.
template <typename Response, typename Fill>
grpc::ServerUnaryReactor* FinishInBackground(BackgroundQueue& queue, Answers& answers,
                                             grpc::CallbackServerContext* context,
                                             Response& response, Fill fill) {
  auto* const reactor = new CountedReactor(answers, *context);
  queue.Run([reactor, &response, fill = std::move(fill)] {
    const absl::Status status = fill();
    if (status.ok()) {
      reactor->FinishWith(response);
    } else {
      reactor->Finish(ToGrpcStatus(status));
    }
  });
  return reactor;
}

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_COUNTED_UNARY_H_
