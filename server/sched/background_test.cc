#include "server/sched/background.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(BackgroundQueue, RunsOneThingForEachCoreAtOnceAndTheRestInTurn) {
  const size_t cores = std::max(1u, std::thread::hardware_concurrency());
  WorkerPool workers({.kept_threads = 2});
  BackgroundQueue queue(workers);
  absl::Notification release;
  absl::BlockingCounter all_run(static_cast<int>(cores));
  for (size_t i = 0; i < cores; ++i) {
    queue.Run([&] {
      all_run.DecrementCount();
      release.WaitForNotification();
    });
  }
  all_run.Wait();  // Hangs unless they run side by side.
  std::atomic<size_t> runs = 0;
  for (size_t i = 1; i <= 8 * cores; ++i) {
    queue.Run([&] { ++runs; });
    EXPECT_EQ(queue.waiting(), i);
  }
  EXPECT_EQ(runs, 0u);
  release.Notify();
  workers.Stop();
  EXPECT_EQ(runs, 8 * cores);
  EXPECT_EQ(queue.waiting(), 0u);
  EXPECT_TRUE(queue.IsIdle());
}

TEST(BackgroundQueue, LeavesRoomForOtherWork) {
  WorkerPool workers({.kept_threads = 1});
  BackgroundQueue queue(workers);
  absl::Notification release;
  for (int i = 0; i < 100; ++i) queue.Run([&] { release.WaitForNotification(); });
  absl::Notification other;
  workers.Run([&] { other.Notify(); });
  EXPECT_TRUE(other.WaitForNotificationWithTimeout(absl::Minutes(1)));
  release.Notify();
  workers.Stop();
}

}  // namespace
}  // namespace davit::server
