#include "server/sched/background.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(BackgroundQueue, RunsEverythingButNoMoreThanOneForEachCoreAtOnce) {
  WorkerPool workers({.kept_threads = 2});
  BackgroundQueue queue(workers);
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> runs = 0;
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  for (int i = 0; i < 8 * cores; ++i) {
    queue.Run([&] {
      const int now = ++running;
      for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
      }
      absl::SleepFor(absl::Milliseconds(2));
      --running;
      ++runs;
    });
  }
  while (!queue.IsIdle()) absl::SleepFor(absl::Milliseconds(1));
  workers.Stop();
  EXPECT_EQ(runs, 8 * cores);
  EXPECT_LE(most, cores);
}

TEST(BackgroundQueue, LeavesRoomForOtherWork) {
  WorkerPool workers({.kept_threads = 1});
  BackgroundQueue queue(workers);
  absl::Notification release;
  for (int i = 0; i < 100; ++i) queue.Run([&] { release.WaitForNotification(); });
  absl::Notification other;
  workers.Run([&] { other.Notify(); });
  EXPECT_TRUE(other.WaitForNotificationWithTimeout(absl::Seconds(10)));
  release.Notify();
  workers.Stop();
}

}  // namespace
}  // namespace davit::server
