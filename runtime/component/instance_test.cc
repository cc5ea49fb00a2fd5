#include "runtime/component/instance.h"

#include <atomic>
#include <memory>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/component/linker.h"
#include "runtime/component/test_host.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;
using ::absl_testing::StatusIs;
using ::testing::HasSubstr;

TEST(Call, LowersArgumentsAndLiftsTheResult) {
  TestInstance calc("examples/calc.wasm");
  EXPECT_THAT(calc.Call("bench:calc/api#add(3, 4)"), IsOkAndHolds("7"));
  EXPECT_THAT(calc.Call("bench:calc/api#echo-string(\"hällo\")"), IsOkAndHolds("\"hällo\""));
  EXPECT_THAT(
      calc.Call("bench:calc/api#echo-records([{id: 1, name: \"a\", score: 0.5, tags: [\"x\"]}])"),
      IsOkAndHolds("[{id: 1, name: \"a\", score: 0.5, tags: [\"x\"]}]"));
}

TEST(Call, RefusesAnArgumentByItsPathAndChangesNothing) {
  TestInstance calc("examples/calc.wasm");
  engine::CellLock lock(calc.cell());
  const auto func = calc.instance().component().FindFunc("bench:calc/api#add");
  ASSERT_THAT(func, IsOk());
  canon::ValArgs args, results;
  args.Add()->set_u32(1);
  args.Add()->set_string("2");
  const absl::Status status =
      calc.instance().Call(lock, *func, args, results, absl::InfiniteFuture());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(base::ArgumentPathOf(status), "args[1]");
  EXPECT_THAT(calc.instance().poison(), IsOk());
}

TEST(Call, PoisonsTheInstanceWhenTheGuestTraps) {
  TestInstance guest("tests/guests/wat/traps.wasm");
  EXPECT_THAT(guest.Call("ok()"), IsOk());
  const absl::Status trap = guest.Call("divide-by-zero()").status();
  EXPECT_EQ(TrapCodeOf(trap), base::TrapCode::kIntegerDivideByZero);
  EXPECT_THAT(guest.Call("ok()"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("poisoned")));
  EXPECT_EQ(guest.instance().poison(), trap);
}

TEST(Call, PoisonsTheInstanceWhenTheResultCannotBeLifted) {
  TestInstance guest("tests/guests/wat/bad_results.wasm");
  EXPECT_EQ(TrapCodeOf(guest.Call("string-not-utf8()").status()), base::TrapCode::kInvalidString);
  EXPECT_THAT(guest.Call("odd-bool()"), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(Call, EndsAGuestThatOutlivesItsDeadline) {
  TestInstance guest("tests/guests/wat/traps.wasm");
  guest.set_timeout(absl::Milliseconds(50));
  EXPECT_THAT(guest.Call("loop-forever()"), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_THAT(guest.Call("ok()"), StatusIs(absl::StatusCode::kFailedPrecondition));
}

// Terminates what runs in an instance, now and then for as long as it lives: a termination that
// comes too early does nothing.
class Killer {
 public:
  explicit Killer(Instance& instance)
      : thread_([this, &instance] {
          while (!over_.WaitForNotificationWithTimeout(absl::Milliseconds(20))) {
            instance.Terminate(engine::Termination::kCancelled);
          }
        }) {}
  ~Killer() {
    over_.Notify();
    thread_.join();
  }

 private:
  absl::Notification over_;
  std::thread thread_;
};

TEST(Call, EndsWhenTerminatedFromAnotherThread) {
  TestInstance guest("tests/guests/wat/traps.wasm");
  const Killer killer(guest.instance());
  EXPECT_THAT(guest.Call("loop-forever()"), StatusIs(absl::StatusCode::kCancelled));
}

// The items take half a minute and more: nothing in there runs guest code.
TEST(Call, EndsBetweenComponentsAtTheDeadline) {
  TestInstance guest("tests/guests/wat/long_crossing.wasm", {.host_copy_bytes = uint64_t{1} << 40});
  guest.set_timeout(absl::Milliseconds(100));
  const absl::Time start = absl::Now();
  EXPECT_THAT(guest.Call("pass(134217728)"), StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
}

TEST(Call, EndsBetweenComponentsWhenTerminated) {
  TestInstance guest("tests/guests/wat/long_crossing.wasm", {.host_copy_bytes = uint64_t{1} << 40});
  const absl::Time start = absl::Now();
  const Killer killer(guest.instance());
  EXPECT_THAT(guest.Call("pass(134217728)"), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_LT(absl::Now() - start, absl::Seconds(5));
}

TEST(Call, PaysForEachStepBetweenComponents) {
  const InstanceLimits limits = {.host_copy_bytes = 65'000};
  EXPECT_THAT(TestInstance("tests/guests/wat/long_crossing.wasm", limits).Call("pass(1000)"),
              IsOk());
  EXPECT_EQ(
      TrapCodeOf(
          TestInstance("tests/guests/wat/long_crossing.wasm", limits).Call("pass(1001)").status()),
      base::TrapCode::kHostCopyLimit);
}

TEST(PostReturn, RunsInTheCallUnlessDeferred) {
  TestInstance guest("tests/guests/wat/post_return.wasm");
  EXPECT_THAT(guest.Call("number(5)"), IsOkAndHolds("5"));
  EXPECT_THAT(guest.Call("last()"), IsOkAndHolds("5"));
  EXPECT_THAT(guest.Call("number(6)", PostReturnMode::kDeferred), IsOkAndHolds("6"));
  EXPECT_TRUE(guest.instance().needs_post_return());
  EXPECT_THAT(guest.Call("last()"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("needs post-return")));
  EXPECT_THAT(guest.PostReturn("number"), IsOk());
  EXPECT_THAT(guest.Call("last()"), IsOkAndHolds("6"));
}

TEST(PostReturn, IsRefusedWithoutACallTwiceAndForAnotherFunction) {
  TestInstance guest("tests/guests/wat/post_return.wasm");
  EXPECT_THAT(guest.PostReturn("number"), StatusIs(absl::StatusCode::kFailedPrecondition));
  ASSERT_THAT(guest.Call("number(6)", PostReturnMode::kDeferred), IsOk());
  EXPECT_THAT(guest.PostReturn("text"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("number")));
  EXPECT_THAT(guest.PostReturn("number"), IsOk());
  EXPECT_THAT(guest.PostReturn("number"), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(PostReturn, DoesNotRunWhenTheResultCannotBeLifted) {
  TestInstance guest("tests/guests/wat/post_return.wasm");
  EXPECT_EQ(TrapCodeOf(guest.Call("bad-text()").status()), base::TrapCode::kPointerOutOfBounds);
}

TEST(PostReturn, SeesTheTaskLocalStorageOfItsCall) {
  for (const PostReturnMode mode : {PostReturnMode::kAutomatic, PostReturnMode::kDeferred}) {
    TestInstance guest("tests/guests/wat/task_storage.wasm");
    ASSERT_THAT(guest.Call("keep(7)", mode), IsOk());
    if (mode == PostReturnMode::kDeferred) {
      ASSERT_THAT(guest.PostReturn("keep"), IsOk());
    }
    EXPECT_THAT(guest.Call("kept()"), IsOkAndHolds("7"));
    EXPECT_THAT(guest.Call("stored()"), IsOkAndHolds("0")) << "another call begins with none";
  }
}

TEST(PostReturn, PoisonsWhenItTraps) {
  TestInstance guest("tests/guests/wat/post_return.wasm");
  EXPECT_EQ(TrapCodeOf(guest.Call("trap-after()").status()), base::TrapCode::kUnreachable);
  EXPECT_THAT(guest.Call("count()"), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(Create, ListsEveryUnsatisfiedImportWithItsType) {
  const absl::Status status = InstantiateStatus("tests/guests/wat/imports.wasm");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(base::UnsatisfiedImportsOf(status), ::testing::Contains("now: func() -> u64"));
  EXPECT_THAT(base::UnsatisfiedImportsOf(status),
              ::testing::Contains("test:imports/store@1.2.3#bucket: resource"));
}

TEST(Create, FailsWithTheTrapOfAStartFunction) {
  EXPECT_EQ(TrapCodeOf(InstantiateStatus("tests/guests/wat/start_traps.wasm")),
            base::TrapCode::kUnreachable);
}

TEST(Create, EndsAStartFunctionAtTheDeadline) {
  EXPECT_THAT(
      InstantiateStatus("tests/guests/wat/start_loops.wasm", {}, nullptr, absl::Milliseconds(50)),
      StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST(Create, RefusesAMemoryThatStartsOverTheLimit) {
  const absl::Status status =
      InstantiateStatus("tests/guests/wat/big_memory.wasm", {.memory_bytes = 1 << 20});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST(Create, CapsTheGrowthOfMemory) {
  TestInstance guest("tests/guests/wat/traps.wasm", {.memory_bytes = uint64_t{4} * 65536});
  EXPECT_THAT(guest.Call("grow-memory(100)"), IsOkAndHolds("-1"));
  EXPECT_THAT(guest.Call("grow-memory(1)"), IsOkAndHolds("1"));
}

TEST(NestedInstances, HaveTheirOwnStateAndCallEachOther) {
  TestInstance guest("tests/guests/wat/nested.wasm");
  EXPECT_THAT(guest.Call("first-next(1)"), IsOkAndHolds("1"));
  EXPECT_THAT(guest.Call("second-next(10)"), IsOkAndHolds("10"));
  EXPECT_THAT(guest.Call("first-next-twice(2)"), IsOkAndHolds("5"));
  EXPECT_THAT(guest.Call("second-next(0)"), IsOkAndHolds("10"));
}

TEST(Components, CallEachOtherInOneStoreWhenComposedByTools) {
  TestInstance guest("tests/guests/wat/composed.wasm");
  EXPECT_THAT(guest.Call("loop-add(10)"), IsOk());
  EXPECT_THAT(guest.Call("loop-string(3)"), IsOkAndHolds("1024"));
  EXPECT_THAT(guest.Call("loop-records(3)"), IsOkAndHolds("100"));
}

TEST(Compose, SatisfiesImportsByAnotherComponent) {
  auto composed = Component::Compose(TestEngine(), CompileGuest("tests/guests/wat/relay.wasm"),
                                     {{"bench:calc/api", CompileGuest("examples/calc.wasm")}});
  ASSERT_THAT(composed, IsOk());
  TestInstance guest(*composed);
  EXPECT_THAT(guest.Call("loop-string(3)"), IsOkAndHolds("1024"));
}

TEST(Compose, RefusesAComponentThatDoesNotFitOrIsNotWanted) {
  EXPECT_THAT(
      Component::Compose(TestEngine(), CompileGuest("tests/guests/wat/relay.wasm"),
                         {{"bench:calc/api", CompileGuest("tests/guests/wat/nested.wasm")}}),
      StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("bench:calc/api")));
  EXPECT_THAT(Component::Compose(TestEngine(), CompileGuest("tests/guests/wat/relay.wasm"),
                                 {{"acme:other/api", CompileGuest("examples/calc.wasm")}}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("nothing imports")));
}

class TerminatedInstantiationTest : public ::testing::Test {
 protected:
  TerminatedInstantiationTest() : cell_(*TestEngine().NewCell({})) {}

  // Instantiates start_loops and ends it from another thread with `why`.
  absl::Status Instantiated(engine::Termination why) {
    const auto linked = LinkedComponent::Link(CompileGuest("tests/guests/wat/start_loops.wasm"),
                                              std::make_shared<Linker>());
    EXPECT_THAT(linked, IsOk());
    const std::unique_ptr<Instance> instance = Instance::Prepare(*linked, {});
    std::atomic<bool> over = false;
    std::thread other([&] {
      // One that comes before there is something to end does nothing.
      while (!over) instance->Terminate(why);
    });
    absl::Status status;
    {
      engine::CellLock lock(*cell_);
      status = instance->Instantiate(lock, absl::InfiniteFuture());
    }
    over = true;
    other.join();
    return status;
  }

  const std::shared_ptr<engine::Cell> cell_;
};

TEST_F(TerminatedInstantiationTest, EndsAStartFunctionThatLoops) {
  EXPECT_THAT(Instantiated(engine::Termination::kCancelled),
              StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(Instantiated(engine::Termination::kDeadline),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

}  // namespace
}  // namespace davit::component
