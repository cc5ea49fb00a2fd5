#include "runtime/component/fiber_entry.h"

#include <utility>

#include "absl/time/clock.h"
#include "runtime/base/error.h"
#include "runtime/engine/process/termination.h"

namespace davit::component {

absl::StatusOr<FiberEntry::Outcome> FiberEntry::Start(engine::CellLock& lock) {
  entry_.lock = &lock;
  mailbox_.BeginCall();
  return Settle(lock, fiber_->Run(lock, steps_, entry_.deadline));
}

absl::StatusOr<FiberEntry::Outcome> FiberEntry::Drive(engine::CellLock& lock, absl::Time now) {
  return React(lock, mailbox_.Take(), now);
}

absl::Status FiberEntry::Run(engine::CellLock& lock) {
  absl::StatusOr<Outcome> outcome = Start(lock);
  while (outcome.ok() && *outcome == Outcome::kParked) {
    const Mailbox::News news = mailbox_.Await(entry_.deadline);
    outcome = React(lock, news, absl::Now());
  }
  return outcome.status();
}

absl::StatusOr<FiberEntry::Outcome> FiberEntry::React(engine::CellLock& lock,
                                                      const Mailbox::News& news, absl::Time now) {
  entry_.lock = &lock;
  if (news.ended || now >= entry_.deadline) {
    const auto why = news.ended.value_or(engine::Termination::kDeadline);
    return Settle(lock, fiber_->Fail(lock, base::WhileWaiting(engine::TerminationStatus(why))));
  }
  if (!news.has_answer) return Outcome::kParked;
  return Settle(lock, fiber_->Resume(lock, entry_.deadline));
}

// The fiber goes back when it is not needed any more.
absl::StatusOr<FiberEntry::Outcome> FiberEntry::Settle(engine::CellLock& lock,
                                                       absl::StatusOr<Outcome> outcome) {
  if (outcome.ok() && *outcome == Outcome::kParked) return outcome;
  mailbox_.EndCall();
  engine::Fiber::Return(lock, std::move(fiber_));
  return outcome;
}

}  // namespace davit::component
