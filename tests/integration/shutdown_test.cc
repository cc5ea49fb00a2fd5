// SIGTERM, and the services that every gRPC server is expected to have: health and reflection.

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/call.h"
#include "client/status.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"
#include "tests/integration/raw_rpc.h"
#include "tests/integration/session_stream.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;
using ::testing::HasSubstr;

// grpc.health.v1.HealthCheckResponse, as bytes.
constexpr std::string_view kServing("\x08\x01", 2);
constexpr std::string_view kNotServing("\x08\x02", 2);

// Field 1 of grpc.health.v1.HealthCheckRequest.
std::string ServiceName(std::string_view service) {
  return absl::StrCat("\x0a", std::string(1, static_cast<char>(service.size())), service);
}

absl::StatusOr<std::string> Health(const Davitd& davitd, std::string_view service = "") {
  return RawUnary(davitd.address(), "/grpc.health.v1.Health/Check", ServiceName(service),
                  kPatience);
}

// A davitd for each test, which ends in it.
class ShutdownTest : public testing::Test {
 protected:
  void StartServer(const std::string& config) {
    auto davitd = Davitd::Start(config);
    ASSERT_THAT(davitd, IsOk());
    davitd_ = *std::move(davitd);
    client_ = std::make_unique<client::Client>(davitd_->address(),
                                               client::ClientOptions{.timeout = 5 * kPatience});
    for (const char* guest : {"calc", "traps"}) {
      ASSERT_THAT(client_->Deploy(guest, ReadBinary(GuestPath(guest))), IsOk());
    }
  }
  // A new instance, under the id of its component.
  std::string Instantiate(const std::string& component) {
    v1::CreateInstanceRequest request;
    request.set_component(component);
    request.set_instance_id(component);
    request.set_isolation(v1::ISOLATION_DEDICATED);
    EXPECT_THAT(client_->Instantiate(request), IsOk());
    return component;
  }

  std::unique_ptr<Davitd> davitd_;
  std::unique_ptr<client::Client> client_;
};

TEST_F(ShutdownTest, AnIdleServerExitsWithZeroAtOnce) {
  StartServer("deadlines { drain_ms: 60000 }");
  const absl::Time begin = absl::Now();
  EXPECT_THAT(davitd_->Stop(), IsOkAndHolds(0));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
}

TEST_F(ShutdownTest, ARunningCallFinishesWhileHealthSaysNotServing) {
  StartServer("deadlines { drain_ms: 300000 }");
  const std::string calc = Instantiate("calc"), traps = Instantiate("traps");
  EXPECT_THAT(Health(*davitd_), IsOkAndHolds(kServing));
  absl::StatusOr<uint32_t> answer;
  std::thread caller([&] {
    answer = client::Call<uint32_t>(*client_, calc, "bench:calc/api#spin", 200'000'000u);
  });
  // Runs until the test has seen all it wants.
  std::thread other([&] { client::Call<void>(*client_, traps, "loop-forever").IgnoreError(); });
  AwaitCall(*client_, calc);
  AwaitCall(*client_, traps);
  davitd_->Terminate();
  absl::StatusOr<std::string> health = Health(*davitd_);
  while (health.ok() && *health == kServing) health = Health(*davitd_);
  EXPECT_THAT(health, IsOkAndHolds(kNotServing));
  EXPECT_THAT(client::Call<uint32_t>(*client_, calc, "bench:calc/api#add", 3u, 4u),
              Fails(StatusCode::kUnavailable, "SERVER_DRAINING", "shutting down"))
      << "nothing new is taken";
  EXPECT_THAT(client_->DeleteInstance(traps), IsOk());
  other.join();
  caller.join();
  EXPECT_THAT(answer, IsOk());
  EXPECT_THAT(davitd_->Wait(), IsOkAndHolds(0));
}

TEST_F(ShutdownTest, ACallBeyondTheDrainLimitIsEnded) {
  StartServer("deadlines { drain_ms: 500 }");
  const std::string traps = Instantiate("traps");
  absl::Status ended;
  std::thread caller([&] { ended = client::Call<void>(*client_, traps, "loop-forever"); });
  AwaitCall(*client_, traps);
  const absl::Time begin = absl::Now();
  EXPECT_THAT(davitd_->Stop(), IsOkAndHolds(0));
  caller.join();
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(500));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
  EXPECT_THAT(ended, Fails(absl::StatusCode::kCancelled, "CALL_CANCELLED", "cancelled"))
      << "not UNAVAILABLE, which one may repeat";
}

TEST_F(ShutdownTest, ACallThatStillWaitsBeyondTheDrainLimitHasNotRun) {
  StartServer("deadlines { drain_ms: 500 }");
  const std::string traps = Instantiate("traps");
  SessionStream session(davitd_->address());
  session.Call(1, client_->InstanceName(traps), "loop-forever");
  session.Call(2, client_->InstanceName(traps), "loop-forever");
  session.AwaitAdmission();
  davitd_->Terminate();
  EXPECT_THAT(client::FromRpc(session.Read().error()),
              Fails(absl::StatusCode::kCancelled, "CALL_CANCELLED", ""));
  EXPECT_THAT(client::FromRpc(session.Read().error()),
              Fails(absl::StatusCode::kUnavailable, "SERVER_DRAINING", ""));
  EXPECT_THAT(davitd_->Wait(), IsOkAndHolds(0));
}

TEST_F(ShutdownTest, AClientThatOnlyHoldsASessionOpenDoesNotHoldItUp) {
  StartServer("deadlines { drain_ms: 60000 }");
  auto stub = v1::CallService::NewStub(
      grpc::CreateChannel(davitd_->address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  auto session = stub->Session(&context);
  v1::SessionRequest request;
  ASSERT_TRUE(session->Write(request));
  v1::SessionResponse response;
  ASSERT_TRUE(session->Read(&response));
  const absl::Time begin = absl::Now();
  EXPECT_THAT(davitd_->Stop(), IsOkAndHolds(0));
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
  EXPECT_FALSE(session->Read(&response));
  EXPECT_EQ(session->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ShutdownTest, AnAddressThatIsTakenEndsTheSecondProcess) {
  StartServer("");
  const auto second = RunProgram({DataPath("server/app/davitd"), "--listen=" + davitd_->address()});
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(second->status, 1);
  EXPECT_THAT(second->err, HasSubstr(davitd_->address()));
}

TEST_F(ShutdownTest, AConfigurationThatIsWrongIsRefusedWithItsField) {
  const auto wrong = RunProgram({DataPath("server/app/davitd"), "--set=uploads { max_byte: 1 }"});
  ASSERT_THAT(wrong, IsOk());
  EXPECT_EQ(wrong->status, 1);
  EXPECT_THAT(wrong->err, HasSubstr("max_byte"));
}

TEST_F(ShutdownTest, AnAddressThatOthersCanReachIsRefusedUnlessTheRiskIsNamed) {
  for (const char* address : {"0.0.0.0:0", "[::]:0"}) {
    const std::string listen = absl::StrCat("--listen=", address);
    const auto refused = RunProgram({DataPath("server/app/davitd"), listen});
    ASSERT_THAT(refused, IsOk());
    EXPECT_EQ(refused->status, 1);
    EXPECT_THAT(refused->err, HasSubstr("--listen_without_authentication"));
    const auto named = RunProgram({DataPath("server/app/davitd"), listen,
                                   "--listen_without_authentication", "--check_config"});
    ASSERT_THAT(named, IsOk());
    EXPECT_EQ(named->status, 0) << named->err;
  }
}

// -- What every gRPC server has --

class StandardServicesTest : public DavitdTest {};

TEST_F(StandardServicesTest, HealthIsKnownOfEachService) {
  for (const char* service :
       {"", "davit.v1.ComponentService", "davit.v1.InstanceService", "davit.v1.CallService"}) {
    EXPECT_THAT(Health(davitd(), service), IsOkAndHolds(kServing)) << service;
  }
  const auto unknown = Health(davitd(), "davit.v1.Nothing");
  EXPECT_EQ(unknown.status().code(), StatusCode::kNotFound);
}

// One request of ServerReflectionInfo, and the bytes of the first answer.
std::string Reflect(const std::string& address, const std::string& request) {
  grpc::GenericStub stub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
  grpc::CompletionQueue queue;
  const auto next = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return ok;
  };
  const auto call = stub.PrepareCall(
      &context, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  call->StartCall(nullptr);
  EXPECT_TRUE(next());
  const grpc::Slice slice(request);
  call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
  EXPECT_TRUE(next());
  grpc::ByteBuffer response;
  call->Read(&response, nullptr);
  EXPECT_TRUE(next());
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(response.Dump(&slices).ok());
  std::string answer;
  for (const grpc::Slice& part : slices) {
    answer.append(reinterpret_cast<const char*>(part.begin()), part.size());
  }
  grpc::Status status;
  call->WritesDone(nullptr);
  next();
  call->Finish(&status, nullptr);
  next();
  return answer;
}

TEST_F(StandardServicesTest, ReflectionListsTheServices) {
  const std::string list_services = "\x3a\x01*";  // field 7
  const std::string services = Reflect(davitd().address(), list_services);
  for (const char* service : {"davit.v1.ComponentService", "davit.v1.InstanceService",
                              "davit.v1.CallService", "grpc.health.v1.Health"}) {
    EXPECT_THAT(services, HasSubstr(service));
  }
}

TEST_F(StandardServicesTest, ReflectionDescribesAService) {
  const std::string symbol = "davit.v1.CallService";  // field 4
  const std::string file =
      Reflect(davitd().address(),
              absl::StrCat("\x22", std::string(1, static_cast<char>(symbol.size())), symbol));
  EXPECT_THAT(file, HasSubstr("davit/v1/call_service.proto"));
  EXPECT_THAT(file, HasSubstr("SessionRequest"));
}

}  // namespace
}  // namespace davit::integration
