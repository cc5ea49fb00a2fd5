#include "server/sched/worker_pool.h"

#include <atomic>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

bool WaitUntil(absl::AnyInvocable<bool()> condition) {
  const absl::Time end = absl::Now() + absl::Minutes(1);
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(1));
  }
  return true;
}

TEST(WorkerPool, RunsWhatItIsGiven) {
  std::atomic<int> runs = 0;
  {
    WorkerPool pool({.kept_threads = 2});
    for (int i = 0; i < 10'000; ++i) pool.Run([&runs] { ++runs; });
  }
  EXPECT_EQ(runs, 10'000);
}

TEST(WorkerPool, RunsInPlaceWhatItIsGivenOnceStopped) {
  WorkerPool pool({.kept_threads = 2});
  pool.Stop();
  bool has_run = false;
  pool.Run([&] { has_run = true; });
  EXPECT_TRUE(has_run);
}

TEST(WorkerPool, RunsInPlaceWhatIsForAWorkerAndComesFromOne) {
  std::thread::id outer, inner;
  {
    WorkerPool pool({.kept_threads = 2});
    pool.RunOnWorker([&] {
      outer = std::this_thread::get_id();
      pool.RunOnWorker([&] { inner = std::this_thread::get_id(); });
    });
  }
  EXPECT_NE(outer, std::this_thread::get_id());
  EXPECT_EQ(inner, outer);
}

TEST(WorkerPool, RunsWhatItIsGivenWhileSpinning) {
  std::atomic<int> runs = 0;
  {
    WorkerPool pool({.kept_threads = 2, .spin = absl::Microseconds(50)});
    for (int i = 0; i < 1'000; ++i) {
      pool.Run([&runs] { ++runs; });
      absl::SleepFor(absl::Microseconds(i % 100));
    }
  }
  EXPECT_EQ(runs, 1'000);
}

TEST(WorkerPool, StartsThreadsWhileAllAreBusy) {
  absl::Notification release;
  absl::BlockingCounter all_run(8);
  WorkerPool pool({.kept_threads = 1, .max_threads = 8});
  for (int i = 0; i < 8; ++i) {
    pool.Run([&] {
      all_run.DecrementCount();
      release.WaitForNotification();
    });
  }
  all_run.Wait();  // Hangs unless all eight run side by side.
  EXPECT_EQ(pool.threads(), 8u);
  release.Notify();
}

TEST(WorkerPool, StopsAtItsMaximum) {
  absl::Notification release;
  std::atomic<int> running = 0;
  WorkerPool pool({.kept_threads = 1, .max_threads = 2});
  for (int i = 0; i < 3; ++i) {
    pool.Run([&] {
      ++running;
      release.WaitForNotification();
    });
  }
  // A thread is started where work is given, so there will be no third.
  EXPECT_EQ(pool.threads(), 2u);
  EXPECT_TRUE(WaitUntil([&] { return running == 2; }));
  release.Notify();
  EXPECT_TRUE(WaitUntil([&] { return running == 3; }));
}

TEST(WorkerPool, KeepsNoMoreIdleThreadsThanItShould) {
  absl::Notification release;
  absl::BlockingCounter all_run(4);
  WorkerPool pool({.kept_threads = 1, .idle = absl::Milliseconds(10)});
  for (int i = 0; i < 4; ++i) {
    pool.Run([&] {
      all_run.DecrementCount();
      release.WaitForNotification();
    });
  }
  all_run.Wait();
  release.Notify();
  EXPECT_TRUE(WaitUntil([&] { return pool.threads() == 1; }));
}

}  // namespace
}  // namespace davit::server
