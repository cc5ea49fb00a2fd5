// Calls of guests that wait for their host: without a thread, a cell or a place in a queue.

#include <atomic>
#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "runtime/component/late_host.h"
#include "server/app/server_test_util.h"

namespace davit::server {
namespace {

int Threads() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
  }
  return -1;
}

class WaitingCallsTest : public ServerTest {
 protected:
  ~WaitingCallsTest() override { Stop(); }

  void StartWaiting(const std::string& config = "") {
    Start(config, "", host_.linker());
    component_ = Deploy("waits", "tests/guests/wat/waits.wasm");
  }

  // A call under way.
  struct Pending {
    grpc::ClientContext context;
    v1::CallResponse response;
    grpc::Status status;
    std::thread thread;

    void Join() {
      if (thread.joinable()) thread.join();
    }
    ~Pending() { Join(); }
  };
  std::unique_ptr<Pending> Begin(const v1::CallRequest& request,
                                 absl::Duration timeout = kPatience) {
    auto pending = std::make_unique<Pending>();
    pending->context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    pending->thread = std::thread([this, request, p = pending.get()] {
      p->status = calls_->Call(&p->context, request, &p->response);
    });
    return pending;
  }
  std::unique_ptr<Pending> Begin(const std::string& instance, const std::string& function,
                                 uint32_t n, absl::Duration timeout = kPatience) {
    return Begin(CallOf(instance, function, {U32(n)}), timeout);
  }
  void AwaitAsked(size_t count) {
    ASSERT_TRUE(WaitUntil([&] { return host_.asked() == count; }));
  }
  uint32_t Sum(const std::string& instance) {
    v1::CallResponse response;
    const grpc::Status status = Call(CallOf(instance, "add", {U32(1), U32(2)}), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return status.ok() ? response.results(0).u32() : 0;
  }

  component::LateHost host_;
  std::string component_;
};

TEST_F(WaitingCallsTest, OthersOfTheCellAreAnsweredMeanwhile) {
  StartWaiting("scheduling { worker_threads: 1 } tenant { shared_cells: 1 }");
  const std::string waits = Instantiate(component_), other = Instantiate(component_);
  const auto call = Begin(waits, "through-three", 2);
  AwaitAsked(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Sum(other), 3u);
  EXPECT_TRUE(Delete(Instantiate(component_)).ok());
  host_.Answer();
  call->Join();
  ASSERT_TRUE(call->status.ok()) << call->status.error_message();
  EXPECT_EQ(call->response.results(0).u32(), 23u);
}

TEST_F(WaitingCallsTest, CallsOfTheSameInstanceWaitBehindInOrder) {
  StartWaiting();
  const std::string instance = Instantiate(component_);
  const auto first = Begin(instance, "direct", 1);
  AwaitAsked(1);
  const auto second = Begin(instance, "direct", 2);
  const auto third = Begin(CallOf(instance, "add", {U32(1), U32(2)}));
  absl::SleepFor(absl::Milliseconds(20));
  EXPECT_EQ(host_.asked(), 1u) << "nobody else has entered it";
  host_.Answer();
  AwaitAsked(1);
  host_.Answer();
  for (const auto* call : {&first, &second, &third}) (*call)->Join();
  EXPECT_EQ(first->response.results(0).u32(), 11u);
  EXPECT_EQ(second->response.results(0).u32(), 21u);
  EXPECT_EQ(third->response.results(0).u32(), 3u);
}

TEST_F(WaitingCallsTest, ADeadlineEndsTheCallAndItsInstance) {
  StartWaiting("deadlines { margin_ms: 1000 }");
  std::string instance;
  const grpc::Status status = ToldAtDeadline([&](absl::Duration timeout) {
    instance = Instantiate(component_);
    return Call(instance, "through-three", {U32(1)}, timeout);
  });
  EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED) << status.error_message();
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");
  EXPECT_EQ(PhaseOf(status), v1::TimeoutInfo::PHASE_PARKED);
  EXPECT_EQ(DetailOf<v1::TrapInfo>(DetailsOf(status)).frames_size(), 3);
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_POISONED);
  EXPECT_GE(host_.cancelled(), 1);
}

TEST_F(WaitingCallsTest, AClientThatCancelsEndsItsCallAndNotTheOneBefore) {
  StartWaiting();
  const std::string instance = Instantiate(component_);
  const auto first = Begin(instance, "direct", 1);
  AwaitAsked(1);
  const auto behind = Begin(instance, "direct", 2);
  behind->context.TryCancel();
  behind->Join();
  EXPECT_EQ(behind->status.error_code(), grpc::CANCELLED);
  EXPECT_EQ(host_.cancelled(), 0);
  host_.Answer();
  first->Join();
  EXPECT_TRUE(first->status.ok()) << first->status.error_message();

  const auto alone = Begin(instance, "direct", 3);
  AwaitAsked(1);
  alone->context.TryCancel();
  EXPECT_TRUE(WaitUntil([&] { return host_.cancelled() == 1; }));
  EXPECT_TRUE(WaitUntil([&] { return Get(instance).state() == v1::Instance::STATE_POISONED; }));
}

TEST_F(WaitingCallsTest, AClientThatCancelsEndsItsCallWhereItRunsOnAFiber) {
  StartWaiting();
  host_.set_at_once(true);
  const std::string instance = Instantiate(component_);
  const auto call = Begin(instance, "spin-after", 1);
  AwaitCall(instance);
  call->context.TryCancel();
  call->Join();
  EXPECT_TRUE(WaitUntil([&] { return Get(instance).state() == v1::Instance::STATE_POISONED; }));
  EXPECT_EQ(Sum(Instantiate(component_)), 3u) << "nothing else stands still";
}

TEST_F(WaitingCallsTest, ThoseThatGiveUpBehindDoNotEndTheOneThatWaits) {
  StartWaiting();
  const std::string instance = Instantiate(component_);
  const auto first = Begin(instance, "direct", 1);
  AwaitAsked(1);
  {
    std::vector<std::unique_ptr<Pending>> behind;
    for (uint32_t i = 0; i < 50; ++i) behind.push_back(Begin(instance, "direct", i));
    absl::SleepFor(absl::Milliseconds(20));
    for (const auto& call : behind) call->context.TryCancel();
  }
  absl::SleepFor(absl::Milliseconds(50));
  host_.Answer();
  first->Join();
  EXPECT_TRUE(first->status.ok()) << first->status.error_message();
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_ACTIVE);
}

TEST_F(WaitingCallsTest, DeletionEndsAllCallsOfTheInstance) {
  StartWaiting();
  const std::string instance = Instantiate(component_);
  const auto first = Begin(instance, "direct", 1);
  AwaitAsked(1);
  const auto behind = Begin(instance, "direct", 2);
  EXPECT_TRUE(Delete(instance).ok());
  first->Join();
  behind->Join();
  EXPECT_EQ(ReasonOf(first->status), "INSTANCE_DELETED");
  EXPECT_TRUE(ReasonOf(behind->status) == "INSTANCE_DELETED" ||
              ReasonOf(behind->status) == "INSTANCE_NOT_FOUND")
      << behind->status.error_message();
  EXPECT_EQ(host_.cancelled(), 1);
}

TEST_F(WaitingCallsTest, AFreshInstanceMayWaitToo) {
  StartWaiting();
  v1::CallRequest request = CallOf("", "through-three", {U32(2)});
  request.set_component(component_);
  const auto one = Begin(request), two = Begin(request);
  AwaitAsked(2);
  host_.Answer();
  host_.Answer();
  one->Join();
  two->Join();
  EXPECT_EQ(one->response.results(0).u32(), 23u);
  EXPECT_EQ(two->response.results(0).u32(), 23u);
  const auto late = Begin(request, absl::Milliseconds(100));
  late->Join();
  EXPECT_EQ(late->status.error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_TRUE(WaitUntil([&] { return host_.cancelled() == 1; }));
}

TEST_F(WaitingCallsTest, APostReturnMayBeDeferredOfACallThatHasWaited) {
  StartWaiting();
  const std::string instance = Instantiate(component_);
  v1::Val text;
  text.set_string("ho");
  v1::CallRequest request = CallOf(instance, "say", {text});
  request.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
  const auto call = Begin(request);
  AwaitAsked(1);
  host_.Answer();
  call->Join();
  ASSERT_TRUE(call->status.ok()) << call->status.error_message();
  EXPECT_EQ(call->response.results(0).string(), "hoho");
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_NEEDS_POST_RETURN);
}

TEST_F(WaitingCallsTest, ShutdownEndsThem) {
  StartWaiting("deadlines { drain_ms: 50 }");
  const std::string instance = Instantiate(component_);
  const auto call = Begin(instance, "direct", 1);
  AwaitAsked(1);
  Stop();
  call->Join();
  EXPECT_FALSE(call->status.ok());
}

TEST_F(WaitingCallsTest, ManyWaitWithoutThreads) {
  constexpr int kCalls = 300;
  StartWaiting("scheduling { worker_threads: 2 } tenant { shared_cells: 1 }");
  std::vector<std::string> instances;
  for (int i = 0; i < kCalls; ++i) instances.push_back(Instantiate(component_));
  const std::string other = Instantiate(component_);
  const int threads_before = Threads();
  grpc::CompletionQueue queue;
  struct Call {
    grpc::ClientContext context;
    v1::CallResponse response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::CallResponse>> reader;
  };
  std::deque<Call> calls;
  for (int i = 0; i < kCalls; ++i) {
    Call& call = calls.emplace_back();
    call.context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    call.reader = calls_->AsyncCall(
        &call.context, CallOf(instances[static_cast<size_t>(i)], "through-three", {U32(1)}),
        &queue);
    call.reader->Finish(&call.response, &call.status, &call);
  }
  AwaitAsked(kCalls);
  EXPECT_LT(Threads(), threads_before + 40) << "gRPC's own";
  EXPECT_EQ(Sum(other), 3u);
  std::mt19937 random(1);
  for (int i = 0; i < kCalls; ++i) host_.AnswerAny(random);
  for (int i = 0; i < kCalls; ++i) {
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
  }
  for (const Call& call : calls) {
    ASSERT_TRUE(call.status.ok()) << call.status.error_message();
    EXPECT_EQ(call.response.results(0).u32(), 13u);
  }
  queue.Shutdown();
}

}  // namespace
}  // namespace davit::server
