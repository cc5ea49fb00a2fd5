#include "server/rpc/handlers.h"

#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/log/log_entry.h"
#include "absl/log/log_sink.h"
#include "absl/log/log_sink_registry.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "davit/v1/call_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/generic/generic_stub.h"
#include "gtest/gtest.h"
#include "server/app/config.pb.h"

namespace davit::server {
namespace {

using ::testing::HasSubstr;

constexpr char kAsksForABug[] = "bug";

// Answers every call with its function's name as the call's id.
class EchoService final : public v1::CallService::CallbackService {
 public:
  explicit EchoService(Admission& admission) {
    const auto& call = MethodOf<v1::CallRequest>("Call");
    MarkMethodCallback(call.index(), UnaryHandler<v1::CallRequest, v1::CallResponse>(
                                         admission, call, &EchoService::Echo));
  }

 private:
  static void Echo(UnaryRpc<v1::CallRequest, v1::CallResponse>& rpc) {
    EXPECT_EQ(rpc.request().tenant().id(), "acme");
    EXPECT_GT(rpc.request().deadline(), absl::Now());
    rpc.response().set_call_id(rpc.message().function());
    const bool fails = rpc.message().function() == kAsksForABug;
    rpc.Finish(fails ? absl::InternalError("the text") : absl::OkStatus());
  }
};

// What is logged while it lives.
class Log final : public absl::LogSink {
 public:
  Log() { absl::AddLogSink(this); }
  ~Log() override { absl::RemoveLogSink(this); }

  void Send(const absl::LogEntry& entry) override {
    const absl::MutexLock lock(mutex_);
    absl::StrAppend(&text_, entry.text_message(), "\n");
  }
  std::string text() {
    const absl::MutexLock lock(mutex_);
    return text_;
  }

 private:
  absl::Mutex mutex_;
  std::string text_ ABSL_GUARDED_BY(mutex_);
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

  Config config_ = [] {
    Config config;
    config.mutable_scheduling()->set_max_connection_answer_bytes(100'000);
    return config;
  }();
  const Tenant tenant_{"acme"};
  Admission admission_{config_, tenant_};
  EchoService service_{admission_};
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

TEST_F(UnaryHandlerTest, RefusesAnAnswerThatThereIsNoRoomFor) {
  v1::CallRequest request;
  request.set_function(std::string(40'000, 'x'));
  EXPECT_TRUE(Call(request.SerializeAsString()).ok());
  request.set_function(std::string(60'000, 'x'));
  EXPECT_EQ(Call(request.SerializeAsString()).error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST_F(UnaryHandlerTest, AnAnswerNoLongerCountsWhenTheRpcIsOver) {
  v1::CallRequest request;
  request.set_function(std::string(40'000, 'x'));
  EXPECT_TRUE(Call(request.SerializeAsString()).ok());
  server_->Shutdown();
  server_->Wait();
  EXPECT_EQ(admission_.answers().used(), 0u);
}

TEST_F(UnaryHandlerTest, TheLogSaysWhichRpcMetABug) {
  Log log;
  v1::CallRequest request;
  request.set_function(kAsksForABug);
  const grpc::Status status = Call(request.SerializeAsString());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_THAT(log.text(),
              HasSubstr("davit.v1.CallService.Call for tenant acme: " + status.error_message()));
}

}  // namespace
}  // namespace davit::server
