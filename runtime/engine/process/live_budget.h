#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_LIVE_BUDGET_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_LIVE_BUDGET_H_

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "runtime/base/error.h"

namespace davit::engine {

// So many units of what V8 keeps in a table of the process that cannot grow, as long as something
// lives. Thread-safe.
class LiveBudget {
 public:
  // `limit` names it in LimitErrors and `what` describes the excess; both are literals.
  LiveBudget(std::string_view limit, uint64_t max, std::string_view what)
      : limit_(limit), max_(max), what_(what) {}
  LiveBudget(const LiveBudget&) = delete;
  LiveBudget& operator=(const LiveBudget&) = delete;

  // Units that go back when it is destroyed. Must not outlive the budget.
  class Share {
   public:
    Share() = default;
    ~Share() { Return(); }
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), units_(std::exchange(other.units_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      if (this == &other) return *this;
      Return();
      budget_ = std::exchange(other.budget_, nullptr);
      units_ = std::exchange(other.units_, 0);
      return *this;
    }
    uint64_t units() const { return units_; }

   private:
    friend class LiveBudget;
    Share(LiveBudget* budget, uint64_t units) : budget_(budget), units_(units) {}
    void Return() {
      if (budget_ != nullptr) budget_->used_.fetch_sub(units_, std::memory_order_relaxed);
    }

    LiveBudget* budget_ = nullptr;
    uint64_t units_ = 0;
  };

  // Error: LimitError when fewer than `units` are left.
  absl::StatusOr<Share> Take(uint64_t units) {
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (units > max_ - used) return base::LimitError(limit_, max_, what_);
    } while (!used_.compare_exchange_weak(used, used + units, std::memory_order_relaxed));
    return Share(this, units);
  }

  uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  // Whether there is so little left that garbage is worth collecting.
  bool scarce() const { return used() >= max_ / 10 * 8; }

 private:
  const std::string_view limit_;
  const uint64_t max_;
  const std::string_view what_;
  std::atomic<uint64_t> used_ = 0;  // never over max_
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_LIVE_BUDGET_H_
