#include "server/sched/timer.h"

#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(Timer, RunsInOrderOfTimeNotOfScheduling) {
  std::vector<int> order;
  absl::Notification done;
  Timer timer;
  const absl::Time now = absl::Now();
  timer.Schedule(now + absl::Milliseconds(40), [&] {
    order.push_back(2);
    done.Notify();
  });
  timer.Schedule(now + absl::Milliseconds(20), [&] { order.push_back(1); });
  done.WaitForNotification();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
  EXPECT_GE(absl::Now(), now + absl::Milliseconds(40));
}

TEST(Timer, RunsAtOnceWhatIsPast) {
  absl::Notification done;
  Timer timer;
  timer.Schedule(absl::InfinitePast(), [&] { done.Notify(); });
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

TEST(Timer, CancelledActionsNeverRun) {
  absl::Notification done;
  bool ran = false;
  Timer timer;
  const Timer::Id id = timer.Schedule(absl::Now() + absl::Milliseconds(20), [&ran] { ran = true; });
  EXPECT_TRUE(timer.Cancel(id));
  EXPECT_FALSE(timer.Cancel(id));
  timer.Schedule(absl::Now() + absl::Milliseconds(30), [&] { done.Notify(); });
  done.WaitForNotification();
  EXPECT_FALSE(ran);
}

TEST(Timer, ActionsMayScheduleActions) {
  absl::Notification done;
  Timer timer;
  timer.Schedule(absl::Now(), [&] { timer.Schedule(absl::Now(), [&] { done.Notify(); }); });
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Seconds(10)));
}

TEST(Timer, DropsWhatIsDueAfterItsEnd) {
  bool ran = false;
  {
    Timer timer;
    timer.Schedule(absl::Now() + absl::Hours(1), [&ran] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

TEST(Timer, TakesNothingMoreOnceStopped) {
  bool ran = false;
  Timer timer;
  timer.Stop();
  timer.Schedule(absl::InfinitePast(), [&ran] { ran = true; });
  timer.Stop();
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace davit::server
