#include "runtime/engine/process/stack_budget.h"

#include "absl/time/clock.h"
#include "runtime/base/error.h"

namespace davit::engine {

absl::StatusOr<LiveBudget::Share> StackBudget::Take() {
  const uint32_t takes = takes_.fetch_add(1, std::memory_order_relaxed);
  if (takes % kTakesPerLook == 0 || exceeded()) [[unlikely]]
    Look();
  if (exceeded()) [[unlikely]] {
    return base::LimitError("stack_bytes", max_bytes_,
                            "the stacks of calls that wait have taken more memory");
  }
  return count_.Take(1);
}

void StackBudget::Look() {
  absl::MutexLock lock(mutex_);
  const absl::Time now = absl::Now();
  if (now - last_look_ < kLookInterval) return;
  last_look_ = now;
  exceeded_.store(pages_.ResidentBytes() > max_bytes_, std::memory_order_relaxed);
}

}  // namespace davit::engine
