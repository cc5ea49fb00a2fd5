#ifndef DAVIT_SERVER_INSTANCES_DRIVE_TASK_H_
#define DAVIT_SERVER_INSTANCES_DRIVE_TASK_H_

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/engine/cell/cell.h"
#include "server/sched/scheduler.h"

namespace davit::server {

// Something in a cell that goes on when it is woken: an instance whose call waits.
class Drivable : public std::enable_shared_from_this<Drivable> {
 public:
  virtual ~Drivable() = default;

  // Has Drive() called soon, in a task of the queue. Thread-safe; nothing for one that is about to
  // end. The queue must outlive it.
  void Wake(CellQueue& queue);
  virtual void Drive(engine::CellLock& lock) = 0;

 private:
  friend class DriveTask;
  std::atomic<bool> is_woken_ = false;
};

// The task that drives one, once however often it was woken meanwhile.
class DriveTask final : public CellTask {
 public:
  explicit DriveTask(std::shared_ptr<Drivable> drivable) : drivable_(std::move(drivable)) {}

  absl::Status Wanted(absl::Time) const override { return absl::OkStatus(); }
  TaskProgress Run(engine::CellLock* lock) override {
    drivable_->is_woken_.store(false);
    drivable_->Drive(*lock);
    return TaskProgress::kDone;
  }
  void Drop(const absl::Status&) override {}
  // What it runs has a deadline, and is interrupted as what it is part of.
  void Interrupt(const absl::Status&) override {}
  void Finish() override {}
  bool IsPartOfAnother() const override { return true; }

 private:
  const std::shared_ptr<Drivable> drivable_;
};

inline void Drivable::Wake(CellQueue& queue) {
  std::shared_ptr<Drivable> self = weak_from_this().lock();
  if (self == nullptr || is_woken_.exchange(true)) return;
  queue.Submit(std::make_unique<DriveTask>(std::move(self)), Place::kWorker);
}

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_DRIVE_TASK_H_
