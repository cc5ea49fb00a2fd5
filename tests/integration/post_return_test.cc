// Post-return left to the client: what is refused meanwhile, what ends it, and what a client that
// vanishes leaves to its lease.

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status_matchers.h"
#include "client/call.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;

class PostReturnTest : public DavitdTest {
 protected:
  void TearDown() override { ExpectServes(); }

  // Calls `text` without its post-return; the call's id.
  static std::string CallDeferred(const std::string& instance, const std::string& function = "text",
                                  const std::function<void(v1::CallRequest&)>& change = {}) {
    v1::CallRequest request;
    request.set_instance(instance);
    request.set_function(function);
    request.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
    if (change) change(request);
    const auto response = client().Call(request);
    EXPECT_THAT(response, IsOk());
    return response.ok() ? response->call_id() : "";
  }
  static absl::Status PostReturn(const std::string& instance, const std::string& call_id,
                                 const std::string& function = "text") {
    v1::PostReturnRequest request;
    request.set_instance(instance);
    request.set_function(function);
    request.set_call_id(call_id);
    return client().PostReturn(request);
  }
  static absl::StatusOr<uint32_t> Count(const std::string& instance) {
    return client::Call<uint32_t>(client(), instance, "count");
  }
  static auto NotPending(std::string text) {
    return Fails(StatusCode::kFailedPrecondition, "POST_RETURN_NOT_PENDING", std::move(text));
  }
  static v1::Instance::State StateOf(const std::string& instance) {
    const auto described = client().GetInstance(instance);
    EXPECT_THAT(described, IsOk());
    return described.ok() ? described->state() : v1::Instance::STATE_UNSPECIFIED;
  }
};

TEST_F(PostReturnTest, RunsWithinTheCallByDefault) {
  const std::string instance = Instance("post_return");
  EXPECT_THAT(Call(instance, "text()"), IsOkAndHolds(R"("hello")"));
  EXPECT_THAT(Count(instance), IsOkAndHolds(1u));
  EXPECT_THAT(Call(instance, "number(5)"), IsOkAndHolds("5"));
  EXPECT_THAT(Call(instance, "last()"), IsOkAndHolds("5")) << "it gets the core result";
}

TEST_F(PostReturnTest, DeferredHoldsTheInstanceUntilItHasRun) {
  const std::string instance = Instance("post_return");
  const std::string call_id = CallDeferred(instance);
  EXPECT_NE(call_id, "");
  EXPECT_EQ(StateOf(instance), v1::Instance::STATE_NEEDS_POST_RETURN);
  const auto refused = Count(instance);
  EXPECT_THAT(refused, Fails(StatusCode::kFailedPrecondition, "POST_RETURN_PENDING", call_id));
  EXPECT_EQ(Detail<google::rpc::PreconditionFailure>(refused).violations(0).subject(), instance);
  EXPECT_THAT(PostReturn(instance, call_id), IsOk());
  EXPECT_EQ(StateOf(instance), v1::Instance::STATE_ACTIVE);
  EXPECT_THAT(Count(instance), IsOkAndHolds(1u));
}

TEST_F(PostReturnTest, TheClientMayNameTheCall) {
  const std::string instance = Instance("post_return");
  EXPECT_EQ(CallDeferred(instance, "text", [](auto& r) { r.set_call_id("mine"); }), "mine");
  EXPECT_THAT(PostReturn(instance, "mine"), IsOk());
}

TEST_F(PostReturnTest, ANameOfACallHas128BytesAtMost) {
  v1::CallRequest request;
  request.set_instance(Instance("post_return"));
  request.set_function("text");
  request.set_call_id(std::string(128, 'x'));
  EXPECT_THAT(client().Call(request), IsOk());
  request.set_call_id(std::string(129, 'x'));
  EXPECT_THAT(client().Call(request), BlamesField("call_id", "at most 128 bytes"));
}

TEST_F(PostReturnTest, WithoutACallIsRefused) {
  const std::string instance = Instance("post_return");
  EXPECT_THAT(PostReturn(instance, "none"), NotPending("no post-return is pending"));
  EXPECT_THAT(Count(instance), IsOkAndHolds(0u));
}

TEST_F(PostReturnTest, TwiceIsOnce) {
  const std::string instance = Instance("post_return");
  const std::string call_id = CallDeferred(instance);
  EXPECT_THAT(PostReturn(instance, call_id), IsOk());
  EXPECT_THAT(PostReturn(instance, call_id), IsOk());
  EXPECT_THAT(Count(instance), IsOkAndHolds(1u));
}

TEST_F(PostReturnTest, TwiceIsOnceWhileTheNextCallWaitsForItsOwn) {
  const std::string instance = Instance("post_return");
  const std::string first = CallDeferred(instance);
  EXPECT_THAT(PostReturn(instance, first), IsOk());
  const std::string second = CallDeferred(instance);
  EXPECT_THAT(PostReturn(instance, first), IsOk());
  EXPECT_EQ(StateOf(instance), v1::Instance::STATE_NEEDS_POST_RETURN);
  EXPECT_THAT(PostReturn(instance, second), IsOk());
  EXPECT_THAT(Count(instance), IsOkAndHolds(2u));
}

TEST_F(PostReturnTest, OfAnotherFunctionOrCallIsRefusedAndLeavesItPending) {
  const std::string instance = Instance("post_return");
  const std::string call_id = CallDeferred(instance);
  EXPECT_THAT(PostReturn(instance, call_id, "number"), NotPending("of function text"));
  EXPECT_THAT(PostReturn(instance, "other"), NotPending(call_id));
  EXPECT_THAT(PostReturn(instance, call_id), IsOk());
}

TEST_F(PostReturnTest, OfAFunctionThatNeedsNoneIsDeferredAllTheSame) {
  const std::string instance = Instance("traps");
  const std::string call_id = CallDeferred(instance, "ok");
  EXPECT_EQ(StateOf(instance), v1::Instance::STATE_NEEDS_POST_RETURN);
  EXPECT_THAT(PostReturn(instance, call_id, "ok"), IsOk());
  EXPECT_THAT(Call(instance, "ok()"), IsOkAndHolds("7"));
}

TEST_F(PostReturnTest, CannotBeDeferredOnAFreshInstance) {
  v1::CallRequest request;
  request.set_component(client().ComponentName(Component("post_return")));
  request.set_function("text");
  request.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
  EXPECT_THAT(client().Call(request), BlamesField("post_return", "outlives the call"));
}

TEST_F(PostReturnTest, DoesNotRunAfterAResultThatCannotBeLifted) {
  const std::string instance = Instance("post_return");
  EXPECT_THAT(Call(instance, "bad-text()"), TrapsWith("POINTER_OUT_OF_BOUNDS", ""));
  EXPECT_EQ(StateOf(instance), v1::Instance::STATE_POISONED);
}

TEST_F(PostReturnTest, ThatTrapsPoisons) {
  const std::string within = Instance("post_return");
  EXPECT_THAT(Call(within, "trap-after()"), TrapsWith("UNREACHABLE", ""));
  const std::string deferred = Instance("post_return");
  const std::string call_id = CallDeferred(deferred, "trap-after");
  EXPECT_THAT(PostReturn(deferred, call_id, "trap-after"), TrapsWith("UNREACHABLE", ""));
  for (const std::string& instance : {within, deferred}) {
    EXPECT_EQ(StateOf(instance), v1::Instance::STATE_POISONED);
  }
}

TEST_F(PostReturnTest, ThatNeverEndsIsEndedAtTheDeadline) {
  const auto impatient = Connect(absl::Seconds(1));
  EXPECT_EQ(
      client::Call<uint32_t>(*impatient, Instance("post_return"), "loop-after").status().code(),
      StatusCode::kDeadlineExceeded);
}

TEST_F(PostReturnTest, OfAClientThatVanishedIsRunByItsLease) {
  const std::string instance = Instance("post_return");
  {
    const auto vanishing = Connect();
    v1::CallRequest request;
    request.set_instance(instance);
    request.set_function("text");
    request.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
    request.mutable_lease()->set_nanos(200'000'000);
    const auto response = vanishing->Call(request);
    ASSERT_THAT(response, IsOk());
    EXPECT_NE(response->call_id(), "") << "a call with its post-return has none";
  }
  EXPECT_TRUE(WaitUntil([&] { return StateOf(instance) == v1::Instance::STATE_ACTIVE; }));
  EXPECT_THAT(Count(instance), IsOkAndHolds(1u));
}

TEST_F(PostReturnTest, ThatComesAfterItsLeaseIsOk) {
  const std::string instance = Instance("post_return");
  const std::string call_id =
      CallDeferred(instance, "text", [](auto& r) { r.mutable_lease()->set_nanos(50'000'000); });
  EXPECT_TRUE(WaitUntil([&] { return StateOf(instance) == v1::Instance::STATE_ACTIVE; }));
  EXPECT_THAT(PostReturn(instance, call_id), IsOk());
  EXPECT_THAT(Count(instance), IsOkAndHolds(1u));
}

TEST_F(PostReturnTest, ALeaseHasAMaximumAndMustBePositive) {
  const auto with_lease = [](int64_t seconds) {
    v1::CallRequest request;
    request.set_instance(Instance("post_return"));
    request.set_function("text");
    request.set_post_return(v1::POST_RETURN_MODE_DEFERRED);
    request.mutable_lease()->set_seconds(seconds);
    return client().Call(request);
  };
  EXPECT_THAT(with_lease(600), IsOk());
  EXPECT_THAT(with_lease(601), BlamesField("lease", ""));
  EXPECT_THAT(with_lease(-1), BlamesField("lease", ""));
}

TEST_F(PostReturnTest, AnInstanceThatNeedsItCanBeDeleted) {
  const std::string instance = Instance("post_return");
  const std::string call_id = CallDeferred(instance);
  EXPECT_THAT(client().DeleteInstance(instance), IsOk());
  EXPECT_THAT(PostReturn(instance, call_id),
              Fails(StatusCode::kNotFound, "INSTANCE_NOT_FOUND", ""));
}

}  // namespace
}  // namespace davit::integration
