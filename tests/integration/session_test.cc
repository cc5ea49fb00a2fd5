// Many calls over one stream: the order of answers, errors that stay with their call, and streams
// that end in the middle.

#include <cstdint>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "client/call.h"
#include "client/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"
#include "tests/integration/session_stream.h"

namespace davit::integration {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;
using client::ToVal;

class SessionTest : public DavitdTest {
 protected:
  void TearDown() override { ExpectServes(); }

  struct Stream : SessionStream {
    Stream() : SessionStream(davitd().address()) {}
  };

  static constexpr char kAdd[] = "bench:calc/api#add";
  static constexpr char kCalls[] = "test:values/faults#calls";
};

TEST_F(SessionTest, AnswersEveryCallUnderItsIdInTheOrderOfTheInstance) {
  constexpr uint64_t kCount = 5000;
  const std::string values = Instance("values");
  Stream session;
  std::thread writer([&] {
    for (uint64_t id = 1; id <= kCount; ++id) session.Call(id, values, kCalls);
  });
  for (uint64_t id = 1; id <= kCount; ++id) {
    const v1::SessionResponse response = session.Read();
    ASSERT_EQ(response.id(), id);
    ASSERT_EQ(response.call().results(0).u32(), id) << "the guest counts its calls";
  }
  writer.join();
  EXPECT_THAT(session.Finish(), IsOk());
}

TEST_F(SessionTest, KeepsTheOrderOfEachOfManyInstances) {
  constexpr uint64_t kRounds = 100;
  std::vector<std::string> instances;
  v1::CreateInstanceRequest dedicated;
  dedicated.set_isolation(v1::ISOLATION_DEDICATED);
  constexpr int kInstances = 8;
  instances.reserve(kInstances);
  for (int i = 0; i < kInstances; ++i) {
    instances.push_back(i % 2 == 0 ? Instance("values") : Instance("values", dedicated));
  }
  Stream session;
  std::thread writer([&] {
    for (uint64_t round = 0; round < kRounds; ++round) {
      for (size_t i = 0; i < instances.size(); ++i) {
        session.Call(round * instances.size() + i, instances[i], kCalls);
      }
    }
  });
  std::map<size_t, uint64_t> answered;
  for (size_t n = 0; n < kRounds * instances.size(); ++n) {
    const v1::SessionResponse response = session.Read();
    const size_t instance = response.id() % instances.size();
    ASSERT_EQ(response.id() / instances.size(), answered[instance]) << "out of order";
    ASSERT_EQ(response.call().results(0).u32(), ++answered[instance]);
  }
  writer.join();
  EXPECT_THAT(session.Finish(), IsOk());
}

TEST_F(SessionTest, AnErrorStaysWithItsCallAndKeepsItsPlace) {
  const std::string calc = Instance("calc");
  Stream session;
  session.Call(1, calc, kAdd, {ToVal(1u), ToVal(2u)});
  session.Call(2, calc, kAdd, {ToVal(1u), ToVal("two")});
  session.Call(3, calc, "bench:calc/api#nothing");
  session.Call(4, "tenants/default/instances/nobody", kAdd);
  session.Call(5, calc, kAdd, {ToVal(3u), ToVal(4u)});
  std::map<uint64_t, v1::SessionResponse> answers;
  std::vector<uint64_t> of_calc;
  for (int n = 0; n < 5; ++n) {
    const v1::SessionResponse response = session.Read();
    answers[response.id()] = response;
    if (response.id() == 1 || response.id() == 2 || response.id() == 5)
      of_calc.push_back(response.id());
  }
  EXPECT_EQ(answers[1].call().results(0).u32(), 3u);
  EXPECT_THAT(client::FromRpc(answers[2].error()), BlamesField("args[1]", "want u32, got string"));
  EXPECT_THAT(client::FromRpc(answers[3].error()),
              Fails(StatusCode::kNotFound, "FUNCTION_NOT_FOUND", "nothing"));
  EXPECT_THAT(client::FromRpc(answers[4].error()),
              Fails(StatusCode::kNotFound, "INSTANCE_NOT_FOUND", "nobody"));
  EXPECT_EQ(answers[5].call().results(0).u32(), 7u);
  EXPECT_THAT(of_calc, testing::ElementsAre(1, 2, 5));
  EXPECT_THAT(session.Finish(), IsOk());
}

TEST_F(SessionTest, ATrapEndsItsInstanceAndNotTheStream) {
  const std::string traps = Instance("traps");
  const std::string calc = Instance("calc");
  Stream session;
  session.Call(1, traps, "unreachable");
  EXPECT_THAT(client::FromRpc(session.Read().error()), TrapsWith("UNREACHABLE", ""));
  session.Call(2, traps, "ok");
  EXPECT_THAT(client::FromRpc(session.Read().error()),
              Fails(StatusCode::kFailedPrecondition, "INSTANCE_POISONED", ""));
  session.Call(3, calc, kAdd, {ToVal(3u), ToVal(4u)});
  EXPECT_EQ(session.Read().call().results(0).u32(), 7u);
  EXPECT_THAT(session.Finish(), IsOk());
}

TEST_F(SessionTest, CarriesPostReturnsToo) {
  const std::string instance = Instance("post_return");
  Stream session;
  v1::SessionRequest request;
  request.set_id(1);
  request.mutable_call()->set_instance(instance);
  request.mutable_call()->set_function("text");
  request.mutable_call()->set_call_id("c");
  request.mutable_call()->set_post_return(v1::POST_RETURN_MODE_DEFERRED);
  session.Write(request);
  EXPECT_EQ(session.Read().call().call_id(), "c");
  request.set_id(2);
  request.mutable_post_return()->set_instance(instance);
  request.mutable_post_return()->set_function("text");
  request.mutable_post_return()->set_call_id("c");
  session.Write(request);
  EXPECT_TRUE(session.Read().has_post_return());
  session.Call(3, instance, "count");
  EXPECT_EQ(session.Read().call().results(0).u32(), 1u);
  EXPECT_THAT(session.Finish(), IsOk());
}

TEST_F(SessionTest, CallsOnFreshInstances) {
  Stream session;
  v1::SessionRequest request;
  request.set_id(9);
  request.mutable_call()->set_component(client().ComponentName(Component("calc")));
  request.mutable_call()->set_function(kAdd);
  *request.mutable_call()->add_args() = ToVal(3u);
  *request.mutable_call()->add_args() = ToVal(4u);
  session.Write(request);
  EXPECT_EQ(session.Read().call().results(0).u32(), 7u);
  EXPECT_THAT(session.Finish(), IsOk());
}

TEST_F(SessionTest, ARequestForNothingIsAnError) {
  Stream session;
  v1::SessionRequest request;
  request.set_id(4);
  session.Write(request);
  const v1::SessionResponse response = session.Read();
  EXPECT_EQ(response.id(), 4u);
  EXPECT_THAT(client::FromRpc(response.error()), BlamesField("request", "want a call"));
  EXPECT_THAT(session.Finish(), IsOk());
}

TEST_F(SessionTest, AnEmptyOneEndsWell) {
  Stream session;
  EXPECT_THAT(session.Finish(), IsOk());
}

TEST_F(SessionTest, AnswersWhatIsUnderWayBeforeItEnds) {
  const std::string calc = Instance("calc");
  Stream session;
  for (uint64_t id = 0; id < 20; ++id)
    session.Call(id, calc, "bench:calc/api#spin", {ToVal(1000u)});
  EXPECT_THAT(session.Finish(), IsOk());
  EXPECT_EQ(session.unread(), 20);
}

// What it had under way must not hold its instances.
TEST_F(SessionTest, OfAClientThatVanishesFreesItsInstances) {
  const std::string calc = Instance("calc");
  const std::string traps = Instance("traps");
  {
    Stream session;
    session.Call(1, traps, "loop-forever");
    for (uint64_t id = 2; id < 100; ++id) session.Call(id, calc, kAdd, {ToVal(1u), ToVal(2u)});
    AwaitCall(client(), traps);
    session.Cancel();
    EXPECT_EQ(session.Finish().code(), StatusCode::kCancelled);
  }
  EXPECT_THAT(Call(calc, "bench:calc/api#add(3, 4)"), IsOkAndHolds("7"));
  EXPECT_TRUE(WaitUntil([&] {
    return client().GetInstance(traps)->state() == v1::Instance::STATE_POISONED;
  })) << "the loop goes on";
}

}  // namespace
}  // namespace davit::integration
