#ifndef DAVIT_SERVER_SCHED_SHORT_CALLS_H_
#define DAVIT_SERVER_SCHED_SHORT_CALLS_H_

#include <algorithm>
#include <atomic>

#include "absl/time/time.h"
#include "server/sched/scheduler.h"

namespace davit::server {

// Tells by the last calls of some kind whether the next one may run on a network thread: if handing
// it over would take longer than the call. Thread-safe; of two that are noted at the same moment
// one may be lost.
class ShortCalls {
 public:
  // Where the next one is to run.
  Place place() const {
    return credit_.load(std::memory_order_relaxed) > 0 ? Place::kHere : Place::kWorker;
  }
  // One has taken that long.
  void Note(absl::Duration duration) {
    const int credit = credit_.load(std::memory_order_relaxed);
    credit_.store(duration <= kShort ? std::min(credit + 1, kMost) : -kPenalty,
                  std::memory_order_relaxed);
  }

 private:
  static constexpr absl::Duration kShort = absl::Microseconds(20);
  static constexpr int kMost = 8;
  // One long call is forgiven after this many short ones: on a busy machine any call is long at
  // times.
  static constexpr int kPenalty = 4;

  std::atomic<int> credit_ = 0;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_SCHED_SHORT_CALLS_H_
