#include "server/app/server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <future>
#include <string>
#include <thread>
#include <utility>

#include "grpcpp/generic/generic_stub.h"
#include "server/app/server_test_util.h"

namespace davit::server {
namespace {

class ServerLifeTest : public ServerTest {
 protected:
  // The answer of grpc.health.v1.Health/Check: 1 SERVING, 2 NOT_SERVING, -1 for an error.
  int Health(const std::string& service) {
    // HealthCheckRequest{ service = 1 } and HealthCheckResponse{ status = 1 }, by hand: gRPC does
    // not install the schema.
    std::string request;
    if (!service.empty())
      request = absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
    const std::string response = Unary("/grpc.health.v1.Health/Check", request);
    return response.size() == 2 && response[0] == 0x08 ? response[1] : -1;
  }

  std::string Unary(const std::string& method, const std::string& request) {
    grpc::GenericStub stub(channel_);
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    const grpc::Slice slice(request);
    const grpc::ByteBuffer in(&slice, 1);
    grpc::ByteBuffer out;
    std::promise<grpc::Status> done;
    stub.UnaryCall(&context, method, {}, &in, &out,
                   [&done](grpc::Status status) { done.set_value(std::move(status)); });
    if (!done.get_future().get().ok()) return "";
    grpc::Slice answer;
    EXPECT_TRUE(out.DumpToSingleSlice(&answer).ok());
    return std::string(reinterpret_cast<const char*>(answer.begin()), answer.size());
  }
};

TEST_F(ServerLifeTest, IsHealthyForEveryService) {
  Start();
  for (const char* service :
       {"", "davit.v1.ComponentService", "davit.v1.InstanceService", "davit.v1.CallService"}) {
    EXPECT_EQ(Health(service), 1) << service;
  }
  EXPECT_EQ(Health("davit.v1.Unknown"), -1);
}

TEST_F(ServerLifeTest, ReflectionKnowsTheServices) {
  Start();
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  grpc::CompletionQueue queue;
  auto stream = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  stream->StartCall(nullptr);
  ASSERT_TRUE(wait());
  // ServerReflectionRequest{ list_services = 7: "" }
  const grpc::Slice request(std::string("\x3a\x00", 2));
  stream->Write(grpc::ByteBuffer(&request, 1), nullptr);
  ASSERT_TRUE(wait());
  grpc::ByteBuffer out;
  stream->Read(&out, nullptr);
  ASSERT_TRUE(wait());
  grpc::Slice answer;
  ASSERT_TRUE(out.DumpToSingleSlice(&answer).ok());
  const std::string text(reinterpret_cast<const char*>(answer.begin()), answer.size());
  for (const char* service : {"davit.v1.ComponentService", "davit.v1.InstanceService",
                              "davit.v1.CallService", "grpc.health.v1.Health"}) {
    EXPECT_NE(text.find(service), std::string::npos) << service;
  }
  context.TryCancel();
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
}

// gRPC reads and writes through the calls that are watched: with another version it might not.
TEST_F(ServerLifeTest, EndsAConnectionThatBreaksALimitAndNoOther) {
  Start("transport { max_concurrent_streams: 10 max_resets_per_second: 1 }");
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(server_->port()));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const auto send_all = [client](const std::string& bytes) {
    return send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  };
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9), acknowledge("\0\0\0\4\1\0\0\0\0", 9);
  ASSERT_TRUE(send_all("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + settings));
  char received[4096];
  ASSERT_GT(recv(client, received, sizeof received, 0), 0);
  ASSERT_TRUE(send_all(acknowledge));
  bool sent = true;
  for (int stream = 1; stream < 100 && sent; stream += 2) {
    // :method POST, :scheme http, :path /
    std::string frames("\0\0\3\1\4\0\0\0?\x83\x86\x84\0\0\4\3\0\0\0\0?\0\0\0\x8", 25);
    frames[8] = frames[20] = static_cast<char>(stream);
    sent = send_all(frames);
  }
  const timeval patience = {.tv_sec = 30, .tv_usec = 0};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ssize_t size = 1;
  while (size > 0) size = recv(client, received, sizeof received, 0);
  EXPECT_TRUE(size == 0 || errno != EAGAIN) << "it is still open";
  close(client);
  EXPECT_EQ(Health(""), 1);
}

TEST_F(ServerLifeTest, RefusesMoreHeadersThanItsLimit) {
  Start("transport { max_metadata_bytes: 2000 }");
  grpc::ClientContext context;
  context.AddMetadata("x-large", std::string(3000, 'x'));
  v1::CallResponse response;
  EXPECT_EQ(calls_->Call(&context, CallOf("i", "f"), &response).error_code(),
            grpc::RESOURCE_EXHAUSTED);
  channel_ = NewChannel();
  EXPECT_EQ(Health(""), 1);
}

TEST_F(ServerLifeTest, LetsARunningCallEnd) {
  Start("deadlines { drain_ms: 60000 }");
  const std::string instance = Instantiate(DeployCalc());
  grpc::Status status;
  std::thread caller([&] { status = Call(instance, "bench:calc/api#spin", {U32(1'000'000'000)}); });
  AwaitCall(instance);
  server_->Shutdown();
  caller.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ServerLifeTest, EndsACallThatOutrunsTheDrainLimit) {
  Start("deadlines { drain_ms: 200 }");
  const std::string instance = Instantiate(DeployTraps());
  grpc::Status status;
  std::thread caller([&] { status = Call(instance, "loop-forever"); });
  AwaitCall(instance);
  const absl::Time begin = absl::Now();
  server_->Shutdown();
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
  caller.join();
  EXPECT_FALSE(status.ok());
}

TEST_F(ServerLifeTest, TakesNothingNewWhileItDrains) {
  Start("deadlines { drain_ms: 60000 }");
  const std::string component = DeployTraps();
  const std::string busy = Instantiate(component, v1::ISOLATION_DEDICATED);
  const std::string idle = Instantiate(component);
  std::thread caller([&] { Call(busy, "loop-forever"); });
  AwaitCall(busy);
  std::thread stopper([&] { server_->Shutdown(); });
  grpc::Status status;
  EXPECT_TRUE(WaitUntil([&] {
    status = Call(idle, "ok");
    return !status.ok();
  }));
  EXPECT_EQ(status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(ReasonOf(status), "SERVER_DRAINING");
  EXPECT_EQ(Health(""), 2);
  EXPECT_TRUE(Delete(busy).ok());
  stopper.join();
  caller.join();
}

TEST_F(ServerLifeTest, SaysWhenItsAddressIsTaken) {
  Start();
  Config config;
  config.set_listen(absl::StrCat("127.0.0.1:", server_->port()));
  const auto second = Server::Start(config, *DataDir::Open(""), TestEngine(),
                                    std::make_shared<const component::Linker>());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServerLifeTest, RefusesAConfigurationThatCannotWork) {
  const auto server =
      Server::Start(*ParseConfig("scheduling { queue_length: 0 }"), *DataDir::Open(""),
                    TestEngine(), std::make_shared<const component::Linker>());
  EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServerLifeTest, KeepsNoTemporaryData) {
  std::string path;
  {
    const auto dir = DataDir::Open("");
    path = dir->path();
    EXPECT_TRUE(ListDirectory(path).ok());
  }
  EXPECT_FALSE(ListDirectory(path).ok());
}

}  // namespace
}  // namespace davit::server
