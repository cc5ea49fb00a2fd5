#include "runtime/component/instance.h"

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

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
#include "runtime/component/typed_func.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;
using ::absl_testing::StatusIs;
using ::testing::HasSubstr;

base::TrapCode TrapCodeOf(const absl::Status& status) {
  const auto trap = base::TrapOf(status);
  return trap ? trap->code : base::TrapCode::kUnspecified;
}

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

TEST(Resources, AreHeldByNameUntilPassedBackOrDropped) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  guest.instance().SetResourcePrefix("i/resources/");
  EXPECT_THAT(guest.Call("make(7)"), IsOkAndHolds("\"i/resources/1\""));
  EXPECT_THAT(guest.Call("make(8)"), IsOkAndHolds("\"i/resources/2\""));
  EXPECT_THAT(guest.Call("rep(\"i/resources/1\")"), IsOkAndHolds("7"));
  EXPECT_THAT(guest.Call("take(\"i/resources/1\")"), IsOkAndHolds("7"));
  EXPECT_THAT(guest.Call("take(\"i/resources/1\")"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("i/resources/1")));
  EXPECT_THAT(guest.instance().poison(), IsOk());
  engine::CellLock lock(guest.cell());
  const auto held = guest.instance().Resources(lock);
  ASSERT_EQ(held.size(), 1);
  EXPECT_EQ(held[0].name, "i/resources/2");
  EXPECT_EQ(held[0].type, "thing");
  EXPECT_THAT(guest.instance().DropResource(lock, held[0].name, absl::InfiniteFuture()), IsOk());
  EXPECT_THAT(guest.instance().DropResource(lock, held[0].name, absl::InfiniteFuture()),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST(Resources, PoisonTheInstanceWhenTheirDestructorTraps) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  ASSERT_THAT(guest.Call("make(666)"), IsOk());
  engine::CellLock lock(guest.cell());
  const absl::Status status =
      guest.instance().DropResource(lock, "resource/1", absl::InfiniteFuture());
  EXPECT_EQ(TrapCodeOf(status), base::TrapCode::kUnreachable);
  EXPECT_THAT(guest.instance().poison(), StatusIs(absl::StatusCode::kUnknown));
}

TEST(Resources, HaveALimitOfCopiedBytesForEachDestructor) {
  TestInstance guest("tests/guests/wat/telling_destructor.wasm", {.host_copy_bytes = 1500});
  for (int i = 0; i < 3; ++i) ASSERT_THAT(guest.Call("things#make()"), IsOk());
  ASSERT_THAT(guest.Call("things#bytes(1400)"), IsOk());
  engine::CellLock lock(guest.cell());
  for (const HeldResource& held : guest.instance().Resources(lock)) {
    EXPECT_THAT(guest.instance().DropResource(lock, held.name, absl::InfiniteFuture()), IsOk())
        << "whatever a call or another destructor has copied";
  }
}

TEST(Resources, AreUsedUntilTheEndOfTheCallThatBorrowsThem) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  ASSERT_THAT(guest.Call("make(1)"), IsOk());
  const absl::Time begin = absl::Now();
  ASSERT_THAT(guest.Call("use(\"resource/1\", 200000000)"), IsOk());
  const absl::Time middle = begin + (absl::Now() - begin) / 2;
  engine::CellLock lock(guest.cell());
  EXPECT_GT(guest.instance().Resources(lock).at(0).last_used, middle);
  EXPECT_THAT(guest.instance().ResourcesIdleSince(lock, middle, 9).resources, testing::IsEmpty());
}

TEST(Resources, AreIdleSinceTheirLastUse) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  for (int i = 0; i < 4; ++i) ASSERT_THAT(guest.Call("make(1)"), IsOk());
  engine::CellLock lock(guest.cell());
  const auto held = guest.instance().Resources(lock);
  const auto idle = guest.instance().ResourcesIdleSince(lock, held[2].last_used, 2);
  ASSERT_EQ(idle.resources.size(), 2);
  EXPECT_EQ(idle.resources[0].name, held[0].name);
  EXPECT_EQ(idle.resources[1].name, held[1].name);
  EXPECT_EQ(idle.next, held[2].last_used) << "there was no room for it";
  EXPECT_EQ(guest.instance().ResourcesIdleSince(lock, held[2].last_used, 9).next,
            held[3].last_used);
  EXPECT_EQ(guest.instance().ResourcesIdleSince(lock, held[3].last_used, 9).next,
            absl::InfiniteFuture());
}

// ---- Restoring ----

// What two instances of a guest answer to the same calls, one of them new, one used and restored.
void ExpectRestored(std::string_view guest, const std::vector<std::string>& use,
                    const std::vector<std::string>& calls) {
  TestInstance used(guest), fresh(guest);
  {
    engine::CellLock lock(used.cell());
    ASSERT_THAT(used.instance().MakeRestorable(lock), IsOkAndHolds(true)) << guest;
  }
  for (int round = 0; round < 3; ++round) {
    for (const std::string& call : use) ASSERT_THAT(used.Call(call), IsOk()) << call;
    engine::CellLock lock(used.cell());
    ASSERT_THAT(used.instance().Restore(lock), IsOkAndHolds(true)) << guest;
  }
  for (const std::string& call : calls) {
    const auto expected = fresh.Call(call);
    ASSERT_THAT(expected, IsOk());
    EXPECT_THAT(used.Call(call), IsOkAndHolds(*expected)) << call;
  }
}

TEST(Restore, TakesBackMemoriesAndGlobals) {
  ExpectRestored("tests/guests/rust/values.wasm",
                 {"test:values/faults#calls()", "test:values/faults#calls()"},
                 {"test:values/faults#calls()", "test:values/counters#live()"});
  ExpectRestored("tests/guests/wat/post_return.wasm", {"text()", "text()"}, {"count()"});
}

TEST(Restore, TakesBackHandles) {
  ExpectRestored("tests/guests/wat/handles.wasm",
                 {"make(1)", "make(2)", "hoard(10)", "make-and-drop(3)"},
                 {"destroyed()", "last-destroyed()"});
  TestInstance guest("tests/guests/wat/handles.wasm");
  engine::CellLock lock(guest.cell());
  ASSERT_THAT(guest.instance().MakeRestorable(lock), IsOkAndHolds(true));
  const auto made = guest.Call("make(1)");
  ASSERT_THAT(made, IsOk());
  ASSERT_THAT(guest.instance().Restore(lock), IsOkAndHolds(true));
  EXPECT_EQ(guest.instance().Resources(lock).size(), 0);
  EXPECT_THAT(guest.Call(absl::StrCat("rep(", *made, ")")),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(guest.Call("rep-of(1)"), StatusIs(absl::StatusCode::kUnknown))
      << "the guest's own handle is gone too";
}

TEST(Restore, WorksWithSeveralModulesAndInstances) {
  ExpectRestored("tests/guests/wat/two_modules.wasm", {"answer(1)"}, {"answer(2)"});
  ExpectRestored("tests/guests/wat/composed.wasm", {"loop-add(5)"}, {"loop-add(5)"});
}

TEST(Restore, IsNotPromisedAfterAStartFunction) {
  TestInstance guest("tests/guests/wat/start_counts.wasm");
  engine::CellLock lock(guest.cell());
  EXPECT_THAT(guest.instance().MakeRestorable(lock), IsOkAndHolds(false));
}

TEST(Restore, IsNotPromisedForGlobalsThatBeginAsNaN) {
  TestInstance guest("tests/guests/wat/nan_globals.wasm");
  engine::CellLock lock(guest.cell());
  EXPECT_THAT(guest.instance().MakeRestorable(lock), IsOkAndHolds(false));
  EXPECT_THAT(guest.Call("single()"), IsOkAndHolds("2141192192"));
  EXPECT_THAT(guest.Call("double()"), IsOkAndHolds("9219994337134247936"));
}

TEST(Restore, FailsAfterATrapAndAfterAMemoryHasGrown) {
  TestInstance guest("tests/guests/rust/values.wasm");
  engine::CellLock lock(guest.cell());
  ASSERT_THAT(guest.instance().MakeRestorable(lock), IsOkAndHolds(true));
  ASSERT_THAT(guest.Call("test:values/faults#allocate(10000000)"), IsOk());
  EXPECT_THAT(guest.instance().Restore(lock), IsOkAndHolds(false));
  ASSERT_FALSE(guest.Call("test:values/faults#panic(\"x\")").ok());
  EXPECT_THAT(guest.instance().Restore(lock), IsOkAndHolds(false));
}

// Has so many bytes, and says how many were asked for.
class FakeRoom final : public ResultRoom {
 public:
  explicit FakeRoom(uint64_t bytes) : bytes_(bytes) {}
  bool Take(uint64_t bytes) override {
    taken_ += bytes;
    return taken_ <= bytes_;
  }
  uint64_t taken() const { return taken_; }

 private:
  const uint64_t bytes_;
  uint64_t taken_ = 0;
};

class ResultRoomTest : public ::testing::Test {
 protected:
  // Calls echo-string of so many bytes; the size of what comes back.
  absl::StatusOr<size_t> Echo(size_t bytes, ResultRoom* room) {
    engine::CellLock lock(calc_.cell());
    canon::ValArgs args, results;
    args.Add()->set_string(std::string(bytes, 'x'));
    const auto func = calc_.instance().component().FindFunc("bench:calc/api#echo-string");
    const absl::Status status = calc_.instance().Call(
        lock, *func, args, results, absl::InfiniteFuture(), PostReturnMode::kAutomatic, room);
    if (!status.ok()) {
      EXPECT_EQ(results.size(), 0);
      return status;
    }
    return results[0].string().size();
  }

  TestInstance calc_{"examples/calc.wasm"};
};

TEST_F(ResultRoomTest, IsNotAskedForSmallResults) {
  FakeRoom none(0);
  EXPECT_THAT(Echo(10'000, &none), IsOkAndHolds(10'000));
  EXPECT_EQ(none.taken(), 0);
}

TEST_F(ResultRoomTest, IsTakenAsResultsGrow) {
  FakeRoom room(2'000'000);
  EXPECT_THAT(Echo(1'000'000, &room), IsOkAndHolds(1'000'000));
  EXPECT_GE(room.taken(), 1'000'000u - (64u << 10));
}

TEST_F(ResultRoomTest, WhatFindsNoneIsDroppedAndTheInstanceServesOn) {
  FakeRoom room(500'000);
  const absl::Status refused = Echo(1'000'000, &room).status();
  EXPECT_EQ(base::LimitOf(refused), "result_room") << refused;
  EXPECT_THAT(calc_.instance().poison(), IsOk());
  EXPECT_THAT(Echo(1'000'000, nullptr), IsOkAndHolds(1'000'000));
}

TEST_F(ResultRoomTest, DoesNotExtendTheCopyBudget) {
  TestInstance calc("examples/calc.wasm", {.host_copy_bytes = 100'000});
  FakeRoom room(uint64_t{1} << 40);
  engine::CellLock lock(calc.cell());
  canon::ValArgs args, results;
  args.Add()->set_string(std::string(200'000, 'x'));
  const auto func = calc.instance().component().FindFunc("bench:calc/api#echo-string");
  const absl::Status status = calc.instance().Call(
      lock, *func, args, results, absl::InfiniteFuture(), PostReturnMode::kAutomatic, &room);
  EXPECT_EQ(TrapCodeOf(status), base::TrapCode::kHostCopyLimit);
}

class TerminatedInstantiationTest : public ::testing::Test {
 protected:
  TerminatedInstantiationTest() : cell_(*TestEngine().NewCell({})) {}

  // Instantiates start_loops and ends it from another thread with `why`.
  absl::Status Instantiated(engine::Termination why) {
    auto instance = Instance::Prepare(CompileGuest("tests/guests/wat/start_loops.wasm"),
                                      std::make_shared<Linker>(), {});
    EXPECT_THAT(instance, IsOk());
    std::atomic<bool> over = false;
    std::thread other([&] {
      // One that comes before there is something to end does nothing.
      while (!over) (*instance)->Terminate(why);
    });
    absl::Status status;
    {
      engine::CellLock lock(*cell_);
      status = (*instance)->Instantiate(lock, absl::InfiniteFuture());
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

TEST(TypedFunc, CallsWithCppValues) {
  TestInstance calc("examples/calc.wasm");
  auto func = calc.instance().GetFunc("bench:calc/api#echo-string");
  ASSERT_THAT(func, IsOk());
  auto echo = Typed<std::string(std::string_view)>(*func);
  ASSERT_THAT(echo, IsOk());
  engine::CellLock lock(calc.cell());
  EXPECT_THAT(echo->Call(lock, absl::InfiniteFuture(), "hällo"), IsOkAndHolds("hällo"));
}

TEST(TypedFunc, IsRefusedForAnotherType) {
  TestInstance calc("examples/calc.wasm");
  auto func = calc.instance().GetFunc("bench:calc/api#add");
  ASSERT_THAT(func, IsOk());
  EXPECT_THAT((Typed<uint64_t(uint32_t, uint32_t)>(*func)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT((Typed<uint32_t(uint32_t)>(*func)), StatusIs(absl::StatusCode::kInvalidArgument));
}

// Satisfies relay's imports from the host.
std::shared_ptr<Linker> CalcInTheHost() {
  auto linker = std::make_shared<Linker>();
  const auto echo = [](const canon::ValArgs& args, canon::ValArgs& results) {
    *results.Add() = args[0];
    return absl::OkStatus();
  };
  EXPECT_THAT(linker->DefineFunc("bench:calc/api", "add",
                                 OverValues<uint32_t(uint32_t, uint32_t)>(
                                     [](uint32_t a, uint32_t b) -> absl::StatusOr<uint32_t> {
                                       if (b == 13) return absl::UnavailableError("unlucky");
                                       return a + b;
                                     })),
              IsOk());
  EXPECT_THAT(linker->DefineFunc("bench:calc/api", "echo-string", OverVals(echo)), IsOk());
  EXPECT_THAT(linker->DefineFunc("bench:calc/api", "echo-records", OverVals(echo)), IsOk());
  return linker;
}

TEST(Linker, SatisfiesImportsByHostFunctions) {
  TestInstance guest("tests/guests/wat/relay.wasm", {}, CalcInTheHost());
  EXPECT_THAT(guest.Call("loop-add(10)"), IsOkAndHolds("55"));
  EXPECT_THAT(guest.Call("loop-string(3)"), IsOkAndHolds("1024"));
  EXPECT_THAT(guest.Call("loop-records(3)"), IsOkAndHolds("100"));
}

TEST(Linker, EndsTheGuestWithTheStatusOfAFailedHostFunction) {
  TestInstance guest("tests/guests/wat/relay.wasm", {}, CalcInTheHost());
  EXPECT_THAT(guest.Call("loop-add(13)"),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("unlucky")));
  EXPECT_THAT(guest.Call("loop-add(1)"), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST(Linker, EndsTheGuestWhenAHostFunctionAnswersWhatIsNoResult) {
  auto linker = std::make_shared<Linker>();
  const auto wrong = [](const canon::ValArgs&, canon::ValArgs& results) {
    results.Add()->set_string("7");
    return absl::OkStatus();
  };
  ASSERT_THAT(linker->DefineFunc("bench:calc/api", "add", OverVals(wrong)), IsOk());
  const auto invalid = [](const std::string&) -> absl::StatusOr<std::string> { return "\xff"; };
  ASSERT_THAT(linker->DefineFunc("bench:calc/api", "echo-string",
                                 OverValues<std::string(std::string)>(invalid)),
              IsOk());
  ASSERT_THAT(linker->DefineFunc("bench:calc/api", "echo-records", OverVals(wrong)), IsOk());
  for (const char* call : {"loop-add(1)", "loop-string(1)", "loop-records(1)"}) {
    TestInstance guest("tests/guests/wat/relay.wasm", {}, linker);
    EXPECT_THAT(guest.Call(call),
                StatusIs(absl::StatusCode::kInternal, HasSubstr("the host's function")));
    EXPECT_THAT(guest.instance().poison(), StatusIs(absl::StatusCode::kInternal))
        << "it stopped in the middle of a call";
  }
}

TEST(Linker, TellsWhenATypedHostFunctionDoesNotFit) {
  auto linker = std::make_shared<Linker>();
  ASSERT_THAT(
      linker->DefineFunc("bench:calc/api", "add",
                         OverValues<uint32_t(std::string)>(
                             [](const std::string&) -> absl::StatusOr<uint32_t> { return 0; })),
      IsOk());
  const absl::Status status =
      InstantiateStatus("tests/guests/wat/relay.wasm", {}, std::move(linker));
  EXPECT_THAT(base::UnsatisfiedImportsOf(status),
              ::testing::Contains(HasSubstr("the host's differs")));
}

TEST(Linker, RefusesASecondDefinition) {
  auto linker = CalcInTheHost();
  EXPECT_THAT(linker->DefineFunc("bench:calc/api", "add", HostFunction()),
              StatusIs(absl::StatusCode::kAlreadyExists));
}

}  // namespace
}  // namespace davit::component
