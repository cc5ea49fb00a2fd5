#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_CODE_BUDGET_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_CODE_BUDGET_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

// Bounds the machine code of all modules together. V8 ends the process when it commits more than
// 4095 MiB for it, and offers no way to ask; but it commits through davit's page allocator, so what
// is counted here is what V8 counts, page by page. An estimate would have to assume that all of a
// module is compiled in both tiers, which is ten times what real programs come to.
//
// Code comes into being in three places, and each stops at a mark of its own:
//   a new module       at three quarters of the budget: the rest is for those that are there
//   baseline code      at the budget: the guest that had it made is ended
//   optimised code     at the budget: the background compiler pauses (platform.h)
// A function that is being compiled then is finished. One for each thread at most, and how much
// code one can come to is limited (binary/function_cost.h), so that V8's maximum stays out of
// reach.
namespace davit::engine {

// Thread-safe.
class CodeBudget {
 public:
  // While it exists, what this thread reserves is not for code of modules: V8 reserves such space
  // for each isolate as well.
  class NotForModules {
   public:
    NotForModules();
    ~NotForModules();
    NotForModules(const NotForModules&) = delete;
    NotForModules& operator=(const NotForModules&) = delete;
  };

  explicit CodeBudget(uint64_t max_bytes) : max_bytes_(max_bytes) {}
  CodeBudget(const CodeBudget&) = delete;
  CodeBudget& operator=(const CodeBudget&) = delete;

  // Address space that V8 reserves for code and gives back, with what is committed in it.
  void Reserved(const void* begin, size_t length);
  void Unreserved(const void* begin);
  // Pages that V8 commits, and no longer. Those outside of reservations are not counted.
  void Committed(const void* begin, size_t length);
  void Decommitted(const void* begin, size_t length);

  // Errors: LimitError "code_bytes" when there is no room for one more module.
  absl::Status Admit() const;
  // Whether no code should be made now.
  bool exhausted() const { return used() >= max_bytes_; }
  // Whether new modules are refused, so that it is worth dropping some.
  bool scarce() const { return used() >= max_bytes_ / 4 * 3; }
  uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  struct Reservation {
    size_t length;
    size_t committed = 0;
  };
  // By where it begins.
  using Reservations = absl::btree_map<uintptr_t, Reservation>;

  // Adds to what is committed in the reservations that the pages lie in.
  void Change(const void* begin, size_t length, bool committed);

  const uint64_t max_bytes_;
  std::atomic<uint64_t> used_ = 0;
  absl::Mutex mutex_;
  Reservations reservations_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_CODE_BUDGET_H_
