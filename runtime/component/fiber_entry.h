#ifndef DAVIT_RUNTIME_COMPONENT_FIBER_ENTRY_H_
#define DAVIT_RUNTIME_COMPONENT_FIBER_ENTRY_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/component/mailbox.h"
#include "runtime/component/task.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/store/fiber.h"
#include "runtime/engine/store/store.h"

namespace davit::component {

// One entry of the host into a program that may come to wait: steps on a fiber, until they end.
// Needs the cell's lock; one of a program at a time.
class FiberEntry {
 public:
  using Outcome = engine::Fiber::Outcome;

  // All of them outlive it. `fiber` was taken for this.
  FiberEntry(Mailbox& mailbox, engine::Steps& steps, HostEntry& entry,
             std::unique_ptr<engine::Fiber> fiber)
      : mailbox_(mailbox), steps_(steps), entry_(entry), fiber_(std::move(fiber)) {}

  // Runs the steps until they wait or end, within the entry's deadline. Errors: as of Fiber::Run.
  absl::StatusOr<Outcome> Start(engine::CellLock& lock);
  // Goes on if there is an answer, and ends if it is to: because somebody says so, or because it is
  // `now` too late.
  absl::StatusOr<Outcome> Drive(engine::CellLock& lock, absl::Time now);
  // Start(), and where it waits this thread does.
  absl::Status Run(engine::CellLock& lock);

 private:
  absl::StatusOr<Outcome> React(engine::CellLock& lock, const Mailbox::News& news, absl::Time now);
  absl::StatusOr<Outcome> Settle(engine::CellLock& lock, absl::StatusOr<Outcome> outcome);

  Mailbox& mailbox_;
  engine::Steps& steps_;
  HostEntry& entry_;
  std::unique_ptr<engine::Fiber> fiber_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_FIBER_ENTRY_H_
