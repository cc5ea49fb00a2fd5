// A guest that runs on holds up nobody outside its cell, and who waits in its cell is told so.

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/call.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"
#include "tests/integration/session_stream.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;

constexpr char kAdd[] = "bench:calc/api#add";

// SHARED instances all lie in one cell here. The server keeps as much of a deadline for its answer
// as it can.
class IsolationTest : public DavitdTest {
 protected:
  static void SetUpTestSuite() {
    StartServer("tenant { shared_cells: 1 } deadlines { margin_ms: 10000 }");
  }
  void TearDown() override { ExpectServes(); }

  static std::string Dedicated(std::string_view guest) {
    v1::CreateInstanceRequest request;
    request.set_isolation(v1::ISOLATION_DEDICATED);
    return Instance(guest, request);
  }

  // Half of the calls of an instance of `calc` take less.
  static absl::Duration MedianLatency(const std::string& calc) {
    std::vector<absl::Duration> latencies;
    for (uint32_t i = 0; i < 400; ++i) {
      const absl::Time begin = absl::Now();
      EXPECT_THAT(client::Call<uint32_t>(client(), calc, kAdd, i, 1u), IsOkAndHolds(i + 1));
      latencies.push_back(absl::Now() - begin);
    }
    std::ranges::sort(latencies);
    return latencies[latencies.size() / 2];
  }

  // A thread that does nothing, as fast as it can, until it goes out of scope.
  class BusyThread {
   public:
    BusyThread()
        : thread_([this] {
            while (!over_) {
            }
          }) {}
    ~BusyThread() {
      over_ = true;
      thread_.join();
    }

   private:
    std::atomic<bool> over_ = false;
    std::thread thread_;
  };

  // A guest that loops for ever, until it goes out of scope.
  class Loop {
   public:
    explicit Loop(const std::string& instance) : instance_(instance) {
      caller_ = std::thread([this] {
        const auto patient = Connect();
        status_ = client::Call<void>(*patient, instance_, "loop-forever");
      });
      AwaitCall(client(), instance_);
    }
    ~Loop() {
      if (caller_.joinable()) End().IgnoreError();
    }
    // Deletes its instance; what its caller was told.
    absl::Status End() {
      EXPECT_THAT(client().DeleteInstance(instance_), IsOk());
      caller_.join();
      return status_;
    }

   private:
    const std::string instance_;
    std::thread caller_;
    absl::Status status_;
  };
};

TEST_F(IsolationTest, ALoopDelaysNoDedicatedInstance) {
  const std::string calc = Dedicated("calc");
  absl::Duration beside_strangers, beside_loops;
  {
    const BusyThread one, two;
    beside_strangers = MedianLatency(calc);
  }
  {
    const Loop shared(Instance("traps"));
    const Loop dedicated(Dedicated("traps"));
    beside_loops = MedianLatency(calc);
  }
  std::cout << "median latency: " << beside_loops << " beside two loops, " << beside_strangers
            << " beside as many busy threads of another process\n";
  EXPECT_LT(beside_loops, 3 * beside_strangers + absl::Milliseconds(3));
}

TEST_F(IsolationTest, LoopsInAllCellsDelayNoRequestAboutThem) {
  const std::string calc = Component("calc");
  constexpr int kLoops = 8;
  std::vector<std::unique_ptr<Loop>> loops;
  loops.reserve(kLoops);
  for (int i = 0; i < kLoops; ++i) loops.push_back(std::make_unique<Loop>(Dedicated("traps")));
  EXPECT_THAT(client().ListInstances(), IsOk());
  EXPECT_THAT(client().GetComponent(calc), IsOk());
  EXPECT_THAT(client().Deploy("during-loops", ReadBinary(GuestPath("nested"))), IsOk());
  EXPECT_THAT(client::Call<uint32_t>(client(), Dedicated("calc"), kAdd, 3u, 4u), IsOkAndHolds(7u));
}

TEST_F(IsolationTest, ACallThatExpiresBehindALoopWasQueuedAndHarmsNothing) {
  const std::string calc = Instance("calc");
  {
    const Loop loop(Instance("traps"));
    const auto expired = ToldAtDeadline([&](client::Client& impatient) {
      return client::Call<uint32_t>(impatient, calc, kAdd, 3u, 4u);
    });
    EXPECT_THAT(expired, Fails(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED", "queued"));
    EXPECT_EQ(Detail<v1::TimeoutInfo>(expired).phase(), v1::TimeoutInfo::PHASE_QUEUED);
  }
  EXPECT_THAT(client::Call<uint32_t>(client(), calc, kAdd, 3u, 4u), IsOkAndHolds(7u))
      << "the guest has not seen the call";
}

TEST_F(IsolationTest, DeletionEndsARunningCall) {
  Loop loop(Dedicated("traps"));
  EXPECT_THAT(loop.End(), Fails(StatusCode::kCancelled, "INSTANCE_DELETED", "deleted"));
}

TEST_F(IsolationTest, AClientThatCancelsEndsItsCall) {
  const std::string traps = Dedicated("traps");
  auto stub = v1::CallService::NewStub(
      grpc::CreateChannel(davitd().address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  std::thread caller([&] {
    v1::CallRequest request;
    request.set_instance(traps);
    request.set_function("loop-forever");
    v1::CallResponse response;
    EXPECT_EQ(stub->Call(&context, request, &response).error_code(), grpc::StatusCode::CANCELLED);
  });
  AwaitCall(client(), traps);
  context.TryCancel();
  caller.join();
  EXPECT_TRUE(WaitUntil(
      [&] { return client().GetInstance(traps)->state() == v1::Instance::STATE_POISONED; }));
}

// A terminate that lands too late must not end the next call.
TEST_F(IsolationTest, DeadlinesEndNoCallButTheirOwn) {
  const std::string calc = Instance("calc");
  const auto impatient = Connect(absl::Milliseconds(3));
  for (int i = 0; i < 200; ++i) {
    const std::string spinning = Instance("calc");
    client::Call<uint32_t>(*impatient, spinning, "bench:calc/api#spin", 1'000'000u).IgnoreError();
    ASSERT_THAT(client::Call<uint32_t>(client(), calc, kAdd, 3u, 4u), IsOkAndHolds(7u)) << i;
    ASSERT_THAT(client().DeleteInstance(spinning), IsOk());
  }
}

// -- Memory --

class RoomTest : public DavitdTest {
 protected:
  // Room for one guest of 50 MiB, not for two.
  static void SetUpTestSuite() {
    StartServer("tenant { shared_cells: 1 } engine { max_memory_bytes: 100663296 }");
  }
  // The guest under another name: with other bytes, which mean nothing.
  static std::string Roomy(char name) {
    const std::string id = absl::StrCat("roomy-", std::string_view(&name, 1));
    const std::string custom{'\0', 2, 1, name};
    EXPECT_THAT(client().Deploy(id, absl::StrCat(ReadBinary(GuestPath("roomy")), custom)), IsOk());
    return id;
  }
};

TEST_F(RoomTest, InstancesThatOnlyWaitForCallsMakeRoom) {
  const std::string first = Roomy('a'), second = Roomy('b');
  EXPECT_THAT(Call(first, "size()"), IsOkAndHolds("800"));
  EXPECT_THAT(Call(second, "size()"), IsOkAndHolds("800")) << "for a fresh one";
  v1::CreateInstanceRequest request;
  request.set_component(first);
  const auto instance = client().Instantiate(request);
  EXPECT_THAT(instance, IsOk()) << "for one with a name";
  EXPECT_THAT(Call(second, "size()"),
              Fails(StatusCode::kResourceExhausted, "LIMIT_REACHED", "linear memories"))
      << "which does not";
}

// -- Queues --

class QueueTest : public DavitdTest {
 protected:
  static void SetUpTestSuite() {
    StartServer(
        "tenant { shared_cells: 1 }"
        "scheduling { queue_length: 4 max_total_request_bytes: 67108864 }");
  }
};

TEST_F(QueueTest, CallsThatWaitAreBoundedInBytesToo) {
  constexpr char kEcho[] = "bench:calc/api#echo-string";
  const std::string calc = Instance("calc");
  const std::string traps = Instance("traps");
  std::thread looping([&] { client::Call<void>(client(), traps, "loop-forever").IgnoreError(); });
  AwaitCall(client(), traps);
  const std::string large(40 << 20, 'x');
  SessionStream session(davitd().address());
  session.Call(1, calc, kEcho, {client::ToVal(large)});
  session.AwaitAdmission();
  EXPECT_THAT(client::Call<std::string>(client(), calc, kEcho, large),
              Fails(StatusCode::kResourceExhausted, "QUEUE_FULL", "too large together"));
  EXPECT_THAT(client().DeleteInstance(traps), IsOk());
  looping.join();
  EXPECT_TRUE(session.Read().has_call()) << "there was room for it";
  EXPECT_THAT(client::Call<std::string>(client(), calc, kEcho, large), IsOk()) << "and is again";
}

TEST_F(QueueTest, OneCallTooManyIsToldThatTheQueueIsFull) {
  const std::string calc = Instance("calc");
  const std::string traps = Instance("traps");
  std::vector<std::thread> callers;
  std::vector<absl::Status> answers(12);
  std::thread looping([&] { client::Call<void>(client(), traps, "loop-forever").IgnoreError(); });
  AwaitCall(client(), traps);
  callers.reserve(answers.size());
  std::atomic<size_t> answered = 0;
  for (absl::Status& answer : answers) {
    callers.emplace_back([&] {
      answer = client::Call<uint32_t>(client(), calc, kAdd, 3u, 4u).status();
      ++answered;
    });
  }
  EXPECT_TRUE(WaitUntil([&] { return answered == answers.size() - 4; }));
  EXPECT_THAT(client().DeleteInstance(traps), IsOk());
  looping.join();
  for (std::thread& caller : callers) caller.join();
  const auto full = std::ranges::find_if_not(answers, &absl::Status::ok);
  ASSERT_NE(full, answers.end());
  EXPECT_THAT(*full, Fails(StatusCode::kResourceExhausted, "QUEUE_FULL", "limit of 4"));
  EXPECT_EQ(std::ranges::count_if(answers, &absl::Status::ok), 4);
}

}  // namespace
}  // namespace davit::integration
