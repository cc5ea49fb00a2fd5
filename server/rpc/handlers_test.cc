#include "server/rpc/handlers.h"

#include <memory>
#include <string>
#include <string_view>

#include "davit/v1/call_service.grpc.pb.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

// Answers every call with its function's name as the call's id.
class EchoService final : public v1::CallService::CallbackService {
 public:
  EchoService() {
    MarkMethodCallback(MethodIndex<v1::CallRequest>("Call"),
                       UnaryHandler<v1::CallRequest, v1::CallResponse>(
                           [](grpc::CallbackServerContext* context,
                              const Parsed<v1::CallRequest>& request, v1::CallResponse* response) {
                             response->set_call_id(request->function());
                             return FinishNow(context, absl::OkStatus());
                           }));
  }
};

class UnaryHandlerTest : public testing::Test {
 protected:
  UnaryHandlerTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
  }

  // The status and, in `response_`, the answer to a request of these bytes.
  grpc::Status Call(std::string_view bytes) {
    grpc::TemplatedGenericStub<grpc::ByteBuffer, v1::CallResponse> stub(
        server_->InProcessChannel({}));
    grpc::ClientContext context;
    const grpc::Slice slice(bytes.data(), bytes.size());
    const grpc::ByteBuffer request(&slice, 1);
    grpc::CompletionQueue queue;
    const auto call =
        stub.PrepareUnaryCall(&context, "/davit.v1.CallService/Call", request, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&response_, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }
  static void ExpectRefused(const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    EXPECT_NE(status.error_message().find("no valid message CallRequest"), std::string::npos)
        << status.error_message();
    google::rpc::Status details;
    EXPECT_TRUE(details.ParseFromString(status.error_details()));
    EXPECT_GE(details.details_size(), 1);
  }

  EchoService service_;
  std::unique_ptr<grpc::Server> server_;
  v1::CallResponse response_;
};

TEST_F(UnaryHandlerTest, PassesOnWhatParses) {
  v1::CallRequest request;
  request.set_function("f");
  EXPECT_TRUE(Call(request.SerializeAsString()).ok());
  EXPECT_EQ(response_.call_id(), "f");
}

TEST_F(UnaryHandlerTest, RefusesBytesThatAreCutShort) { ExpectRefused(Call("\x1a\x7f short")); }

TEST_F(UnaryHandlerTest, RefusesStringsThatAreNotUtf8) { ExpectRefused(Call("\x1a\x01\xff")); }

TEST_F(UnaryHandlerTest, ServesOnAfterARefusal) {
  for (int round = 0; round < 100; ++round) {
    ExpectRefused(Call("\x1a\x7f"));
    EXPECT_TRUE(Call("\x1a\x01g").ok());
    EXPECT_EQ(response_.call_id(), "g");
  }
}

}  // namespace
}  // namespace davit::server
