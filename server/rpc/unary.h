#ifndef DAVIT_SERVER_RPC_UNARY_H_
#define DAVIT_SERVER_RPC_UNARY_H_

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/errors.h"

namespace davit::server {

// Ends an RPC on gRPC's own reactor, which needs no allocation and no other thread for its end.
inline grpc::ServerUnaryReactor* FinishNow(grpc::CallbackServerContext* context,
                                           const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_UNARY_H_
