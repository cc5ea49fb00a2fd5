#ifndef DAVIT_SERVER_CHECKED_UNARY_H_
#define DAVIT_SERVER_CHECKED_UNARY_H_

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/support/message_allocator.h"
#include "server/errors.h"
#include "server/unary.h"

namespace davit::server {

// The handler of a unary method that says what is wrong with bytes that are no request, which
// gRPC's own answers with a bare UNIMPLEMENTED. Give it to Service::MarkMethodCallback.
template <typename Request, typename Response>
class CheckedUnary final : public grpc::internal::MethodHandler {
 public:
  using Start = std::function<grpc::ServerUnaryReactor*(grpc::CallbackServerContext*,
                                                        const Request*, Response*)>;
  // `allocator` may be null, and must otherwise outlive the server.
  explicit CheckedUnary(Start start, grpc::MessageAllocator<Request, Response>* allocator = nullptr)
      : good_(std::move(start)), bad_(&Refuse) {
    good_.SetMessageAllocator(allocator);
  }

  void* Deserialize(grpc_call* call, grpc_byte_buffer* bytes, grpc::Status* status,
                    void** data) override {
    return good_.Deserialize(call, bytes, status, data);
  }
  void RunHandler(const HandlerParameter& parameter) override {
    if (parameter.status.ok()) [[likely]]
      return good_.RunHandler(parameter);
    bad_.RunHandler(HandlerParameter(parameter.call, parameter.server_context, parameter.request,
                                     grpc::Status::OK, parameter.internal_data,
                                     parameter.call_requester));
  }

 private:
  static grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context, const Request*,
                                          Response*) {
    return FinishNow(
        context, InvalidFieldError("request",
                                   absl::StrCat("no valid message ", Request::descriptor()->name(),
                                                ": it is cut short, nested more than "
                                                "100 levels deep, or has a string "
                                                "that is not UTF-8")));
  }

  grpc::internal::CallbackUnaryHandler<Request, Response> good_;
  grpc::internal::CallbackUnaryHandler<Request, Response> bad_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_CHECKED_UNARY_H_
