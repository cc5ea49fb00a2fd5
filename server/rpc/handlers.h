#ifndef DAVIT_SERVER_RPC_HANDLERS_H_
#define DAVIT_SERVER_RPC_HANDLERS_H_

#include <functional>
#include <utility>

#include "absl/log/check.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/message_allocator.h"
#include "server/rpc/admission.h"
#include "server/rpc/parsed.h"
#include "server/rpc/request.h"
#include "server/rpc/unary.h"

// The handlers of methods, to be given to Service::MarkMethodCallback under the index of the
// method. Each admits the RPC and goes on with its Request. Those of generated code would parse
// whatever comes, and answer what is no request with a bare UNIMPLEMENTED. `admission` must outlive
// the server.
namespace davit::server {

// A method of the service whose file `M` is of. Generated code numbers the methods of a service in
// the order of the schema, as index() does.
template <typename M>
const google::protobuf::MethodDescriptor& MethodOf(const char* name) {
  const auto* const method = M::descriptor()->file()->service(0)->FindMethodByName(name);
  CHECK(method != nullptr) << name;
  return *method;
}

// Of a unary method with an RPC type of its own: a Unary with Of(), Finish() and the types of its
// messages, as UnaryRpc has them, which `allocator` makes. `allocator` must outlive the server.
template <typename Rpc>
grpc::internal::MethodHandler* UnaryHandlerOf(
    Admission& admission, const google::protobuf::MethodDescriptor& method,
    std::function<void(Rpc&)> start,
    grpc::MessageAllocator<Parsed<typename Rpc::Message>, typename Rpc::Response>* allocator) {
  using Message = Parsed<typename Rpc::Message>;
  using Response = typename Rpc::Response;
  auto* const handler = new grpc::internal::CallbackUnaryHandler<Message, Response>(
      [&admission, &method, start = std::move(start)](grpc::CallbackServerContext* context,
                                                      const Message* message, Response*) {
        grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
        Rpc& rpc = Rpc::Of(*context);
        rpc.Begin(admission.Admit(method, *context), reactor);
        if (message->status().ok()) [[likely]] {
          start(rpc);
        } else {
          rpc.Finish(message->status());
        }
        return reactor;
      });
  handler->SetMessageAllocator(allocator);
  return handler;
}

// Of any other unary method. `start` gets an RPC whose message was parsed.
template <typename M, typename R>
grpc::internal::MethodHandler* UnaryHandler(Admission& admission,
                                            const google::protobuf::MethodDescriptor& method,
                                            std::function<void(UnaryRpc<M, R>&)> start) {
  static auto& allocator = *new typename UnaryRpc<M, R>::Allocator;
  return UnaryHandlerOf<UnaryRpc<M, R>>(admission, method, std::move(start), &allocator);
}

// Of the other kinds of methods. `start` makes the reactor, a StreamRpc, which looks at the status
// of each message.
template <typename M, typename R>
grpc::internal::MethodHandler* ServerStreamingHandler(
    Admission& admission, const google::protobuf::MethodDescriptor& method,
    std::function<grpc::ServerWriteReactor<R>*(const Request&, const Parsed<M>&)> start) {
  return new grpc::internal::CallbackServerStreamingHandler<Parsed<M>, R>(
      [&admission, &method, start = std::move(start)](grpc::CallbackServerContext* context,
                                                      const Parsed<M>* message) {
        return start(admission.Admit(method, *context), *message);
      });
}
template <typename M, typename R>
grpc::internal::MethodHandler* ClientStreamingHandler(
    Admission& admission, const google::protobuf::MethodDescriptor& method,
    std::function<grpc::ServerReadReactor<Parsed<M>>*(const Request&, R&)> start) {
  return new grpc::internal::CallbackClientStreamingHandler<Parsed<M>, R>(
      [&admission, &method, start = std::move(start)](grpc::CallbackServerContext* context,
                                                      R* response) {
        return start(admission.Admit(method, *context), *response);
      });
}
template <typename M, typename R>
grpc::internal::MethodHandler* BidiHandler(
    Admission& admission, const google::protobuf::MethodDescriptor& method,
    std::function<grpc::ServerBidiReactor<Parsed<M>, R>*(const Request&)> start) {
  return new grpc::internal::CallbackBidiHandler<Parsed<M>, R>(
      [&admission, &method, start = std::move(start)](grpc::CallbackServerContext* context) {
        return start(admission.Admit(method, *context));
      });
}

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_HANDLERS_H_
