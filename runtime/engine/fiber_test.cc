// Guests that wait in the middle, on stacks of their own.

#include "runtime/engine/store/fiber.h"

#include <atomic>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"
#include "runtime/engine/test_steps.h"

namespace davit::engine {

EngineOptions TestOptions() { return {.gc = true}; }

namespace {

using base::TrapCode;
using Outcome = Fiber::Outcome;

// ask() calls import 0, which calls ask_two(), which calls import 1, which waits.
class FiberTest : public ::testing::Test {
 protected:
  explicit FiberTest(const CellOptions& options = {})
      : guest_("steps", {Signature("i32 i32 -> i32"), Signature("i32 i32 -> i32")}, {},
               NewTestCell(options)) {
    guest_.host().set_frame_body([this](uint32_t index, HostFrame& frame) {
      if (index == 0) {
        frame.Continue<CallOn>(within_, frame.slots(), &destroyed_);
      } else if (frame.can_park()) {
        frame.Continue<Wait>(frame.slots(), parks_, &destroyed_);
      } else {
        return absl::FailedPreconditionError("cannot wait");
      }
      return absl::OkStatus();
    });
  }

  CellLock& lock() { return guest_.lock(); }
  std::unique_ptr<Fiber> Take() { return Fiber::Take(lock(), guest_.store()).value(); }
  absl::StatusOr<Outcome> Run(Fiber& fiber, Steps& steps,
                              absl::Time deadline = absl::InfiniteFuture()) {
    return fiber.Run(lock(), steps, deadline);
  }
  absl::StatusOr<Outcome> Resume(Fiber& fiber, absl::Time deadline = absl::InfiniteFuture()) {
    return fiber.Resume(lock(), deadline);
  }

  TestGuest guest_;
  const FuncId add_ = guest_.Func("add", "i32 i32 -> i32");
  const FuncId divide_ = guest_.Func("divide", "i32 i32 -> i32");
  const FuncId spin_ = guest_.Func("spin", "->");
  const FuncId ask_ = guest_.Func("ask", "i32 i32 -> i32");
  const FuncId ask_two_ = guest_.Func("ask_two", "i32 i32 -> i32");
  FuncId within_ = ask_two_;
  int parks_ = 1;
  int destroyed_ = 0;
};

TEST_F(FiberTest, WhatDoesNotWaitEndsAtOnceAndTheStackServesAgain) {
  auto fiber = Take();
  for (uint32_t i = 0; i < 100; ++i) {
    Call call(add_, {i, 1});
    EXPECT_EQ(*Run(*fiber, call), Outcome::kEnded);
    EXPECT_EQ(call.result(), i + 1);
  }
  Fiber::Return(lock(), std::move(fiber));
}

TEST_F(FiberTest, WaitsUnderTheFramesOfTwoGuestsAndGoesOn) {
  parks_ = 3;
  Call call(ask_, {1, 2});
  auto fiber = Take();
  EXPECT_EQ(*Run(*fiber, call), Outcome::kParked);
  EXPECT_EQ(*Resume(*fiber), Outcome::kParked);
  EXPECT_EQ(*Resume(*fiber), Outcome::kParked);
  EXPECT_EQ(destroyed_, 0);
  EXPECT_EQ(*Resume(*fiber), Outcome::kEnded);
  EXPECT_EQ(call.result(), 3003u);
  EXPECT_EQ(destroyed_, 2);
}

TEST_F(FiberTest, OthersRunMeanwhile) {
  Call first(ask_, {1, 2}), second(ask_, {10, 20}), third(add_, {7, 8});
  auto one = Take(), two = Take();
  EXPECT_EQ(*Run(*one, first), Outcome::kParked);
  EXPECT_EQ(*Run(*two, second), Outcome::kParked);
  EXPECT_EQ(*guest_.Call("add", "i32 i32 -> i32", {1, 2}), 3u) << "on the thread's stack";
  EXPECT_EQ(*Resume(*one), Outcome::kEnded);
  EXPECT_EQ(*Run(*one, third), Outcome::kEnded);
  EXPECT_EQ(*Resume(*two), Outcome::kEnded);
  EXPECT_EQ(first.result(), 3003u);
  EXPECT_EQ(second.result(), 3030u);
  EXPECT_EQ(third.result(), 15u);
}

TEST_F(FiberTest, NobodyWaitsOnTheThreadsStack) {
  EXPECT_EQ(guest_.Call("ask_two", "i32 i32 -> i32", {1, 2}).status(),
            absl::FailedPreconditionError("cannot wait"));
}

TEST_F(FiberTest, NoneIsEnteredWithinARunOrByWhatAGuestHasCalled) {
  auto fiber = Take();
  Call call(add_, {1, 2});
  {
    const engine::Run run(lock(), guest_.store(), absl::InfiniteFuture());
    EXPECT_EQ(Run(*fiber, call).status().code(), absl::StatusCode::kFailedPrecondition);
  }
  auto other = Take();
  absl::Status within;
  guest_.host().set_frame_body([&](uint32_t, HostFrame&) {
    within = Run(*other, call).status();
    return absl::OkStatus();
  });
  Call ask(ask_, {1, 2});
  EXPECT_EQ(*Run(*fiber, ask), Outcome::kEnded);
  EXPECT_EQ(within.code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(FiberTest, WhatFailsInsteadOfGoingOnHasTheFramesOfAllGuests) {
  Call call(ask_, {1, 2});
  auto fiber = Take();
  ASSERT_EQ(*Run(*fiber, call), Outcome::kParked);
  const absl::Status status =
      fiber->Fail(lock(), base::TrapStatus(TrapCode::kCanonOther, "no more"));
  const auto trap = base::TrapOf(status);
  ASSERT_TRUE(trap.has_value()) << status;
  EXPECT_EQ(trap->code, TrapCode::kCanonOther);
  ASSERT_EQ(trap->frames.size(), 2u);
  EXPECT_EQ(trap->frames[0].function, "ask_two");
  EXPECT_EQ(trap->frames[1].function, "ask");
  EXPECT_EQ(destroyed_, 2);
  ASSERT_EQ(call.failures().size(), 1u);
}

TEST_F(FiberTest, AGuestThatTrapsAfterAWaitEndsAloneAndCatchesNothing) {
  std::vector<CoreSlot> answer;
  guest_.host().set_frame_body([this](uint32_t index, HostFrame& frame) {
    if (index == 0) {
      frame.Continue<CallOn>(divide_, frame.slots(), &destroyed_);
    } else {
      frame.Continue<Wait>(frame.slots(), 1, &destroyed_);
    }
    return absl::OkStatus();
  });
  Call waits(ask_two_, {1, 2});
  auto one = Take();
  ASSERT_EQ(*Run(*one, waits), Outcome::kParked);
  Call traps(guest_.Func("ask_and_catch", "i32 i32 -> i32"), {1, 0});
  auto two = Take();
  const auto trap = base::TrapOf(Run(*two, traps).status());
  ASSERT_TRUE(trap.has_value());
  EXPECT_EQ(trap->code, TrapCode::kIntegerDivideByZero);
  EXPECT_EQ(*Resume(*one), Outcome::kEnded);
  EXPECT_EQ(waits.result(), 2003u);
}

TEST_F(FiberTest, ADeadlineEndsWhatRunsOnOneAndTheOthersGoOn) {
  Call waits(ask_, {1, 2}), spins(spin_, {});
  auto one = Take(), two = Take();
  ASSERT_EQ(*Run(*one, waits), Outcome::kParked);
  EXPECT_EQ(Run(*two, spins, absl::Now() + absl::Milliseconds(20)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(*guest_.Call("add", "i32 i32 -> i32", {1, 2}), 3u);
  EXPECT_EQ(*Resume(*one, absl::Now() + absl::Minutes(1)), Outcome::kEnded);
  EXPECT_EQ(waits.result(), 3003u);
}

TEST_F(FiberTest, TerminateEndsWhatRunsAfterAWait) {
  guest_.host().set_frame_body([this](uint32_t index, HostFrame& frame) {
    if (index == 0) {
      frame.Continue<CallOn>(spin_, frame.slots(), &destroyed_);
    } else {
      frame.Continue<Wait>(frame.slots(), 1, &destroyed_);
    }
    return absl::OkStatus();
  });
  // The import that waits returns to a guest that calls the one that spins.
  Call call(guest_.Func("wait_and_ask", "i32 i32 -> i32"), {1, 2});
  auto fiber = Take();
  ASSERT_EQ(*Run(*fiber, call), Outcome::kParked);
  guest_.store().Terminate(Termination::kCancelled);  // which a waiting guest does not feel
  std::atomic<bool> has_ended = false;
  std::thread shooter([&] {
    while (!has_ended) guest_.store().Terminate(Termination::kCancelled);
  });
  EXPECT_EQ(Resume(*fiber).status().code(), absl::StatusCode::kCancelled);
  has_ended = true;
  shooter.join();
  EXPECT_EQ(destroyed_, 2);
}

TEST_F(FiberTest, WhatIsAbandonedIsUnwoundByTheNextHolderOfTheLock) {
  for (int i = 0; i < 1000; ++i) {
    Call call(ask_, {1, 2});
    auto fiber = Take();
    ASSERT_EQ(*Run(*fiber, call), Outcome::kParked);
  }
  EXPECT_EQ(destroyed_, 2000);
  EXPECT_EQ(*guest_.Call("add", "i32 i32 -> i32", {1, 2}), 3u);
}

// Its stack must not serve another one as it is.
TEST(EndedStoreTest, WhatWaitsOfItGoesOnNeverMore) {
  const std::shared_ptr<Cell> cell = NewTestCell({.heap_bytes = 16 << 20});
  TestGuest ended("loops", {Signature("->")}, {}, cell);
  int destroyed = 0, entered = 0;
  ended.host().set_frame_body([&](uint32_t, HostFrame& frame) {
    ++entered;
    frame.Continue<Park>(&destroyed);
    return absl::OkStatus();
  });
  Call waits(ended.Func("wait", "->"), {});
  auto fiber = Fiber::Take(ended.lock(), ended.store()).value();
  ASSERT_EQ(*fiber->Run(ended.lock(), waits, absl::InfiniteFuture()), Fiber::Outcome::kParked);
  EXPECT_FALSE(ended.Call("eat", "->").ok());
  ASSERT_FALSE(ended.store().ended().ok());
  EXPECT_FALSE(fiber->Resume(ended.lock(), absl::InfiniteFuture()).ok());
  EXPECT_EQ(destroyed, 1);
  Fiber::Return(ended.lock(), std::move(fiber));

  TestGuest other("steps", {Signature("i32 i32 -> i32"), Signature("i32 i32 -> i32")}, {}, cell);
  auto next = Fiber::Take(other.lock(), other.store()).value();
  Call adds(other.Func("add", "i32 i32 -> i32"), {1, 2});
  ASSERT_EQ(*next->Run(other.lock(), adds, absl::InfiniteFuture()), Fiber::Outcome::kEnded);
  EXPECT_EQ(adds.result(), 3u);
  EXPECT_EQ(entered, 1) << "none of its code has run";
}

// What V8 loses for each guest that is ended while it runs on a fiber adds up.
TEST(WornOutCellTest, IsOneInWhichManyWereTerminated) {
  const std::shared_ptr<Cell> cell = NewTestCell({.heap_bytes = 8 << 20});
  TestGuest guest("loops", {Signature("->")}, {}, cell);
  const FuncId spin = guest.Func("spin", "->");
  // Some are ended before they spin, which costs nothing.
  int ended = 0;
  for (; ended < 20'000 && !cell->is_worn_out(); ++ended) {
    Call spins(spin, {});
    auto fiber = Fiber::Take(guest.lock(), guest.store()).value();
    ASSERT_EQ(
        fiber->Run(guest.lock(), spins, absl::Now() + absl::Microseconds(200)).status().code(),
        absl::StatusCode::kDeadlineExceeded);
    Fiber::Return(guest.lock(), std::move(fiber));
    if (ended % 100 == 99) {
      guest.Unlock();
      guest.Lock();
    }
  }
  EXPECT_TRUE(cell->is_worn_out());
  EXPECT_GT(ended, 1000) << "456 bytes of half a MiB each";
}

class FewFibersTest : public FiberTest {
 protected:
  FewFibersTest() : FiberTest({.max_stacks = 2}) {}
};

TEST_F(FewFibersTest, NoMoreThanTheLimitWaitInACell) {
  Call first(ask_, {1, 2}), second(ask_, {10, 20});
  auto one = Take(), two = Take();
  EXPECT_EQ(*Run(*one, first), Outcome::kParked);
  EXPECT_EQ(*Run(*two, second), Outcome::kParked);
  const auto three = Fiber::Take(lock(), guest_.store());
  EXPECT_EQ(three.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(*Resume(*one), Outcome::kEnded);
  Fiber::Return(lock(), std::move(one));
  EXPECT_TRUE(Fiber::Take(lock(), guest_.store()).ok());
}

// Two threads go on with whichever is next, under a lock of their own each time.
TEST(FiberThreadsTest, WhoeverHasTheLockGoesOn) {
  constexpr int kCalls = 400;
  const std::shared_ptr<Cell> cell = NewTestCell();
  FakeHost host;
  const auto shims = TestEngine().CompileShims(
      {.entries = {Signature("i32 i32 -> i32")},
       .host_imports = {Signature("i32 i32 -> i32"), Signature("i32 i32 -> i32")}});
  std::unique_ptr<Store> store;
  FuncId ask, ask_two;
  {
    CellLock lock(*cell);
    store = Store::Create(lock, {}, *shims, host).value();
    const auto module = CompileTestModule("steps");
    const engine::Run run(lock, *store, absl::InfiniteFuture());
    const std::vector<ExternId> imports = {store->HostFunc(lock, 0), store->HostFunc(lock, 1)};
    const CoreInstanceId instance = store->Instantiate(lock, *module, imports).value();
    ask = store->AddFunc(lock, store->Export(lock, instance, "ask").value(), 0).value();
    ask_two = store->AddFunc(lock, store->Export(lock, instance, "ask_two").value(), 0).value();
  }
  int destroyed = 0;
  host.set_frame_body([&](uint32_t index, HostFrame& frame) {
    if (index == 0) {
      frame.Continue<CallOn>(ask_two, frame.slots(), &destroyed);
    } else {
      frame.Continue<Wait>(frame.slots(), static_cast<int>(frame.slots()[1] % 5), &destroyed);
    }
    return absl::OkStatus();
  });
  struct Job {
    std::unique_ptr<Fiber> fiber;
    std::unique_ptr<Call> call;
  };
  std::vector<Job> jobs;  // those that wait; guarded by the cell's lock, as all of this
  uint32_t begun = 0, ended = 0;
  const auto work = [&](uint32_t seed) {
    std::mt19937 random(seed);
    for (;;) {
      CellLock lock(*cell);
      if (ended == kCalls) return;
      Job job;
      absl::StatusOr<Outcome> outcome;
      if (begun < kCalls && (jobs.empty() || random() % 3 == 0)) {
        const uint32_t number = begun++;
        job.fiber = Fiber::Take(lock, *store).value();
        job.call = std::make_unique<Call>(ask, std::vector<CoreSlot>{1, number});
        outcome = job.fiber->Run(lock, *job.call, absl::InfiniteFuture());
      } else if (!jobs.empty()) {
        const size_t which = random() % jobs.size();
        std::swap(jobs[which], jobs.back());
        job = std::move(jobs.back());
        jobs.pop_back();
        outcome = job.fiber->Resume(lock, absl::InfiniteFuture());
      } else {
        continue;
      }
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      if (*outcome == Outcome::kParked) {
        jobs.push_back(std::move(job));
      } else {
        EXPECT_GE(job.call->result(), 3001u);
        ++ended;
      }
    }
  };
  std::thread one(work, 1), two(work, 2);
  one.join();
  two.join();
  EXPECT_EQ(destroyed, 2 * kCalls);
  const CellLock lock(*cell);
  store.reset();
}

}  // namespace
}  // namespace davit::engine
