#include "runtime/engine/process/watchdog.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"

namespace davit::engine {

uint64_t RunClock::Begin(int64_t deadline) {
  const uint64_t number = ++last_number_;
  // The deadline belongs to the number that is published after it; the other threads read the
  // number first and check it again when they claim the run.
  deadline_.store(deadline, std::memory_order_release);
  if (deadline == kNever) {  // which no Arm() follows
    word_.store(Word(number, kRunning), std::memory_order_release);
    return number;
  }
  // Sequentially consistent with Watchdog::next_wake_: either the watchdog sees this run, or Arm()
  // sees that the watchdog is looking.
  word_.store(Word(number, kRunning), std::memory_order_seq_cst);
  return number;
}

std::optional<Termination> RunClock::End(uint64_t number) {
  uint64_t expected = Word(number, kRunning);
  if (word_.compare_exchange_strong(expected, Word(number, kIdle), std::memory_order_acq_rel)) {
    return std::nullopt;
  }
  while ((word_.load(std::memory_order_acquire) & kStateMask) == kShooting) {
    std::this_thread::yield();
  }
  const Termination why = reason();
  word_.store(Word(number, kIdle), std::memory_order_release);
  return why;
}

void RunClock::Shoot(uint64_t number, Termination why) {
  uint64_t expected = Word(number, kRunning);
  if (!word_.compare_exchange_strong(expected, Word(number, kShooting, why),
                                     std::memory_order_acq_rel)) {
    return;
  }
  fire_();
  word_.store(Word(number, kShot, why), std::memory_order_release);
}

void RunClock::ShootActive(Termination why) {
  const uint64_t word = word_.load(std::memory_order_acquire);
  if ((word & kStateMask) == kRunning) Shoot(NumberOf(word), why);
}

int64_t RunClock::ShootIfExpired(int64_t now) {
  const uint64_t word = word_.load(std::memory_order_seq_cst);
  if ((word & kStateMask) != kRunning) return kNever;
  const int64_t deadline = deadline_.load(std::memory_order_acquire);
  if (deadline > now) return deadline;
  Shoot(NumberOf(word), Termination::kDeadline);
  return kNever;
}

Watchdog::Watchdog() : thread_([this] { Loop(); }) {}

Watchdog::~Watchdog() {
  {
    absl::MutexLock lock(mutex_);
    stop_ = true;
    wake_.Signal();
  }
  thread_.join();
}

void Watchdog::Add(std::shared_ptr<RunClock> clock) {
  absl::MutexLock lock(mutex_);
  clocks_.push_back(std::move(clock));
}

void Watchdog::Remove(const RunClock& clock) {
  absl::MutexLock lock(mutex_);
  std::erase_if(clocks_, [&](const auto& known) { return known.get() == &clock; });
}

void Watchdog::Wake() {
  absl::MutexLock lock(
      mutex_);  // Which the thread holds unless it waits: the signal cannot be lost.
  wake_.Signal();
}

int64_t Watchdog::Scan() {
  const int64_t now = absl::GetCurrentTimeNanos();
  int64_t next = RunClock::kNever;
  for (const auto& clock : clocks_) next = std::min(next, clock->ShootIfExpired(now));
  return next;
}

void Watchdog::Loop() {
  absl::MutexLock lock(mutex_);
  while (!stop_) {
    next_wake_.store(RunClock::kNever, std::memory_order_seq_cst);
    const int64_t next = Scan();
    next_wake_.store(next, std::memory_order_seq_cst);
    if (next == RunClock::kNever) {
      wake_.Wait(&mutex_);
    } else {
      wake_.WaitWithDeadline(&mutex_, absl::FromUnixNanos(next));
    }
  }
}

}  // namespace davit::engine
