// Calls that wait for a host function that answers later.

#include <atomic>
#include <coroutine>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/component/awaitable.h"
#include "runtime/component/instance.h"
#include "runtime/component/late_host.h"
#include "runtime/component/linked_component.h"
#include "runtime/component/linker.h"
#include "runtime/component/test_host.h"
#include "runtime/component/typed_func.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;
using ::absl_testing::StatusIs;
using ::testing::HasSubstr;

// A call that was started, and how it ended.
class Started final : public CallSink {
 public:
  Started(Instance& instance, std::string_view func, std::vector<uint32_t> args)
      : instance_(instance), func_(*instance.component().FindFunc(func)) {
    for (const uint32_t arg : args) args_.Add()->set_u32(arg);
  }
  absl::StatusOr<Progress> Start(engine::CellLock& lock,
                                 absl::Time deadline = absl::InfiniteFuture()) {
    return instance_.StartCall(lock, func_, args_, results_, deadline, *this);
  }
  void Ended(absl::Status status) override { status_ = std::move(status); }
  const std::optional<absl::Status>& status() const { return status_; }
  uint32_t result() const { return results_.empty() ? 0 : results_[0].u32(); }

 private:
  Instance& instance_;
  const ExportFuncId func_;
  canon::ValArgs args_, results_;
  std::optional<absl::Status> status_;
};

class WaitingTest : public ::testing::Test {
 protected:
  LateHost host_;
  TestInstance guest_{"tests/guests/wat/waits.wasm", {}, host_.linker()};
  Instance& instance_ = guest_.instance();
};

// ---- Call(): the thread waits ----

TEST_F(WaitingTest, ACallComesBackWhenTheHostHasAnswered) {
  for (const auto& [call, result] : {std::pair{"direct(1)", "11"},
                                     {"through-three(2)", "23"},
                                     {"dropping#make-and-drop(3)", "30"},
                                     {"say(\"ho\")", "\"hoho\""}}) {
    std::thread host([this] { host_.Answer(); });
    EXPECT_THAT(guest_.Call(call), IsOkAndHolds(result));
    host.join();
  }
  EXPECT_THAT(guest_.Call("add(1, 2)"), IsOkAndHolds("3"));
}

TEST_F(WaitingTest, AnAnswerAtOnceIsNoWait) {
  host_.set_at_once(true);
  engine::CellLock lock(guest_.cell());
  Started call(instance_, "through-three", {2});
  EXPECT_THAT(call.Start(lock), IsOkAndHolds(Progress::kEnded));
  EXPECT_EQ(call.result(), 23u);
  EXPECT_FALSE(call.status().has_value()) << "the sink hears of calls that have waited";
}

TEST_F(WaitingTest, TheDeadlineEndsACallThatWaits) {
  guest_.set_timeout(absl::Milliseconds(30));
  const absl::Status status = guest_.Call("through-three(1)").status();
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDeadlineExceeded));
  EXPECT_TRUE(base::IsWhileWaiting(status));
  EXPECT_EQ(base::TrapOf(status)->frames.size(), 3u);
  EXPECT_EQ(host_.cancelled(), 1);
  EXPECT_FALSE(instance_.poison().ok());
  host_.Answer();  // goes nowhere
}

TEST_F(WaitingTest, TerminateEndsACallThatWaits) {
  std::thread other([this] {
    while (host_.asked() == 0) std::this_thread::yield();
    instance_.Terminate(engine::Termination::kCancelled);
  });
  EXPECT_THAT(guest_.Call("direct(1)"), StatusIs(absl::StatusCode::kCancelled));
  other.join();
  EXPECT_EQ(host_.cancelled(), 1);
}

TEST_F(WaitingTest, AReplyThatIsDroppedFailsTheCall) {
  std::thread other([this] {
    while (host_.asked() == 0) std::this_thread::yield();
    host_.Forget();
  });
  EXPECT_THAT(guest_.Call("direct(1)"),
              StatusIs(absl::StatusCode::kInternal, HasSubstr("no answer")));
  other.join();
}

TEST_F(WaitingTest, TheHostMayDropWhatWaitsToEnd) {
  host_.set_at_once(true);
  ASSERT_THAT(guest_.Call("dropping#make(4)"), IsOk());
  host_.set_at_once(false);
  std::thread host([this] { host_.Answer(); });
  {
    engine::CellLock lock(guest_.cell());
    EXPECT_THAT(instance_.DropResource(lock, "resource/1", absl::InfiniteFuture()), IsOk());
  }
  host.join();
}

TEST(WaitingAtStartTest, TheThreadWaitsWithinTheDeadline) {
  LateHost host;
  std::thread other([&host] { host.Answer(); });
  TestInstance guest("tests/guests/wat/waits_at_start.wasm", {}, host.linker());
  other.join();
  EXPECT_THAT(guest.Call("answer()"), IsOkAndHolds("70"));
  EXPECT_THAT(InstantiateStatus("tests/guests/wat/waits_at_start.wasm", {}, host.linker(),
                                absl::Milliseconds(30)),
              StatusIs(absl::StatusCode::kDeadlineExceeded));
}

// ---- StartCall(): nobody waits ----

TEST_F(WaitingTest, AStartedCallHoldsItsInstanceAndNothingElse) {
  engine::CellLock lock(guest_.cell());
  Started call(instance_, "twice", {1});
  EXPECT_THAT(call.Start(lock), IsOkAndHolds(Progress::kWaiting));
  EXPECT_TRUE(instance_.is_waiting());
  Started other(instance_, "add", {1, 2});
  EXPECT_THAT(other.Start(lock), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kWaiting) << "there is no answer";
  host_.Answer();
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kWaiting) << "it asks again";
  host_.Answer();
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kEnded);
  ASSERT_TRUE(call.status().has_value());
  EXPECT_THAT(*call.status(), IsOk());
  EXPECT_EQ(call.result(), 30u);
  EXPECT_THAT(other.Start(lock), IsOkAndHolds(Progress::kEnded));
  EXPECT_EQ(other.result(), 3u);
}

TEST_F(WaitingTest, TheWakerIsCalledForAnswersAndEnds) {
  int woken = 0;
  instance_.SetWaker([&woken] { ++woken; });
  engine::CellLock lock(guest_.cell());
  Started call(instance_, "twice", {1});
  ASSERT_THAT(call.Start(lock), IsOkAndHolds(Progress::kWaiting));
  EXPECT_EQ(woken, 0);
  host_.Answer();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kWaiting);
  instance_.Terminate(engine::Termination::kDeleted);
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kEnded);
  EXPECT_THAT(*call.status(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_FALSE(instance_.poison().ok());
}

TEST_F(WaitingTest, ATrapAfterAWaitPoisons) {
  engine::CellLock lock(guest_.cell());
  Started call(instance_, "trap-after", {1});
  ASSERT_THAT(call.Start(lock), IsOkAndHolds(Progress::kWaiting));
  host_.Answer();
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kEnded);
  EXPECT_EQ(TrapCodeOf(*call.status()), base::TrapCode::kUnreachable);
  EXPECT_FALSE(instance_.poison().ok());
}

TEST_F(WaitingTest, TheDeadlineEndsWhatRunsAfterAWaitToo) {
  engine::CellLock lock(guest_.cell());
  Started call(instance_, "spin-after", {1});
  ASSERT_THAT(call.Start(lock, absl::Now() + absl::Milliseconds(200)),
              IsOkAndHolds(Progress::kWaiting));
  host_.Answer();
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kEnded);
  EXPECT_THAT(*call.status(), StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST_F(WaitingTest, AnInstanceMayEndWhileItWaits) {
  engine::CellLock lock(guest_.cell());
  TestInstance other("tests/guests/wat/waits.wasm", {}, host_.linker());
  {
    auto instance = Instance::Create(lock, CompileGuest("tests/guests/wat/waits.wasm"),
                                     host_.linker(), {}, absl::InfiniteFuture());
    ASSERT_THAT(instance, IsOk());
    Started call(**instance, "through-three", {1});
    ASSERT_THAT(call.Start(lock), IsOkAndHolds(Progress::kWaiting));
  }
  EXPECT_EQ(host_.cancelled(), 1);
  host_.Answer();
  host_.set_at_once(true);
  Started call(instance_, "through-three", {1});
  EXPECT_THAT(call.Start(lock), IsOkAndHolds(Progress::kEnded));
}

TEST_F(WaitingTest, ResultsThatFindNoRoomArePostReturnedWithinTheDeadline) {
  struct NoRoom final : ResultRoom {
    bool Take(uint64_t /*bytes*/) override { return false; }
  } no_room;
  struct Sink final : CallSink {
    void Ended(absl::Status ended) override { status = std::move(ended); }
    absl::Status status;
  } sink;
  canon::ValArgs args, results;
  args.Add()->set_string(std::string(9000, 'x'));  // its echo needs room
  engine::CellLock lock(guest_.cell());
  ASSERT_THAT(instance_.StartCall(lock, *instance_.component().FindFunc("say-and-spin"), args,
                                  results, absl::Now() + absl::Milliseconds(200), sink,
                                  PostReturnMode::kDeferred, &no_room),
              IsOkAndHolds(Progress::kWaiting));
  host_.Answer();
  EXPECT_EQ(instance_.Drive(lock, absl::InfinitePast()), Progress::kEnded);
  EXPECT_THAT(sink.status, StatusIs(absl::StatusCode::kDeadlineExceeded));
}

TEST(FewStacksTest, AResourceWhoseDestructorFindsNoneIsStillHeld) {
  LateHost host;
  const auto component = CompileGuest("tests/guests/wat/waits.wasm");
  const auto cell = TestEngine().NewCell({.max_stacks = 1}).value();
  engine::CellLock lock(*cell);
  const auto create = [&] {
    return Instance::Create(lock, component, host.linker(), {}, absl::InfiniteFuture()).value();
  };
  const auto waiting = create(), instance = create();
  Started make(*instance, "dropping#make", {4}), call(*waiting, "direct", {1});
  ASSERT_THAT(make.Start(lock), IsOkAndHolds(Progress::kEnded));
  ASSERT_THAT(call.Start(lock), IsOkAndHolds(Progress::kWaiting));
  const auto drop = [&] {
    return instance->DropResource(lock, "resource/1", absl::InfiniteFuture());
  };
  EXPECT_EQ(base::LimitOf(drop()), "parked_stacks");
  EXPECT_THAT(instance->poison(), IsOk());
  host.Answer();
  EXPECT_EQ(waiting->Drive(lock, absl::Now()), Progress::kEnded);
  host.set_at_once(true);
  EXPECT_THAT(drop(), IsOk());
}

TEST(DriveTest, DoesNothingWithinWhatAGuestHasCalled) {
  LateHost host;
  TestInstance guest("tests/guests/wat/waits.wasm", {}, host.linker());
  engine::CellLock lock(guest.cell());
  Started call(guest.instance(), "direct", {1});
  ASSERT_THAT(call.Start(lock), IsOkAndHolds(Progress::kWaiting));
  host.Answer();
  const auto linker = std::make_shared<Linker>();
  const auto drives = [&](uint32_t n, Reply<uint32_t> reply) {
    EXPECT_EQ(guest.instance().Drive(lock, absl::InfiniteFuture()), Progress::kWaiting);
    reply.Return(n);
  };
  ASSERT_THAT(linker->DefineFunc("", "wait", WaitingOverValues<uint32_t(uint32_t)>(drives)),
              IsOk());
  ASSERT_THAT(
      linker->DefineFunc("", "echo", WaitingOverVals([](const canon::ValArgs&, HostReply) {})),
      IsOk());
  const auto other = Instance::Create(lock, CompileGuest("tests/guests/wat/waits.wasm"), linker, {},
                                      absl::InfiniteFuture());
  ASSERT_THAT(other, IsOk());
  Started driving(**other, "direct", {1});
  EXPECT_THAT(driving.Start(lock), IsOkAndHolds(Progress::kEnded));
  EXPECT_EQ(guest.instance().Drive(lock, absl::Now()), Progress::kEnded);
  EXPECT_EQ(call.status(), absl::OkStatus());
  EXPECT_EQ(call.result(), 11u);
}

// Many instances in one cell wait, are answered in any order by another thread, and driven by two.
TEST(ManyWaitingTest, AreAnsweredInAnyOrderOnOtherThreads) {
  constexpr int kInstances = 40;
  constexpr int kCallsEach = 10;
  LateHost host;
  const auto component = CompileGuest("tests/guests/wat/waits.wasm");
  const auto cell = TestEngine().NewCell({}).value();
  struct One {
    std::unique_ptr<Instance> instance;
    std::unique_ptr<Started> call;
    int calls = 0;
  };
  std::vector<One> all(kInstances);  // guarded by the cell's lock
  {
    engine::CellLock lock(*cell);
    for (One& one : all) {
      one.instance =
          Instance::Create(lock, component, host.linker(), {}, absl::InfiniteFuture()).value();
    }
  }
  std::atomic<int> ended = 0;
  const auto work = [&](uint32_t seed) {
    std::mt19937 random(seed);
    while (ended < kInstances * kCallsEach) {
      engine::CellLock lock(*cell);
      One& one = all[random() % all.size()];
      if (one.call == nullptr && one.calls < kCallsEach) {
        const auto n = static_cast<uint32_t>(++one.calls);
        one.call = std::make_unique<Started>(*one.instance, "through-three", std::vector{n});
        const auto progress = one.call->Start(lock);
        ASSERT_THAT(progress, IsOk());
        if (*progress == Progress::kWaiting) continue;  // unless the answer came at once
      }
      if (one.call != nullptr) {
        if (one.instance->Drive(lock, absl::Now()) == Progress::kWaiting) continue;
        ASSERT_THAT(one.call->status().value_or(absl::OkStatus()), IsOk());
        EXPECT_EQ(one.call->result(), 10u * static_cast<uint32_t>(one.calls) + 3);
        one.call.reset();
        ++ended;
      }
    }
  };
  std::thread one(work, 1), two(work, 2);
  std::mt19937 random(3);
  while (ended < kInstances * kCallsEach) host.AnswerAny(random);
  one.join();
  two.join();
  engine::CellLock lock(*cell);
  all.clear();
}

// ---- Typed calls, and coroutines ----

TEST_F(WaitingTest, ATypedCallMayBeStarted) {
  const auto direct = Typed<uint32_t(uint32_t)>(*instance_.GetFunc("direct"));
  ASSERT_THAT(direct, IsOk());
  engine::CellLock lock(guest_.cell());
  std::vector<absl::StatusOr<uint32_t>> results;
  const auto done = [&results](absl::StatusOr<uint32_t> result) { results.push_back(result); };
  direct->StartCall(lock, absl::InfiniteFuture(), done, 1);
  direct->StartCall(lock, absl::InfiniteFuture(), done, 2);
  ASSERT_EQ(results.size(), 1u) << "the second one is refused";
  EXPECT_THAT(results[0], StatusIs(absl::StatusCode::kFailedPrecondition));
  host_.Answer();
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kEnded);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_THAT(results[1], IsOkAndHolds(11u));
}

// A coroutine that nobody waits for.
struct Detached {
  struct promise_type {
    Detached get_return_object() { return {}; }
    std::suspend_never initial_suspend() { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::abort(); }
  };
};

Detached CallTwice(TypedFunc<uint32_t(uint32_t)> func, engine::CellLock& lock, uint32_t& sum) {
  const auto one = co_await Await(func, lock, absl::InfiniteFuture(), 1);
  const auto two = co_await Await(func, lock, absl::InfiniteFuture(), 2);
  sum = one.value_or(0) + two.value_or(0);
}

TEST_F(WaitingTest, ACoroutineMayAwaitCalls) {
  const auto direct = Typed<uint32_t(uint32_t)>(*instance_.GetFunc("direct"));
  engine::CellLock lock(guest_.cell());
  uint32_t sum = 0;
  CallTwice(*direct, lock, sum);
  host_.Answer();
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kEnded) << "of the first";
  EXPECT_EQ(sum, 0u);
  host_.Answer();
  EXPECT_EQ(instance_.Drive(lock, absl::Now()), Progress::kEnded);
  EXPECT_EQ(sum, 32u);
  host_.set_at_once(true);
  CallTwice(*direct, lock, sum);
  EXPECT_EQ(sum, 32u);
}

// ---- What the host keeps for each instance ----

struct Counter final : HostState {
  uint32_t calls = 0;
};

class HostStateTest : public ::testing::Test {
 protected:
  HostStateTest() {
    const auto wait = [](HostState& state, uint32_t n, Reply<uint32_t> reply) {
      reply.Return(n + 100 * ++static_cast<Counter&>(state).calls);
    };
    const auto echo = [](HostState& state, const std::string& text) -> absl::StatusOr<std::string> {
      return absl::StrCat(text, ++static_cast<Counter&>(state).calls);
    };
    EXPECT_THAT(linker_->DefineFunc("", "wait", WaitingOverValues<uint32_t(uint32_t)>(wait)),
                IsOk());
    EXPECT_THAT(linker_->DefineFunc("", "echo", OverValues<std::string(std::string)>(echo)),
                IsOk());
  }
  std::unique_ptr<Instance> Make(engine::CellLock& lock, HostStateFactory make_state) {
    const auto linked = LinkedComponent::Link(component_, linker_);
    EXPECT_THAT(linked, IsOk());
    auto instance = Instance::Prepare(*linked, {}, std::move(make_state));
    EXPECT_THAT(instance->Instantiate(lock, absl::InfiniteFuture()), IsOk());
    return instance;
  }
  static uint32_t Direct(engine::CellLock& lock, Instance& instance) {
    Started call(instance, "direct", {1});
    EXPECT_THAT(call.Start(lock), IsOkAndHolds(Progress::kEnded));
    return call.result();
  }

  const std::shared_ptr<Linker> linker_ = std::make_shared<Linker>();
  const std::shared_ptr<const Component> component_ = CompileGuest("tests/guests/wat/waits.wasm");
  const std::shared_ptr<engine::Cell> cell_ = TestEngine().NewCell({}).value();
};

TEST_F(HostStateTest, IsOfOneInstance) {
  const auto make = [] { return std::make_unique<Counter>(); };
  engine::CellLock lock(*cell_);
  const auto one = Make(lock, make), two = Make(lock, make);
  EXPECT_EQ(Direct(lock, *one), 102u);
  EXPECT_EQ(Direct(lock, *one), 202u);
  EXPECT_EQ(Direct(lock, *two), 102u);
}

TEST_F(HostStateTest, IsMadeAnewByRestore) {
  int made = 0;
  engine::CellLock lock(*cell_);
  const auto instance = Make(lock, [&made] {
    ++made;
    return std::make_unique<Counter>();
  });
  ASSERT_THAT(instance->MakeRestorable(lock), IsOkAndHolds(true));
  EXPECT_EQ(Direct(lock, *instance), 102u);
  ASSERT_THAT(instance->Restore(lock), IsOkAndHolds(true));
  EXPECT_EQ(Direct(lock, *instance), 102u);
  EXPECT_EQ(made, 2);
}

TEST_F(HostStateTest, AFunctionThatNeedsItFailsWithoutIt) {
  engine::CellLock lock(*cell_);
  const auto instance = Make(lock, nullptr);
  Started call(*instance, "direct", {1});
  EXPECT_THAT(call.Start(lock), StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace davit::component
