#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_WATCHDOG_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_WATCHDOG_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/engine/process/termination.h"

// Ending guest code from outside. The difficulty is that a V8 termination which lands while nothing
// runs stays pending and kills the next, innocent call. So each run has a number, and a shot is
// fired between two atomic changes of one word that holds the number and a state:
//
//     idle --Begin--> n running --claim--> n shooting --(TerminateExecution)--> n shot
//                        |                                                        |
//                        +----------------------- End --------------------------- +--> idle
//
// End waits while a shot is being fired and then knows whether to take the termination back.
namespace davit::engine {

// The runs of one cell: one at a time, begun and ended by the thread that holds the cell.
class RunClock {
 public:
  // `fire` makes the guest code that runs in the cell stop; it is called from any thread.
  explicit RunClock(std::function<void()> fire) : fire_(std::move(fire)) {}
  RunClock(const RunClock&) = delete;
  RunClock& operator=(const RunClock&) = delete;

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  // Starts a run that may be shot from `deadline` (Unix time, nanoseconds) on; returns its number,
  // which is never 0. REQUIRES: no run is active.
  uint64_t Begin(int64_t deadline);
  // Ends run `number`. Returns why it was shot, if it was: the caller then takes the termination
  // back.
  std::optional<Termination> End(uint64_t number);

  // Shoots run `number` if it is still active and was not shot yet. Thread-safe.
  void Shoot(uint64_t number, Termination why);
  // Shoots the run that is active now, if one is. Thread-safe.
  void ShootActive(Termination why);
  // Shoots the active run if its deadline is not after `now`. Returns the deadline of a run that
  // goes on, else kNever. Thread-safe.
  int64_t ShootIfExpired(int64_t now);

  // Whether the active run was shot. For the thread that holds the cell; a shot that is being fired
  // counts.
  bool shot() const { return (word_.load(std::memory_order_acquire) & kStateMask) > kRunning; }
  // REQUIRES: shot().
  Termination reason() const { return ReasonOf(word_.load(std::memory_order_acquire)); }

 private:
  enum State : uint64_t { kIdle = 0, kRunning = 1, kShooting = 2, kShot = 3 };
  static constexpr int kStateBits = 2, kReasonBits = 2;
  static constexpr uint64_t kStateMask = 3, kReasonMask = 3;
  // The reason is in the same word: it is there as soon as the shot is.
  static uint64_t Word(uint64_t number, State state, Termination why = Termination::kDeadline) {
    return number << (kReasonBits + kStateBits) | uint64_t{std::to_underlying(why)} << kStateBits |
           state;
  }
  static Termination ReasonOf(uint64_t word) {
    return static_cast<Termination>(word >> kStateBits & kReasonMask);
  }
  static uint64_t NumberOf(uint64_t word) { return word >> (kReasonBits + kStateBits); }

  const std::function<void()> fire_;
  std::atomic<uint64_t> word_ = 0;
  std::atomic<int64_t> deadline_ = kNever;
  uint64_t last_number_ = 0;  // by the thread that holds the cell
};

// A thread that shoots runs at their deadlines. Arming costs an atomic load while some earlier
// deadline is waited for; the thread is woken only for a deadline earlier than all it knows.
class Watchdog {
 public:
  Watchdog();
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  void Add(std::shared_ptr<RunClock> clock);
  void Remove(const RunClock& clock);

  // After a Begin with this deadline: makes sure that the thread wakes in time. Thread-safe.
  void Arm(int64_t deadline) {
    if (deadline < next_wake_.load(std::memory_order_seq_cst)) [[unlikely]]
      Wake();
  }

 private:
  void Wake();
  void Loop();
  // Shoots what has expired; returns the earliest deadline that is left.
  int64_t Scan() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // When the thread looks next. kNever while it is looking, so that whoever arms then makes it look
  // again.
  std::atomic<int64_t> next_wake_ = RunClock::kNever;
  absl::Mutex mutex_;
  absl::CondVar wake_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::shared_ptr<RunClock>> clocks_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_WATCHDOG_H_
