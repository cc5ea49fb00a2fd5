#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_STACK_BUDGET_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_STACK_BUDGET_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/engine/process/live_budget.h"
#include "runtime/engine/process/stack_pages.h"

namespace davit::engine {

// What the stacks of fibers may take of the process: their number, and the memory behind them. Most
// have a page or two; a guest that has called deeply leaves all of its stack behind, in use or not,
// and nobody says so. So the memory is measured now and then, while stacks are taken. Thread-safe.
class StackBudget {
 public:
  // `pages` must outlive it.
  StackBudget(const StackPages& pages, uint64_t max_stacks, uint64_t max_bytes)
      : pages_(pages),
        max_bytes_(max_bytes),
        count_("parked_stacks", max_stacks, "too many calls wait in this process") {}
  StackBudget(const StackBudget&) = delete;
  StackBudget& operator=(const StackBudget&) = delete;

  // One more. Errors: LimitError "parked_stacks" or "stack_bytes".
  absl::StatusOr<LiveBudget::Share> Take();
  // Whether stacks have more memory than they may: those that are idle should end.
  bool exceeded() const { return exceeded_.load(std::memory_order_relaxed); }

 private:
  // The memory is measured after so many, and not more often than that but while it is exceeded.
  static constexpr uint32_t kTakesPerLook = 128;
  static constexpr absl::Duration kLookInterval = absl::Milliseconds(20);
  void Look();

  const StackPages& pages_;
  const uint64_t max_bytes_;
  LiveBudget count_;
  std::atomic<uint32_t> takes_ = 0;
  std::atomic<bool> exceeded_ = false;
  absl::Mutex mutex_;
  absl::Time last_look_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_STACK_BUDGET_H_
