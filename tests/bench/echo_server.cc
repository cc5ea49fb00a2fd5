// What davitd is measured against: a CallService over bare gRPC that answers every call with its
// own arguments.

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "davit/v1/call_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"

namespace davit::bench {
namespace {

class SessionEcho final : public grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse> {
 public:
  SessionEcho() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    response_.set_id(request_.id());
    *response_.mutable_call()->mutable_results() = request_.call().args();
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  v1::SessionRequest request_;
  v1::SessionResponse response_;
};

class EchoService final : public v1::CallService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const v1::CallRequest* request,
                                 v1::CallResponse* response) override {
    *response->mutable_results() = request->args();
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerBidiReactor<v1::SessionRequest, v1::SessionResponse>* Session(
      grpc::CallbackServerContext*) override {
    return new SessionEcho;
  }
};

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: echo_server HOST:PORT" << std::endl;
    return EXIT_FAILURE;
  }
  davit::bench::EchoService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return EXIT_FAILURE;
  server->Wait();
  return EXIT_SUCCESS;
}
