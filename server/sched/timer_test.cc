#include "server/sched/timer.h"

#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

// Keeps a timer from running anything else for as long as it lives.
class Hold {
 public:
  explicit Hold(Timer& timer) {
    timer.Schedule(absl::InfinitePast(), [this] {
      held_.Notify();
      release_.WaitForNotification();
      over_.Notify();
    });
    held_.WaitForNotification();
  }
  ~Hold() {
    release_.Notify();
    over_.WaitForNotification();
  }

 private:
  absl::Notification held_, release_, over_;
};

TEST(Timer, RunsInOrderOfTimeNotOfScheduling) {
  std::vector<int> order;
  absl::Notification done;
  Timer timer;
  {
    const Hold hold(timer);
    const absl::Time past = absl::Now();
    timer.Schedule(past, [&] {
      order.push_back(2);
      done.Notify();
    });
    timer.Schedule(past - absl::Milliseconds(1), [&] { order.push_back(1); });
  }
  done.WaitForNotification();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(Timer, RunsNothingBeforeItsTime) {
  absl::Time ran_at;
  absl::Notification done;
  Timer timer;
  const absl::Time time = absl::Now() + absl::Milliseconds(40);
  timer.Schedule(time, [&] {
    ran_at = absl::Now();
    done.Notify();
  });
  done.WaitForNotification();
  EXPECT_GE(ran_at, time);
}

TEST(Timer, RunsAtOnceWhatIsPast) {
  absl::Notification done;
  Timer timer;
  timer.Schedule(absl::InfinitePast(), [&] { done.Notify(); });
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Minutes(1)));
}

TEST(Timer, CancelledActionsNeverRun) {
  absl::Notification done;
  bool ran = false;
  Timer timer;
  {
    const Hold hold(timer);
    const absl::Time past = absl::Now();
    const Timer::Id id = timer.Schedule(past, [&ran] { ran = true; });
    EXPECT_TRUE(timer.Cancel(id));
    EXPECT_FALSE(timer.Cancel(id));
    timer.Schedule(past, [&] { done.Notify(); });
  }
  done.WaitForNotification();
  EXPECT_FALSE(ran);
}

TEST(Timer, ActionsMayScheduleActions) {
  absl::Notification done;
  Timer timer;
  timer.Schedule(absl::Now(), [&] { timer.Schedule(absl::Now(), [&] { done.Notify(); }); });
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::Minutes(1)));
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
