#ifndef DAVIT_RUNTIME_HANDLES_HANDLE_BUDGET_H_
#define DAVIT_RUNTIME_HANDLES_HANDLE_BUDGET_H_

#include <atomic>
#include <cstdint>

// How many handles there may be together. A table keeps its slots when their handles are gone, so
// what counts is slots, some 32 bytes each and twice that while the table grows.
namespace davit::handles {

// Slots of all tables of a process, or of whatever its owner bounds with it. Thread-safe.
class HandleQuota {
 public:
  explicit HandleQuota(uint64_t max) : max_(max) {}
  HandleQuota(const HandleQuota&) = delete;
  HandleQuota& operator=(const HandleQuota&) = delete;

  // Whether there was one more.
  bool Take() {
    if (used_.fetch_add(1, std::memory_order_relaxed) < max_) return true;
    used_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  void Return(uint64_t slots) { used_.fetch_sub(slots, std::memory_order_relaxed); }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const uint64_t max_;
  std::atomic<uint64_t> used_ = 0;
};

// Slots of the tables of one store, which are those of its component instances and of its host: a
// store with many instances has no more than one with a few. Not thread-safe; belongs to the
// store's thread.
class HandleBudget {
 public:
  // `quota` may be null, and must otherwise outlive it.
  HandleBudget(uint64_t max, HandleQuota* quota) : max_(max), quota_(quota) {}
  HandleBudget(const HandleBudget&) = delete;
  HandleBudget& operator=(const HandleBudget&) = delete;

  bool Take() {
    if (used_ >= max_ || (quota_ != nullptr && !quota_->Take())) return false;
    ++used_;
    return true;
  }
  void Return(uint64_t slots) {
    used_ -= slots;
    if (quota_ != nullptr) quota_->Return(slots);
  }
  uint64_t max() const { return max_; }
  uint64_t used() const { return used_; }

 private:
  const uint64_t max_;
  HandleQuota* const quota_;
  uint64_t used_ = 0;
};

}  // namespace davit::handles

#endif  // DAVIT_RUNTIME_HANDLES_HANDLE_BUDGET_H_
