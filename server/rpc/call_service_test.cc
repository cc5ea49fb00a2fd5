#include "server/rpc/call_service.h"

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "server/app/server_test_util.h"

namespace davit::server {
namespace {

class CallServiceTest : public ServerTest {
 protected:
  grpc::Status PostReturn(const std::string& instance, const std::string& function,
                          const std::string& call_id) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + kPatience));
    v1::PostReturnRequest request;
    request.set_instance(instance);
    request.set_function(function);
    request.set_call_id(call_id);
    v1::PostReturnResponse response;
    return calls_->PostReturn(&context, request, &response);
  }
  // Calls `function` and leaves its post-return to be done; the call id.
  std::string Defer(const std::string& instance, const std::string& function,
                    const std::string& call_id = "", absl::Duration lease = absl::Minutes(1)) {
    v1::CallRequest request = CallOf(instance, function);
    request.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
    request.set_call_id(call_id);
    request.mutable_lease()->set_seconds(absl::ToInt64Seconds(lease));
    request.mutable_lease()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(lease % absl::Seconds(1))));
    v1::CallResponse response;
    const grpc::Status status = Call(request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.call_id();
  }
};

TEST_F(CallServiceTest, CallsAnExport) {
  Start();
  const std::string instance = Instantiate(DeployCalc());
  v1::CallResponse response;
  ASSERT_TRUE(Call(CallOf(instance, kAdd, {U32(40), U32(2)}), &response).ok());
  ASSERT_EQ(response.results_size(), 1);
  EXPECT_EQ(response.results(0).u32(), 42u);
  EXPECT_EQ(response.call_id(), "");
}

TEST_F(CallServiceTest, ManyCallsAtOnceAllAnswerRight) {
  Start();
  const std::string component = DeployCalc();
  const std::string shared = Instantiate(component);
  const std::string dedicated = Instantiate(component, v1::ISOLATION_DEDICATED);
  constexpr uint32_t kThreads = 8;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (uint32_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 300; ++i) {
        v1::CallResponse response;
        const auto& instance = i % 2 == 0 ? shared : dedicated;
        ASSERT_TRUE(Call(CallOf(instance, kAdd, {U32(t), U32(i)}), &response).ok());
        ASSERT_EQ(response.results(0).u32(), t + i);
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

TEST_F(CallServiceTest, LargeValuesGoThrough) {
  Start();
  const std::string instance = Instantiate(DeployCalc());
  v1::Val bytes;
  bytes.set_u8_list(std::string(5 << 20, 'x'));
  grpc::ClientContext context;
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  auto stub = v1::CallService::NewStub(grpc::CreateCustomChannel(
      absl::StrCat("127.0.0.1:", server_->port()), grpc::InsecureChannelCredentials(), arguments));
  v1::CallResponse response;
  const grpc::Status status =
      stub->Call(&context, CallOf(instance, "bench:calc/api#echo-bytes", {bytes}), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_TRUE(response.results(0).u8_list() == bytes.u8_list());
}

TEST_F(CallServiceTest, RefusesMessagesOverTheLimit) {
  Start("transport { max_message_bytes: 1000 }");
  const grpc::Status status = Call("tenants/default/instances/i", std::string(1001, 'x'));
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
}

TEST_F(CallServiceTest, AFreshInstanceServesOneCall) {
  Start();
  const std::string component = Deploy("start", "tests/guests/wat/start_counts.wasm");
  for (int i = 0; i < 2; ++i) {
    v1::CallRequest request = CallOf("", "next");
    request.set_component(component);
    v1::CallResponse response;
    const grpc::Status status = Call(request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.results(0).u32(), 2u);
  }
}

TEST_F(CallServiceTest, AFreshInstanceEndsAtTheDeadline) {
  Start();
  v1::CallRequest request = CallOf("", "loop-forever");
  request.set_component(DeployTraps());
  const grpc::Status status = Call(request, nullptr, absl::Milliseconds(500));
  EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED);
  request.set_function("ok");
  EXPECT_TRUE(Call(request).ok());
}

TEST_F(CallServiceTest, RefusesBadRequests) {
  Start();
  const std::string component = DeployCalc();
  const std::string instance = Instantiate(component);
  EXPECT_EQ(ReasonOf(Call(v1::CallRequest())), "INVALID_REQUEST");
  EXPECT_EQ(ReasonOf(Call("nonsense", "f")), "INVALID_REQUEST");
  EXPECT_EQ(ReasonOf(Call("tenants/other/instances/i", "f")), "TENANT_NOT_FOUND");
  EXPECT_EQ(ReasonOf(Call("tenants/default/instances/i", "f")), "INSTANCE_NOT_FOUND");
  const grpc::Status no_function = Call(instance, "none");
  EXPECT_EQ(no_function.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(ReasonOf(no_function), "FUNCTION_NOT_FOUND");
  v1::CallRequest deferred = CallOf("", kAdd);
  deferred.set_component(component);
  deferred.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
  EXPECT_EQ(ReasonOf(Call(deferred)), "INVALID_REQUEST");
  deferred.set_instance(instance);
  deferred.mutable_lease()->set_seconds(601);
  EXPECT_EQ(ReasonOf(Call(deferred)), "INVALID_REQUEST");
  deferred.clear_lease();
  deferred.set_call_id(std::string(129, 'x'));
  EXPECT_EQ(ReasonOf(Call(deferred)), "INVALID_REQUEST");
}

TEST_F(CallServiceTest, NamesTheArgumentThatIsWrong) {
  Start();
  const std::string instance = Instantiate(DeployCalc());
  v1::Val text;
  text.set_string("2");
  const grpc::Status status = Call(instance, kAdd, {U32(1), text});
  EXPECT_EQ(status.error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), "ARGUMENT_MISMATCH");
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(DetailsOf(status)).field_violations(0).field(),
            "args[1]");
  EXPECT_TRUE(Call(instance, kAdd, {U32(1), U32(2)}).ok()) << "nothing has changed";
}

TEST_F(CallServiceTest, ATrapPoisonsTheInstance) {
  Start();
  const std::string instance = Instantiate(DeployTraps());
  const grpc::Status trap = Call(instance, "deep-unreachable");
  EXPECT_EQ(trap.error_code(), grpc::UNKNOWN);
  EXPECT_EQ(ReasonOf(trap), "GUEST_TRAP");
  const auto info = DetailOf<v1::TrapInfo>(DetailsOf(trap));
  EXPECT_EQ(info.code(), "UNREACHABLE");
  EXPECT_EQ(info.instance(), instance);
  EXPECT_GE(info.frames_size(), 10);
  const grpc::Status after = Call(instance, "ok");
  EXPECT_EQ(after.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(after), "INSTANCE_POISONED");
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_POISONED);
  EXPECT_NE(Get(instance).poison_reason(), "");
}

TEST_F(CallServiceTest, ALimitOfTheGuestIsResourceExhausted) {
  Start();
  const grpc::Status status = Call(Instantiate(DeployTraps()), "stack-overflow");
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "GUEST_LIMIT");
  EXPECT_EQ(DetailOf<v1::TrapInfo>(DetailsOf(status)).code(), "STACK_OVERFLOW");
}

// -- Deadlines and cancellation --

TEST_F(CallServiceTest, TheDeadlineEndsTheGuestAndSaysSo) {
  Start("deadlines { margin_ms: 10000 }");
  const std::string component = DeployTraps();
  std::string instance;
  const grpc::Status status = ToldAtDeadline([&](absl::Duration timeout) {
    instance = Instantiate(component);
    return Call(instance, "loop-forever", {}, timeout);
  });
  EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");
  EXPECT_EQ(PhaseOf(status), v1::TimeoutInfo::PHASE_GUEST);
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_POISONED);
}

TEST_F(CallServiceTest, ACallWithoutADeadlineGetsOne) {
  Start("deadlines { default_ms: 1000 max_ms: 2000 }");
  const std::string instance = Instantiate(DeployTraps());
  grpc::ClientContext context;
  v1::CallResponse response;
  const grpc::Status status = calls_->Call(&context, CallOf(instance, "loop-forever"), &response);
  EXPECT_EQ(ReasonOf(status), "DEADLINE_EXCEEDED");
  EXPECT_EQ(PhaseOf(status), v1::TimeoutInfo::PHASE_GUEST);
}

TEST_F(CallServiceTest, ADeadlineIsCutAtTheMaximum) {
  Start("deadlines { default_ms: 500 max_ms: 1000 }");
  const std::string instance = Instantiate(DeployTraps());
  const grpc::Status status = Call(instance, "loop-forever", {}, kPatience);
  EXPECT_EQ(PhaseOf(status), v1::TimeoutInfo::PHASE_GUEST);
}

TEST_F(CallServiceTest, ACallThatExpiresInTheQueueNeverRuns) {
  Start("tenant { shared_cells: 1 } deadlines { margin_ms: 10000 }");
  const std::string component = DeployTraps();
  const std::string busy = Instantiate(component);
  const std::string other = Instantiate(component);
  std::thread blocker([&] { Call(busy, "loop-forever"); });
  AwaitCall(busy);
  const grpc::Status status =
      ToldAtDeadline([&](absl::Duration timeout) { return Call(other, "ok", {}, timeout); });
  EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_EQ(PhaseOf(status), v1::TimeoutInfo::PHASE_QUEUED);
  EXPECT_TRUE(absl::StrContains(status.error_message(), "queued"));
  EXPECT_EQ(Get(other).calls(), 0u);
  Delete(busy);
  blocker.join();
  EXPECT_TRUE(Call(other, "ok").ok());
}

TEST_F(CallServiceTest, ACancelledCallEndsTheGuest) {
  Start();
  const std::string instance = Instantiate(DeployTraps());
  grpc::ClientContext context;
  std::thread caller([&] {
    v1::CallResponse response;
    EXPECT_EQ(calls_->Call(&context, CallOf(instance, "loop-forever"), &response).error_code(),
              grpc::CANCELLED);
  });
  AwaitCall(instance);
  context.TryCancel();
  caller.join();
  EXPECT_TRUE(WaitUntil([&] { return Get(instance).state() == v1::Instance::STATE_POISONED; }));
}

TEST_F(CallServiceTest, ACancelledCallEndsTheGuestThatRanShortlyBefore) {
  Start();
  const std::string instance = Instantiate(DeployTraps());
  // Short calls earn the instance a place on a network thread.
  for (int i = 0; i < 20; ++i) ASSERT_EQ(CallU32(instance, "ok"), CallU32(instance, "ok"));
  const uint64_t calls = Get(instance).calls();
  grpc::ClientContext context;
  std::thread caller([&] {
    v1::CallResponse response;
    calls_->Call(&context, CallOf(instance, "loop-forever"), &response);
  });
  EXPECT_TRUE(WaitUntil([&] { return Get(instance).calls() == calls + 1; }));
  context.TryCancel();
  caller.join();
  EXPECT_TRUE(WaitUntil([&] { return Get(instance).state() == v1::Instance::STATE_POISONED; }));
}

TEST_F(CallServiceTest, AFullQueueIsRefused) {
  Start("tenant { shared_cells: 1 } scheduling { queue_length: 1 }");
  const std::string component = DeployTraps();
  const std::string busy = Instantiate(component);
  std::thread blocker([&] { Call(busy, "loop-forever"); });
  AwaitCall(busy);
  std::thread queued([&] { Call(busy, "ok"); });
  AwaitWaiting(1);
  const grpc::Status status = Call(busy, "ok");
  EXPECT_EQ(status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), "QUEUE_FULL");
  Delete(busy);
  blocker.join();
  queued.join();
}

// -- Post-return --

TEST_F(CallServiceTest, PostReturnRunsInTheSameCallByDefault) {
  Start();
  const std::string instance = Instantiate(DeployPostReturn());
  ASSERT_TRUE(Call(instance, "text").ok());
  EXPECT_EQ(CallU32(instance, "count"), 1u);
}

TEST_F(CallServiceTest, ADeferredPostReturnHoldsTheInstance) {
  Start();
  const std::string instance = Instantiate(DeployPostReturn());
  const std::string id = Defer(instance, "text");
  EXPECT_NE(id, "");
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_NEEDS_POST_RETURN);
  const grpc::Status status = Call(instance, "count");
  EXPECT_EQ(status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), "POST_RETURN_PENDING");
  ASSERT_TRUE(PostReturn(instance, "text", id).ok());
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_ACTIVE);
  EXPECT_EQ(CallU32(instance, "count"), 1u);
}

TEST_F(CallServiceTest, PostReturnIsIdempotentPerCall) {
  Start();
  const std::string instance = Instantiate(DeployPostReturn());
  EXPECT_EQ(Defer(instance, "text", "mine"), "mine");
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(PostReturn(instance, "text", "mine").ok());
  EXPECT_EQ(CallU32(instance, "count"), 1u);
}

TEST_F(CallServiceTest, PostReturnWantsTheCallThatIsPending) {
  Start();
  const std::string instance = Instantiate(DeployPostReturn());
  EXPECT_EQ(ReasonOf(PostReturn(instance, "text", "x")), "POST_RETURN_NOT_PENDING");
  Defer(instance, "text", "mine");
  EXPECT_EQ(ReasonOf(PostReturn(instance, "text", "other")), "POST_RETURN_NOT_PENDING");
  EXPECT_EQ(ReasonOf(PostReturn(instance, "number", "mine")), "POST_RETURN_NOT_PENDING");
  EXPECT_EQ(ReasonOf(PostReturn(instance, "none", "mine")), "FUNCTION_NOT_FOUND");
  EXPECT_TRUE(PostReturn(instance, "text", "mine").ok());
}

TEST_F(CallServiceTest, ALeaseRunsThePostReturnOfAClientThatVanished) {
  Start();
  const std::string instance = Instantiate(DeployPostReturn());
  const std::string id = Defer(instance, "text", "", absl::Milliseconds(100));
  EXPECT_TRUE(WaitUntil([&] { return Get(instance).state() == v1::Instance::STATE_ACTIVE; }));
  EXPECT_EQ(CallU32(instance, "count"), 1u);
  EXPECT_TRUE(PostReturn(instance, "text", id).ok()) << "late, and done already";
  EXPECT_EQ(CallU32(instance, "count"), 1u);
}

TEST_F(CallServiceTest, APostReturnInTimeEndsTheLease) {
  Start("tenant { shared_cells: 1 }");
  const std::string component = DeployPostReturn();
  const std::string instance = Instantiate(component), later = Instantiate(component);
  constexpr absl::Duration kLease = absl::Milliseconds(100);
  ASSERT_TRUE(PostReturn(instance, "text", Defer(instance, "text", "", kLease)).ok());
  Defer(instance, "text");
  // In one cell leases run out in the order of their ends.
  Defer(later, "text", "", kLease);
  EXPECT_TRUE(WaitUntil([&] { return Get(later).state() == v1::Instance::STATE_ACTIVE; }));
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_NEEDS_POST_RETURN);
}

TEST_F(CallServiceTest, APostReturnThatTrapsPoisons) {
  Start();
  const std::string instance = Instantiate(DeployPostReturn());
  const std::string id = Defer(instance, "trap-after");
  EXPECT_EQ(ReasonOf(PostReturn(instance, "trap-after", id)), "GUEST_TRAP");
  EXPECT_EQ(Get(instance).state(), v1::Instance::STATE_POISONED);
}

}  // namespace
}  // namespace davit::server
