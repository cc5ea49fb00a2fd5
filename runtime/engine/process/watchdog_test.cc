#include "runtime/engine/process/watchdog.h"

#include <atomic>
#include <memory>
#include <thread>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace davit::engine {
namespace {

TEST(RunClock, ShootsTheActiveRunOnce) {
  int shots = 0;
  RunClock clock([&] { ++shots; });
  const uint64_t run = clock.Begin(RunClock::kNever);
  EXPECT_FALSE(clock.shot());
  clock.Shoot(run, Termination::kDeleted);
  clock.Shoot(run, Termination::kCancelled);
  EXPECT_EQ(shots, 1);
  EXPECT_TRUE(clock.shot());
  EXPECT_EQ(clock.reason(), Termination::kDeleted);
  EXPECT_TRUE(clock.End(run));
}

TEST(RunClock, DoesNotShootWhatIsNotActive) {
  int shots = 0;
  RunClock clock([&] { ++shots; });
  clock.Shoot(0, Termination::kDeleted);
  const uint64_t first = clock.Begin(RunClock::kNever);
  clock.Shoot(first + 1, Termination::kDeleted);
  EXPECT_FALSE(clock.End(first));
  clock.Shoot(first, Termination::kDeleted);
  const uint64_t second = clock.Begin(RunClock::kNever);
  clock.Shoot(first, Termination::kDeleted);
  EXPECT_FALSE(clock.shot());
  EXPECT_FALSE(clock.End(second));
  EXPECT_EQ(shots, 0);
}

TEST(RunClock, ExpiresAtItsDeadlineAndNotBefore) {
  int shots = 0;
  RunClock clock([&] { ++shots; });
  EXPECT_EQ(clock.ShootIfExpired(100), RunClock::kNever) << "idle";
  const uint64_t run = clock.Begin(100);
  EXPECT_EQ(clock.ShootIfExpired(99), 100);
  EXPECT_EQ(shots, 0);
  EXPECT_EQ(clock.ShootIfExpired(100), RunClock::kNever);
  EXPECT_EQ(clock.reason(), Termination::kDeadline);
  EXPECT_TRUE(clock.End(run));
  EXPECT_EQ(shots, 1);
}

// Whoever sees the shot while it is being fired sees why, too.
TEST(RunClock, AShotHasItsReasonAtOnce) {
  std::atomic<bool> seen = false;
  RunClock clock([&] {
    while (!seen) std::this_thread::yield();
  });
  for (const auto why : {Termination::kCancelled, Termination::kDeleted, Termination::kDeadline}) {
    seen = false;
    const uint64_t run = clock.Begin(RunClock::kNever);
    std::thread other([&] { clock.Shoot(run, why); });
    while (!clock.shot()) {
    }
    EXPECT_EQ(clock.reason(), why);
    seen = true;
    other.join();
    EXPECT_EQ(clock.reason(), why);
    EXPECT_TRUE(clock.End(run));
  }
}

// A run's shot is fired before End returns, never after: it would hit the next run.
TEST(RunClock, EndWaitsForAShotThatIsBeingFired) {
  std::atomic<bool> running = false;
  std::atomic<int> strays = 0;
  RunClock clock([&] { strays += running ? 0 : 1; });
  std::atomic<uint64_t> number = 0;
  std::atomic<bool> stop = false;
  std::thread shooter([&] {
    while (!stop) clock.Shoot(number, Termination::kCancelled);
  });
  for (int i = 0; i < 50'000; ++i) {
    running = true;
    const uint64_t run = clock.Begin(RunClock::kNever);
    number = run;
    clock.End(run);
    running = false;
  }
  stop = true;
  shooter.join();
  EXPECT_EQ(strays, 0);
}

TEST(Watchdog, ShootsEachClockAtItsDeadline) {
  Watchdog watchdog;
  std::atomic<int> shots = 0;
  auto late = std::make_shared<RunClock>([&] { ++shots; });
  auto soon = std::make_shared<RunClock>([&] { ++shots; });
  watchdog.Add(late);
  watchdog.Add(soon);
  const int64_t now = absl::GetCurrentTimeNanos();
  const uint64_t late_run = late->Begin(now + 3'600'000'000'000);
  watchdog.Arm(now + 3'600'000'000'000);
  const uint64_t soon_run = soon->Begin(now + 10'000'000);
  watchdog.Arm(now + 10'000'000);
  while (!soon->shot()) std::this_thread::yield();
  EXPECT_GE(absl::GetCurrentTimeNanos(), now + 10'000'000);
  EXPECT_TRUE(soon->End(soon_run));
  EXPECT_FALSE(late->End(late_run));
  EXPECT_EQ(shots, 1);
  watchdog.Remove(*late);
  watchdog.Remove(*soon);
}

TEST(Watchdog, ServesManyShortRuns) {
  Watchdog watchdog;
  auto clock = std::make_shared<RunClock>([] {});
  watchdog.Add(clock);
  for (int i = 0; i < 20; ++i) {
    const int64_t deadline = absl::GetCurrentTimeNanos() + 1'000'000;
    const uint64_t run = clock->Begin(deadline);
    watchdog.Arm(deadline);
    while (!clock->shot()) std::this_thread::yield();
    EXPECT_TRUE(clock->End(run));
  }
}

}  // namespace
}  // namespace davit::engine
