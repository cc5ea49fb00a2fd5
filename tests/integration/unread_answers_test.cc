// Clients that do not read what they have asked for: the memory of the server stays bounded, and
// others are served.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/call.h"
#include "davit/v1/call_service.grpc.pb.h"
#include "davit/v1/component_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/generic/generic_stub.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"
#include "tests/integration/memory_guard.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;

constexpr uint64_t kMiB = 1 << 20;

std::shared_ptr<grpc::Channel> NewChannel(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

v1::CallRequest AnswerOf(const std::string& instance, std::string_view function, uint32_t length) {
  v1::CallRequest request;
  request.set_instance(instance);
  request.set_function(std::string(function));
  request.add_args()->set_u32(length);
  return request;
}

// RPCs of one connection that are sent and never read from.
class UnreadRpcs {
 public:
  explicit UnreadRpcs(const std::string& address) : stub_(NewChannel(address)) {}
  ~UnreadRpcs() {
    for (const auto& context : contexts_) context->TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  void Send(const std::string& method, const google::protobuf::Message& request) {
    auto& context = contexts_.emplace_back(std::make_unique<grpc::ClientContext>());
    auto& call = calls_.emplace_back(stub_.PrepareCall(context.get(), method, &queue_));
    call->StartCall(nullptr);
    Await();
    const grpc::Slice slice(request.SerializeAsString());
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    Await();
  }
  // Waits until each RPC has been answered: then the server has begun to send.
  void AwaitAnswers() {
    for (const auto& call : calls_) {
      call->ReadInitialMetadata(nullptr);
      Await();
    }
  }
  // Reads the answers after all; how many RPCs ended well.
  size_t CountGood() {
    size_t good = 0;
    for (const auto& call : calls_) {
      grpc::ByteBuffer answer;
      call->Read(&answer, nullptr);
      const bool has_answer = Await();
      grpc::Status status;
      call->Finish(&status, nullptr);
      Await();
      EXPECT_EQ(has_answer, status.ok());
      if (!status.ok()) {
        EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
      }
      good += status.ok() ? 1 : 0;
    }
    return good;
  }

 private:
  bool Await() {
    void* tag = nullptr;
    bool ok = false;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    return ok;
  }

  grpc::GenericStub stub_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts_;
  std::vector<std::unique_ptr<grpc::GenericClientAsyncReaderWriter>> calls_;
};

// Waits until the server has taken as much memory for answers as it is going to.
void AwaitCalm(pid_t pid) {
  uint64_t before = 0;
  for (int calm = 0; calm < 10;) {
    absl::SleepFor(absl::Milliseconds(50));
    const uint64_t now = ResidentBytes(pid);
    calm = now > before + kMiB || before > now + kMiB ? 0 : calm + 1;
    before = now;
  }
}

// With the default limits, which are 1 GiB for all and half of it for a connection.
class UnreadSessionTest : public DavitdTest {};

TEST_F(UnreadSessionTest, LargeAnswersWaitWithTheirRequests) {
  constexpr uint32_t kCalls = 50;
  constexpr uint32_t kBytes = 62 * kMiB;
  const std::string guest = Instance("big_answers");
  const std::string calc = Instance("calc");
  const MemoryGuard guard(davitd().pid(), 2500 * kMiB);
  auto stub = v1::CallService::NewStub(NewChannel(davitd().address()));
  grpc::ClientContext context;
  const auto session = stub->Session(&context);
  v1::SessionRequest request;
  for (uint32_t i = 0; i < kCalls; ++i) {
    request.set_id(i);
    *request.mutable_call() = AnswerOf(guest, "bytes", kBytes);
    ASSERT_TRUE(session->Write(request));
  }
  session->WritesDone();
  AwaitCalm(davitd().pid());
  EXPECT_THAT(client::Call<uint32_t>(client(), calc, "bench:calc/api#add", 3u, 4u),
              IsOkAndHolds(7u))
      << "another connection";
  // Read at last, they are all there but for those that were asked for before the first one had
  // shown how large they are.
  uint32_t answered = 0, good = 0;
  for (v1::SessionResponse response; session->Read(&response); ++answered) {
    EXPECT_EQ(response.id(), answered);
    if (response.has_call() && response.call().results(0).u8_list().size() == kBytes) ++good;
    if (response.has_error()) {
      EXPECT_EQ(response.error().code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    }
  }
  EXPECT_TRUE(session->Finish().ok());
  EXPECT_EQ(answered, kCalls);
  EXPECT_GE(good, kCalls - 8);
  EXPECT_FALSE(guard.has_killed()) << guard.peak_bytes();
  EXPECT_EQ(client().GetInstance(guest)->state(), v1::Instance::STATE_ACTIVE);
}

// Small limits, so that many can be at theirs.
class UnreadAnswersTest : public DavitdTest {
 protected:
  static void SetUpTestSuite() {
    StartServer(
        "scheduling { max_total_answer_bytes: 268435456 max_connection_answer_bytes: 134217728 }");
  }
  void TearDown() override { ExpectServes(); }
};

TEST_F(UnreadAnswersTest, UnaryAnswersHaveALimitForEachConnectionAndAllTogether) {
  const std::string guest = Instance("big_answers");
  const MemoryGuard guard(davitd().pid(), 1200 * kMiB);
  std::vector<std::unique_ptr<UnreadRpcs>> connections;
  for (int i = 0; i < 8; ++i) {
    auto& rpcs = *connections.emplace_back(std::make_unique<UnreadRpcs>(davitd().address()));
    for (int j = 0; j < 20; ++j) {
      rpcs.Send("/davit.v1.CallService/Call", AnswerOf(guest, "bytes", 20 * kMiB));
    }
  }
  for (const auto& rpcs : connections) rpcs->AwaitAnswers();
  EXPECT_FALSE(guard.has_killed()) << guard.peak_bytes();
  // There is room for what is not that large.
  EXPECT_THAT(client().Call(AnswerOf(guest, "bytes", kMiB)), IsOk());
  const size_t good = connections[0]->CountGood();
  EXPECT_GE(good, 1u);
  EXPECT_LT(good, 20u);
  connections.clear();
  // What they held goes back with them.
  absl::Status status;
  WaitUntil([&] {
    status = client().Call(AnswerOf(guest, "bytes", 50 * kMiB)).status();
    return status.ok();
  });
  EXPECT_THAT(status, IsOk());
}

// Each takes some fifty times as much memory as bytes in the guest, and ten times its encoding.
TEST_F(UnreadAnswersTest, SmallValuesCountAsTheyAreInMemory) {
  const std::string guest = Instance("big_answers");
  const MemoryGuard guard(davitd().pid(), 1200 * kMiB);
  UnreadRpcs rpcs(davitd().address());
  constexpr size_t kCalls = 60;
  for (size_t i = 0; i < kCalls; ++i) {
    rpcs.Send("/davit.v1.CallService/Call", AnswerOf(guest, "nothings", 300'000));
  }
  // Behind the last one: to ask for the answers themselves would have them sent.
  EXPECT_TRUE(WaitUntil([&] { return client().GetInstance(guest)->calls() == kCalls; }));
  EXPECT_THAT(client().Call(AnswerOf(guest, "nothings", 1)), IsOk());
  EXPECT_FALSE(guard.has_killed()) << guard.peak_bytes();
  // How many are refused depends on how soon the others are in their wire form, which is small.
  EXPECT_GT(rpcs.CountGood(), 0u);
}

// Whether or not somebody reads them.
TEST_F(UnreadAnswersTest, AnAnswerBeyondAllLimitsIsRefusedAndTheInstanceServesOn) {
  // What it may copy is no limit here.
  v1::CreateInstanceRequest generous;
  generous.mutable_limits()->set_host_copy_bytes(1 << 30);
  const std::string guest = Instance("big_answers", generous);
  EXPECT_THAT(client().Call(AnswerOf(guest, "nothings", 5'000'000)),
              Fails(StatusCode::kResourceExhausted, "LIMIT_REACHED", "answers"));
  EXPECT_THAT(client().Call(AnswerOf(guest, "nothings", 1000)), IsOk());
}

TEST_F(UnreadAnswersTest, DownloadsCount) {
  const std::string component =
      absl::StrCat("tenants/default/components/", Component("big_answers"));
  const MemoryGuard guard(davitd().pid(), 1200 * kMiB);
  UnreadRpcs rpcs(davitd().address());
  v1::DownloadComponentRequest request;
  request.set_name(component);
  for (int i = 0; i < 300; ++i) rpcs.Send("/davit.v1.ComponentService/DownloadComponent", request);
  rpcs.AwaitAnswers();
  EXPECT_FALSE(guard.has_killed()) << guard.peak_bytes();
}

}  // namespace
}  // namespace davit::integration
