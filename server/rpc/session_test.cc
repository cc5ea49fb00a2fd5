#include "server/rpc/session.h"

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "server/app/server_test_util.h"

namespace davit::server {
namespace {

class SessionTest : public ServerTest {
 protected:
  using Stream = grpc::ClientReaderWriter<v1::SessionRequest, v1::SessionResponse>;

  void Open(absl::Duration timeout = kPatience) {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    stream_ = calls_->Session(context_.get());
  }
  // Waits until the server has read so many requests that it has not answered.
  void AwaitRead(size_t requests) {
    EXPECT_TRUE(WaitUntil([&] { return server_->load().session_requests == requests; }));
  }
  void Send(uint64_t id, v1::CallRequest call) {
    v1::SessionRequest request;
    request.set_id(id);
    *request.mutable_call() = std::move(call);
    ASSERT_TRUE(stream_->Write(request));
  }
  v1::SessionResponse Receive() {
    v1::SessionResponse response;
    EXPECT_TRUE(stream_->Read(&response));
    return response;
  }
  // Half-closes; what the stream ends with when no answer is left.
  grpc::Status Close() {
    stream_->WritesDone();
    v1::SessionResponse more;
    EXPECT_FALSE(stream_->Read(&more)) << "an answer too many";
    return stream_->Finish();
  }

  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
};

TEST_F(SessionTest, AnswersCallsWithTheirIds) {
  Start();
  const std::string instance = Instantiate(DeployCalc());
  Open();
  for (uint32_t i = 0; i < 10; ++i) {
    Send(1000 + i, CallOf(instance, kAdd, {U32(i), U32(1)}));
    const v1::SessionResponse response = Receive();
    EXPECT_EQ(response.id(), 1000 + i);
    EXPECT_EQ(response.call().results(0).u32(), i + 1);
  }
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, AnEmptySessionEndsWell) {
  Start();
  Open();
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, AnswersWhatIsUnderWayAfterHalfClose) {
  Start();
  const std::string instance = Instantiate(DeployCalc());
  Open();
  for (uint32_t i = 0; i < 50; ++i) Send(i, CallOf(instance, kAdd, {U32(i), U32(i)}));
  stream_->WritesDone();
  for (uint32_t i = 0; i < 50; ++i) EXPECT_EQ(Receive().call().results(0).u32(), 2 * i);
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(SessionTest, AnswersInOrderPerInstance) {
  Start("scheduling { session_window: 16 }");
  const std::string component = DeployCalc();
  std::vector<std::string> names = {Instantiate(component), Instantiate(component),
                                    Instantiate(component, v1::ISOLATION_DEDICATED)};
  Open();
  constexpr uint32_t kCalls = 3000;
  std::thread writer([&] {
    for (uint32_t i = 0; i < kCalls; ++i) {
      // One in seven is refused before it is queued, and must wait for its turn all the same.
      const bool bad = i % 7 == 0;
      Send(i, CallOf(names[i % 3], bad ? "none" : kAdd, {U32(i), U32(0)}));
    }
    stream_->WritesDone();
  });
  std::map<uint32_t, uint64_t> last;  // by instance
  for (uint32_t i = 0; i < kCalls; ++i) {
    const v1::SessionResponse response = Receive();
    const uint64_t id = response.id();
    const auto before = last.find(id % 3);
    ASSERT_TRUE(before == last.end() || before->second < id);
    last[id % 3] = id;
    if (id % 7 == 0) {
      ASSERT_EQ(ReasonOf(response.error()), "FUNCTION_NOT_FOUND");
    } else {
      ASSERT_EQ(response.call().results(0).u32(), id);
    }
  }
  writer.join();
  EXPECT_TRUE(stream_->Finish().ok());
}

TEST_F(SessionTest, CallsToOtherInstancesOvertake) {
  Start();
  const std::string component = DeployTraps();
  const std::string slow = Instantiate(component, v1::ISOLATION_DEDICATED);
  const std::string fast = Instantiate(component);
  Open();
  Send(1, CallOf(slow, "loop-forever"));
  Send(2, CallOf(slow, "none"));  // waits for 1 to be answered
  Send(3, CallOf(fast, "ok"));
  EXPECT_EQ(Receive().id(), 3u);
  EXPECT_TRUE(Delete(slow).ok());
  const v1::SessionResponse first = Receive();
  EXPECT_EQ(first.id(), 1u);
  EXPECT_EQ(ReasonOf(first.error()), "INSTANCE_DELETED");
  EXPECT_EQ(Receive().id(), 2u);
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, AnErrorIsAnAnswerAndNotTheEnd) {
  Start();
  const std::string instance = Instantiate(DeployTraps());
  Open();
  Send(1, CallOf(instance, "deep-unreachable"));
  Send(2, CallOf("tenants/default/instances/none", "ok"));
  Send(3, CallOf(instance, "ok"));
  ASSERT_TRUE(stream_->Write(v1::SessionRequest()));
  std::map<uint64_t, std::string> reasons;
  for (int i = 0; i < 4; ++i) {
    const v1::SessionResponse response = Receive();
    reasons[response.id()] = ReasonOf(response.error());
  }
  EXPECT_EQ(reasons[0], "INVALID_REQUEST");
  EXPECT_EQ(reasons[1], "GUEST_TRAP");
  EXPECT_EQ(reasons[2], "INSTANCE_NOT_FOUND");
  EXPECT_EQ(reasons[3], "INSTANCE_POISONED");
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, PostReturnFollowsItsCall) {
  Start();
  const std::string instance = Instantiate(DeployPostReturn());
  Open();
  v1::CallRequest deferred = CallOf(instance, "text");
  deferred.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
  deferred.set_call_id("mine");
  Send(1, deferred);
  v1::SessionRequest post_return;
  post_return.set_id(2);
  post_return.mutable_post_return()->set_instance(instance);
  post_return.mutable_post_return()->set_function("text");
  post_return.mutable_post_return()->set_call_id("mine");
  ASSERT_TRUE(stream_->Write(post_return));
  Send(3, CallOf(instance, "count"));
  EXPECT_EQ(Receive().call().call_id(), "mine");
  EXPECT_TRUE(Receive().has_post_return());
  EXPECT_EQ(Receive().call().results(0).u32(), 1u);
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, FreshInstancesServeSessionsToo) {
  Start();
  v1::CallRequest request = CallOf("", "next");
  request.set_component(Deploy("start", "tests/guests/wat/start_counts.wasm"));
  Open();
  for (uint64_t i = 0; i < 20; ++i) Send(i, request);
  for (uint64_t i = 0; i < 20; ++i) EXPECT_EQ(Receive().call().results(0).u32(), 2u);
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, ReadsNoFurtherThanItsWindow) {
  Start("scheduling { session_window: 2 queue_length: 2 }");
  const std::string component = DeployTraps();
  const std::string instance = Instantiate(component, v1::ISOLATION_DEDICATED);
  const std::string other = Instantiate(component);
  Open();
  // One runs, one waits; without a window the rest would overrun the queue.
  Send(0, CallOf(instance, "loop-forever"));
  for (uint64_t i = 1; i < 10; ++i) Send(i, CallOf(instance, "ok"));
  AwaitCall(instance);
  AwaitRead(2);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Call(other, "ok").ok());  // Time to read on.
  EXPECT_EQ(server_->load().session_requests, 2u);
  EXPECT_TRUE(Delete(instance).ok());
  EXPECT_EQ(ReasonOf(Receive().error()), "INSTANCE_DELETED");
  for (uint64_t i = 1; i < 10; ++i) EXPECT_NE(ReasonOf(Receive().error()), "QUEUE_FULL");
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, ACancelledSessionEndsItsCalls) {
  Start();
  const std::string instance = Instantiate(DeployTraps());
  Open();
  Send(1, CallOf(instance, "loop-forever"));
  AwaitCall(instance);
  context_->TryCancel();
  EXPECT_EQ(stream_->Finish().error_code(), grpc::CANCELLED);
  EXPECT_TRUE(WaitUntil([&] { return Get(instance).state() == v1::Instance::STATE_POISONED; }));
}

TEST_F(SessionTest, TheFirstAnswerLeavesAtOnceWhenMoreFollow) {
  Start();
  const std::string instance = Instantiate(DeployTraps(), v1::ISOLATION_DEDICATED);
  Open();
  Send(1, CallOf(instance, "loop-forever"));
  for (uint64_t i = 2; i < 20; ++i) Send(i, CallOf(instance, "none"));
  AwaitCall(instance);
  AwaitRead(19);  // The answers of the others are held.
  ASSERT_TRUE(Delete(instance).ok());
  const absl::Time begin = absl::Now();
  for (uint64_t i = 1; i < 20; ++i) EXPECT_EQ(Receive().id(), i);
  EXPECT_LT(absl::Now() - begin, absl::Seconds(30));
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, AnExpiredCallIsAnswered) {
  Start("deadlines { default_ms: 1000 }");
  const std::string instance = Instantiate(DeployTraps());
  context_ = std::make_unique<grpc::ClientContext>();
  stream_ = calls_->Session(context_.get());
  Send(1, CallOf(instance, "loop-forever"));
  Send(2, CallOf(instance, "ok"));
  const v1::SessionResponse first = Receive();
  EXPECT_EQ(ReasonOf(first.error()), "DEADLINE_EXCEEDED");
  EXPECT_EQ(DetailOf<v1::TimeoutInfo>(first.error()).phase(), v1::TimeoutInfo::PHASE_GUEST);
  EXPECT_EQ(Receive().id(), 2u);
  EXPECT_TRUE(Close().ok());
}

TEST_F(SessionTest, ShutdownEndsASessionThatIsIdle) {
  Start("deadlines { drain_ms: 60000 }");
  const std::string instance = Instantiate(DeployCalc());
  Open();
  Send(1, CallOf(instance, kAdd, {U32(1), U32(1)}));
  Receive();
  const absl::Time begin = absl::Now();
  server_->Shutdown();
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));
  v1::SessionResponse response;
  EXPECT_FALSE(stream_->Read(&response));
  EXPECT_EQ(stream_->Finish().error_code(), grpc::UNAVAILABLE);
}

}  // namespace
}  // namespace davit::server
