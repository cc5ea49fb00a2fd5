#include "server/sched/scheduler.h"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

class FakeCell final : public CellEntry {
 public:
  absl::Status Enter(absl::FunctionRef<void(engine::CellLock*)> batch) override {
    if (!failure.ok()) return failure;
    EXPECT_FALSE(entered.exchange(true)) << "two threads in one cell";
    ++batches;
    batch(nullptr);
    entered = false;
    return absl::OkStatus();
  }
  bool IsMade() const override { return true; }
  size_t LiveStores() const override { return 0; }

  absl::Status failure;
  std::atomic<bool> entered = false;
  std::atomic<int> batches = 0;
};

// A task that lives in the test and notes what happens to it.
class TestTask final : public CellTask {
 public:
  explicit TestTask(std::function<void()> body = [] {}) : body_(std::move(body)) {}

  absl::Status Wanted(absl::Time) const override {
    ++asked;
    return wanted ? absl::OkStatus() : absl::CancelledError("unwanted");
  }
  TaskProgress Run(engine::CellLock*) override {
    ran = true;
    body_();
    return parks ? TaskProgress::kParked : TaskProgress::kDone;
  }
  void Drop(const absl::Status& why) override { dropped = why; }
  void Interrupt(const absl::Status&) override {
    if (!interrupted.HasBeenNotified()) interrupted.Notify();
  }
  void Finish() override { finished.Notify(); }

  bool parks = false;
  std::atomic<bool> wanted = true;
  mutable std::atomic<int> asked = 0;  // whether it is wanted
  std::atomic<bool> ran = false;
  absl::Status dropped;
  absl::Notification interrupted;
  absl::Notification finished;

 private:
  std::function<void()> body_;
};

class SchedulerTest : public ::testing::Test {
 protected:
  ~SchedulerTest() override {
    timer_.Stop();
    workers_.Stop();
  }

  std::shared_ptr<CellQueue> NewQueue(absl::Status failure = absl::OkStatus()) {
    auto cell = std::make_unique<FakeCell>();
    cell->failure = failure;
    return scheduler_.NewQueue(std::move(cell));
  }

  // Occupies a queue until released.
  struct Blocker {
    absl::Notification started;
    absl::Notification release;
    TestTask task{[this] {
      started.Notify();
      release.WaitForNotification();
    }};
    void Occupy(CellQueue& queue) {
      ASSERT_TRUE(queue.Submit(task, Place::kWorker).ok());
      started.WaitForNotification();
    }
    void End() {
      release.Notify();
      task.finished.WaitForNotification();
    }
  };

  WorkerPool workers_{{.kept_threads = 2}};
  Timer timer_;
  Scheduler scheduler_{{.queue_length = 4, .direct_calls = 1}, workers_, timer_};
};

TEST_F(SchedulerTest, RunsTasksInOrder) {
  std::vector<int> order;
  std::vector<std::unique_ptr<TestTask>> tasks;
  auto queue = NewQueue();
  for (int i = 0; i < 4; ++i) {
    tasks.push_back(std::make_unique<TestTask>([&order, i] { order.push_back(i); }));
    ASSERT_TRUE(queue->Submit(*tasks.back(), Place::kWorker).ok());
  }
  for (auto& task : tasks) task->finished.WaitForNotification();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST_F(SchedulerTest, RunsAShortTaskHere) {
  auto queue = NewQueue();
  std::thread::id where;
  TestTask task([&where] { where = std::this_thread::get_id(); });
  ASSERT_TRUE(queue->Submit(task, Place::kHere).ok());
  EXPECT_TRUE(task.finished.HasBeenNotified());
  EXPECT_EQ(where, std::this_thread::get_id());
  EXPECT_EQ(queue->depth(), 0u);
}

TEST_F(SchedulerTest, RunsElsewhereWhatIsOneDirectTaskTooMany) {
  auto queue = NewQueue();
  auto other = NewQueue();
  TestTask inner;
  TestTask outer([&] { ASSERT_TRUE(other->Submit(inner, Place::kHere).ok()); });
  ASSERT_TRUE(queue->Submit(outer, Place::kHere).ok());
  inner.finished.WaitForNotification();
  EXPECT_TRUE(inner.ran);
}

TEST_F(SchedulerTest, ADirectTaskRunsNoLongOnesAfterIt) {
  auto queue = NewQueue();
  std::thread::id where;
  TestTask is_long([&where] { where = std::this_thread::get_id(); });
  TestTask is_short([&] { ASSERT_TRUE(queue->Submit(is_long, Place::kWorker).ok()); });
  ASSERT_TRUE(queue->Submit(is_short, Place::kHere).ok());
  EXPECT_TRUE(is_short.finished.HasBeenNotified());
  is_long.finished.WaitForNotification();
  EXPECT_NE(where, std::this_thread::get_id());
}

TEST_F(SchedulerTest, ADirectTaskTakesShortOnesAlong) {
  auto queue = NewQueue();
  TestTask second;
  TestTask first([&] { ASSERT_TRUE(queue->Submit(second, Place::kHere).ok()); });
  ASSERT_TRUE(queue->Submit(first, Place::kHere).ok());
  EXPECT_TRUE(second.finished.HasBeenNotified());
}

TEST_F(SchedulerTest, ALongTaskDelaysNoOtherQueue) {
  std::vector<std::shared_ptr<CellQueue>> queues;
  std::vector<std::unique_ptr<Blocker>> blockers;
  for (int i = 0; i < 10; ++i) {
    queues.push_back(NewQueue());
    blockers.push_back(std::make_unique<Blocker>());
    blockers.back()->Occupy(*queues.back());
  }
  auto queue = NewQueue();
  TestTask task;
  ASSERT_TRUE(queue->Submit(task, Place::kWorker).ok());
  task.finished.WaitForNotification();
  for (auto& blocker : blockers) blocker->End();
}

// A task that notes its end.
class HeapTask final : public CellTask {
 public:
  struct Fate {
    absl::Notification deleted;
    bool ran = false;
    absl::Status dropped;
    bool finished = false;
  };
  explicit HeapTask(Fate& fate) : fate_(fate) {}
  ~HeapTask() override { fate_.deleted.Notify(); }

  absl::Status Wanted(absl::Time) const override { return absl::OkStatus(); }
  TaskProgress Run(engine::CellLock*) override {
    fate_.ran = true;
    return TaskProgress::kDone;
  }
  void Drop(const absl::Status& why) override { fate_.dropped = why; }
  void Interrupt(const absl::Status&) override {}
  void Finish() override { fate_.finished = true; }

 private:
  Fate& fate_;
};

TEST_F(SchedulerTest, ATaskThatParksLeavesTheQueueUntilItIsEnded) {
  auto queue = NewQueue();
  TestTask parked, after;
  parked.parks = true;
  ASSERT_TRUE(queue->Submit(parked, Place::kWorker).ok());
  ASSERT_TRUE(queue->Submit(after, Place::kWorker).ok());
  after.finished.WaitForNotification();
  EXPECT_TRUE(parked.ran);
  EXPECT_FALSE(parked.finished.HasBeenNotified());
  EXPECT_EQ(queue->parked(), 1u);
  EXPECT_FALSE(scheduler_.IsIdle());
  TestTask ends([&] { queue->EndParked(parked); });
  ASSERT_TRUE(queue->Submit(ends, Place::kWorker).ok());
  ends.finished.WaitForNotification();
  EXPECT_TRUE(parked.finished.HasBeenNotified());
  EXPECT_EQ(queue->parked(), 0u);
}

TEST_F(SchedulerTest, ATaskThatIsParkedIsInterruptedWhenNobodyWantsIt) {
  auto queue = NewQueue();
  TestTask parked, other;
  parked.parks = other.parks = true;
  ASSERT_TRUE(queue->Submit(parked, Place::kWorker).ok());
  ASSERT_TRUE(queue->Submit(other, Place::kWorker).ok());
  while (queue->parked() < 2) std::this_thread::yield();
  parked.wanted = false;
  parked.interrupted.WaitForNotification();
  EXPECT_FALSE(other.interrupted.HasBeenNotified());
  TestTask ends([&] {
    queue->EndParked(other);
    queue->EndParked(parked);
  });
  ASSERT_TRUE(queue->Submit(ends, Place::kWorker).ok());
  ends.finished.WaitForNotification();
}

TEST_F(SchedulerTest, ATaskOfTheQueuesOwnEndsAfterItsFinish) {
  auto queue = NewQueue();
  HeapTask::Fate fate;
  queue->Submit(std::make_unique<HeapTask>(fate), Place::kWorker);
  fate.deleted.WaitForNotification();
  EXPECT_TRUE(fate.ran);
  EXPECT_TRUE(fate.finished);
}

TEST_F(SchedulerTest, ATaskOfTheQueuesOwnIsDroppedWhereTheQueueIsFull) {
  auto queue = NewQueue();
  Blocker blocker;
  blocker.Occupy(*queue);
  std::vector<std::unique_ptr<TestTask>> tasks;
  for (int i = 0; i < 4; ++i) {
    tasks.push_back(std::make_unique<TestTask>());
    ASSERT_TRUE(queue->Submit(*tasks.back(), Place::kWorker).ok());
  }
  HeapTask::Fate fate;
  queue->Submit(std::make_unique<HeapTask>(fate), Place::kWorker);
  EXPECT_TRUE(fate.deleted.HasBeenNotified());
  EXPECT_EQ(fate.dropped.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(fate.finished);
  EXPECT_FALSE(fate.ran);
  blocker.End();
  for (auto& task : tasks) task->finished.WaitForNotification();
}

TEST_F(SchedulerTest, RefusesWhatDoesNotFitTheQueue) {
  auto queue = NewQueue();
  Blocker blocker;
  blocker.Occupy(*queue);
  std::vector<std::unique_ptr<TestTask>> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(std::make_unique<TestTask>());
    ASSERT_TRUE(queue->Submit(*waiting.back(), Place::kWorker).ok()) << i;
  }
  TestTask one_more;
  EXPECT_EQ(queue->Submit(one_more, Place::kWorker).code(), absl::StatusCode::kResourceExhausted);
  blocker.End();
  for (auto& task : waiting) task->finished.WaitForNotification();
  EXPECT_FALSE(one_more.ran);
}

TEST_F(SchedulerTest, TellsHowManyTasksWait) {
  const auto queue = NewQueue();
  const auto other = NewQueue();
  Blocker blocker, other_blocker;
  blocker.Occupy(*queue);
  other_blocker.Occupy(*other);
  EXPECT_EQ(scheduler_.waiting(), 0u) << "those that run do not";
  TestTask first, second, of_other;
  ASSERT_TRUE(queue->Submit(first, Place::kWorker).ok());
  ASSERT_TRUE(queue->Submit(second, Place::kWorker).ok());
  ASSERT_TRUE(other->Submit(of_other, Place::kWorker).ok());
  EXPECT_EQ(queue->waiting(), 2u);
  EXPECT_EQ(scheduler_.waiting(), 3u);
  blocker.End();
  other_blocker.End();
  for (TestTask* task : {&first, &second, &of_other}) task->finished.WaitForNotification();
  EXPECT_EQ(scheduler_.waiting(), 0u);
}

TEST_F(SchedulerTest, DropsWhatNobodyWantsBehindALongTask) {
  auto queue = NewQueue();
  Blocker blocker;
  blocker.Occupy(*queue);
  TestTask kept;
  TestTask abandoned;
  ASSERT_TRUE(queue->Submit(abandoned, Place::kWorker).ok());
  ASSERT_TRUE(queue->Submit(kept, Place::kWorker).ok());
  abandoned.wanted = false;
  abandoned.finished.WaitForNotification();  // while the queue is still blocked
  EXPECT_EQ(abandoned.dropped.code(), absl::StatusCode::kCancelled);
  EXPECT_FALSE(abandoned.ran);
  EXPECT_FALSE(kept.finished.HasBeenNotified());
  blocker.End();
  kept.finished.WaitForNotification();
  EXPECT_TRUE(kept.ran);
}

TEST_F(SchedulerTest, InterruptsARunThatNobodyWants) {
  auto queue = NewQueue();
  TestTask* self = nullptr;
  TestTask task([&self] { self->interrupted.WaitForNotification(); });
  self = &task;
  ASSERT_TRUE(queue->Submit(task, Place::kWorker).ok());
  task.wanted = false;
  task.finished.WaitForNotification();
}

TEST_F(SchedulerTest, NeverInterruptsOneThatIsWanted) {
  auto queue = NewQueue();
  // It runs until the watch has asked for it several times.
  constexpr int kTimes = 5;
  TestTask* self = nullptr;
  TestTask task([&self] {
    while (self->asked < kTimes) std::this_thread::yield();
  });
  self = &task;
  ASSERT_TRUE(queue->Submit(task, Place::kWorker).ok());
  task.finished.WaitForNotification();
  EXPECT_FALSE(task.interrupted.HasBeenNotified());
}

TEST_F(SchedulerTest, DropsEverythingWhenTheCellCannotBeMade) {
  auto queue = NewQueue(absl::ResourceExhaustedError("cells"));
  TestTask task;
  ASSERT_TRUE(queue->Submit(task, Place::kWorker).ok());
  task.finished.WaitForNotification();
  EXPECT_FALSE(task.ran);
  EXPECT_EQ(task.dropped.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(SchedulerTest, BeginsNothingOnceTasksAreEnded) {
  const auto queue = NewQueue();
  Blocker blocker;
  blocker.Occupy(*queue);
  TestTask waiting;
  ASSERT_TRUE(queue->Submit(waiting, Place::kWorker).ok());
  scheduler_.EndTasks(absl::UnavailableError("over"));
  blocker.End();
  TestTask later;
  ASSERT_TRUE(queue->Submit(later, Place::kHere).ok());
  for (TestTask* task : {&waiting, &later}) {
    task->finished.WaitForNotification();
    EXPECT_FALSE(task->ran);
    EXPECT_EQ(task->dropped, absl::UnavailableError("over"));
  }
}

TEST_F(SchedulerTest, EndedTasksThatRunAreInterrupted) {
  const auto queue = NewQueue();
  Blocker blocker;
  blocker.Occupy(*queue);
  scheduler_.EndTasks(absl::UnavailableError("over"));
  blocker.task.interrupted.WaitForNotification();
  blocker.End();
  EXPECT_TRUE(blocker.task.ran);
}

TEST_F(SchedulerTest, OneThreadAtATimeIsInACell) {
  Scheduler wide({.queue_length = 100'000, .direct_calls = 4}, workers_, timer_);
  auto queue = wide.NewQueue(std::make_unique<FakeCell>());
  constexpr size_t kThreads = 4;
  constexpr size_t kTasks = 2000;
  size_t count = 0;  // unguarded on purpose
  std::vector<std::unique_ptr<TestTask>> tasks(kThreads * kTasks);
  for (auto& task : tasks) task = std::make_unique<TestTask>([&count] { ++count; });
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < kTasks; ++i) {
        ASSERT_TRUE(
            queue->Submit(*tasks[t * kTasks + i], i % 2 ? Place::kHere : Place::kWorker).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& task : tasks) task->finished.WaitForNotification();
  EXPECT_EQ(count, kThreads * kTasks);
  timer_.Stop();
  workers_.Stop();
}

}  // namespace
}  // namespace davit::server
