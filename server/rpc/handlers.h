#ifndef DAVIT_SERVER_RPC_HANDLERS_H_
#define DAVIT_SERVER_RPC_HANDLERS_H_

#include <functional>
#include <utility>

#include "absl/log/check.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/message_allocator.h"
#include "server/rpc/parsed.h"
#include "server/rpc/unary.h"

// The handlers of methods, to be given to Service::MarkMethodCallback: those of generated code
// parse whatever comes, and answer what is no request with a bare UNIMPLEMENTED.
namespace davit::server {

// As generated code numbers the methods of a service, which is in the order of the schema.
// `Request` is a message of the file that has the service.
template <typename Request>
int MethodIndex(const char* name) {
  const auto* const method = Request::descriptor()->file()->service(0)->FindMethodByName(name);
  CHECK(method != nullptr) << name;
  return method->index();
}

// Of a unary method. `start` gets a message only. `allocator` may be null, and must otherwise
// outlive the server.
template <typename Request, typename Response>
grpc::internal::MethodHandler* UnaryHandler(
    std::function<grpc::ServerUnaryReactor*(grpc::CallbackServerContext*, const Parsed<Request>&,
                                            Response*)>
        start,
    grpc::MessageAllocator<Parsed<Request>, Response>* allocator = nullptr) {
  auto* const handler = new grpc::internal::CallbackUnaryHandler<Parsed<Request>, Response>(
      [start = std::move(start)](grpc::CallbackServerContext* context,
                                 const Parsed<Request>* request, Response* response) {
        if (!request->status().ok()) [[unlikely]]
          return FinishNow(context, request->status());
        return start(context, *request, response);
      });
  handler->SetMessageAllocator(allocator);
  return handler;
}

// The types of gRPC's own for the other kinds of methods; their reactors look at the status.
template <typename Request, typename Response>
using ServerStreamingHandler =
    grpc::internal::CallbackServerStreamingHandler<Parsed<Request>, Response>;
template <typename Request, typename Response>
using ClientStreamingHandler =
    grpc::internal::CallbackClientStreamingHandler<Parsed<Request>, Response>;
template <typename Request, typename Response>
using BidiHandler = grpc::internal::CallbackBidiHandler<Parsed<Request>, Response>;

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_HANDLERS_H_
