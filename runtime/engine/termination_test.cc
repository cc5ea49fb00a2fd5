// Guests that are ended from outside: deadlines, cancellation, deletion.

#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"

namespace davit::engine {

EngineOptions TestOptions() { return {.gc = true}; }

namespace {

using base::TrapCode;

absl::Time Soon() { return absl::Now() + absl::Milliseconds(20); }

class TerminationTest : public ::testing::Test {
 protected:
  TerminationTest() {
    guest_.host().set_body([](uint32_t, std::span<CoreSlot>) { return absl::OkStatus(); });
  }

  void ExpectUsable() {
    const auto result = guest_.Call("add", "i32 i32 -> i32", {1, 2});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(*result, 3u);
  }

  TestGuest guest_{"loops", {Signature("->")}};
};

TEST_F(TerminationTest, DeadlineEndsALoop) {
  const absl::Status status = guest_.Call("spin", "->", {}, Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  EXPECT_EQ(base::TrapOf(status)->code, TrapCode::kTerminated);
  ExpectUsable();
}

TEST_F(TerminationTest, DeadlineEndsBulkMemory) {
  const absl::Status status = guest_.Call("fill", "->", {}, Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  ExpectUsable();
}

// Baseline code must look for a termination in each turn of a loop, not in every 100,000th.
TEST_F(TerminationTest, DeadlineEndsALoopOfSlowInstructions) {
  for (auto [name, operand] : {std::pair{"fill_all", 1000u}, {"make_arrays", 1'000'000u}}) {
    const absl::Time begin = absl::Now();
    const absl::Status status = guest_.Call(name, "i32 ->", {operand}, Soon()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
    EXPECT_LT(absl::Now() - begin, absl::Seconds(10)) << name;
  }
}

TEST_F(TerminationTest, PastDeadlineEndsALoop) {
  const absl::Status status =
      guest_.Call("spin", "->", {}, absl::Now() - absl::Seconds(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
}

TEST_F(TerminationTest, LaterDeadlineDoesNotPostponeAnEarlierOneOfAnotherCell) {
  absl::Notification armed, done;
  std::thread idle([&] {
    TestGuest guest("loops", {Signature("->")});
    const engine::Run run(guest.lock(), guest.store(), absl::Now() + absl::Hours(1));
    armed.Notify();
    done.WaitForNotification();
  });
  armed.WaitForNotification();
  const absl::Time begin = absl::Now();
  EXPECT_FALSE(guest_.Call("spin", "->", {}, Soon()).ok());
  EXPECT_LT(absl::Now() - begin, absl::Seconds(10));
  done.Notify();
  idle.join();
}

TEST_F(TerminationTest, CancellationAndDeletionSayWhichTheyAre) {
  for (auto [why, message] :
       {std::pair{Termination::kCancelled, "wasm trap: the call was cancelled"},
        {Termination::kDeleted, "wasm trap: the instance was deleted"}}) {
    absl::Notification running;
    guest_.host().set_body([&running](uint32_t, std::span<CoreSlot>) {
      running.Notify();
      return absl::OkStatus();
    });
    std::thread killer([&] {
      running.WaitForNotification();
      guest_.store().Terminate(why);
    });
    const absl::Status status = guest_.Call("wait_and_spin", "->").status();
    killer.join();
    EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(status.message(), message);
    EXPECT_EQ(base::TrapOf(status)->code, TrapCode::kTerminated);
    ExpectUsable();
  }
}

TEST_F(TerminationTest, TerminateWithoutARunDoesNothing) {
  guest_.store().Terminate(Termination::kCancelled);
  ExpectUsable();
}

TEST_F(TerminationTest, ShotBetweenCallsOfARunEndsTheNextCallAndNoLaterRun) {
  {
    const engine::Run run(guest_.lock(), guest_.store(), absl::InfiniteFuture());
    std::vector<CoreSlot> slots = {1, 2};
    EXPECT_TRUE(guest_.CallInRun("add", "i32 i32 -> i32", slots).ok());
    EXPECT_FALSE(run.terminated());
    guest_.store().Terminate(Termination::kDeleted);
    EXPECT_TRUE(run.terminated());
    EXPECT_EQ(guest_.CallInRun("add", "i32 i32 -> i32", slots).code(),
              absl::StatusCode::kCancelled);
  }
  ExpectUsable();
}

TEST_F(TerminationTest, ShotDuringAHostImportEndsTheGuestAfterIt) {
  guest_.host().set_body([this](uint32_t, std::span<CoreSlot>) {
    guest_.store().Terminate(Termination::kCancelled);
    return absl::OkStatus();
  });
  EXPECT_EQ(guest_.Call("wait_and_spin", "->").status().code(), absl::StatusCode::kCancelled);
  ExpectUsable();
}

TEST_F(TerminationTest, TerminationWinsOverTheStatusOfAHostImport) {
  guest_.host().set_body([this](uint32_t, std::span<CoreSlot>) {
    guest_.store().Terminate(Termination::kCancelled);
    return absl::UnavailableError("interrupted");
  });
  EXPECT_EQ(guest_.Call("wait", "->").status().code(), absl::StatusCode::kCancelled);
  guest_.host().set_body([](uint32_t, std::span<CoreSlot>) { return absl::OkStatus(); });
  EXPECT_TRUE(guest_.Call("wait", "->").ok()) << "the failed import is forgotten";
}

TEST_F(TerminationTest, NestedCallsEndTogether) {
  absl::Status inner;
  guest_.host().set_body([&](uint32_t, std::span<CoreSlot>) {
    std::vector<CoreSlot> slots;
    inner = guest_.CallInRun("spin", "->", slots);
    return inner;
  });
  const absl::Status outer = guest_.Call("wait", "->", {}, Soon()).status();
  EXPECT_EQ(inner.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(outer.code(), absl::StatusCode::kDeadlineExceeded);
  ExpectUsable();
}

TEST_F(TerminationTest, RunInsideARunIsPartOfIt) {
  const engine::Run outer(guest_.lock(), guest_.store(), Soon());
  {
    const engine::Run inner(guest_.lock(), guest_.store(), absl::InfiniteFuture());
    std::vector<CoreSlot> slots;
    EXPECT_EQ(guest_.CallInRun("spin", "->", slots).code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_TRUE(inner.terminated());
  }
  EXPECT_TRUE(outer.terminated());
}

// The race that entry numbers are for: shots that arrive as runs end and begin.
TEST_F(TerminationTest, NoShotLeaksIntoALaterRun) {
  std::atomic<bool> stop = false;
  std::thread killer([&] {
    while (!stop) guest_.store().Terminate(Termination::kCancelled);
  });
  int cancelled = 0;
  for (int i = 0; i < 20'000 || cancelled == 0; ++i) {
    const auto result = guest_.Call("add", "i32 i32 -> i32", {1, 2});
    if (!result.ok()) {
      ASSERT_EQ(result.status().code(), absl::StatusCode::kCancelled) << result.status();
      ++cancelled;
    }
  }
  stop = true;
  killer.join();
  for (int i = 0; i < 100; ++i) ExpectUsable();
}

TEST_F(TerminationTest, TwoCellsRunAtTheSameTimeAndEndAlone) {
  // A cell is held by one thread at a time: this one's guest belongs to the other thread.
  std::atomic<bool> spinning = false;
  absl::Status other;
  std::thread thread([&] {
    TestGuest guest("loops", {Signature("->")});
    spinning = true;
    other = guest.Call("spin", "->", {}, absl::Now() + absl::Milliseconds(100)).status();
  });
  while (!spinning) std::this_thread::yield();
  for (int i = 0; i < 1000; ++i) ExpectUsable();
  thread.join();
  EXPECT_EQ(other.code(), absl::StatusCode::kDeadlineExceeded);
  ExpectUsable();
}

}  // namespace
}  // namespace davit::engine
