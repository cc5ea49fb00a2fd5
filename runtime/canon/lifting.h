#ifndef DAVIT_RUNTIME_CANON_LIFTING_H_
#define DAVIT_RUNTIME_CANON_LIFTING_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/trap.h"
#include "runtime/canon/area.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/memory_view.h"
#include "runtime/canon/plan.h"
#include "runtime/canon/steps.h"

namespace davit::canon {

// Whether a value needs linear memory: it has a pointer inside or is passed by one.
enum class MemoryUse : uint8_t { kNone, kSome };

// One lifting of values out of a guest: its memory, its handles, and what may still be copied.
// Lives no longer than the call. Not thread-safe.
class Lifting {
 public:
  // `context` outlives this.
  Lifting(CallContext& context, MemoryUse use)
      : context_(context),
        memory_(use == MemoryUse::kSome ? context.memory : nullptr),
        steps_(context.watch) {}

  CallContext& context() const { return context_; }
  const MemoryView& memory() const { return memory_; }
  Steps& steps() { return steps_; }
  // To be called when any guest code ran.
  void Refresh() { memory_.Refresh(); }

  // Takes `bytes` off the copy budget, or traps with kHostCopyLimit. Call it before allocating.
  absl::Status Charge(uint64_t bytes) {
    if (context_.copy_budget == nullptr) return absl::OkStatus();
    if (bytes > *context_.copy_budget) [[unlikely]] {
      if (context_.more_budget == nullptr || !context_.more_budget->Extend(bytes)) {
        return BudgetExceeded();
      }
    }
    *context_.copy_budget -= bytes;
    return absl::OkStatus();
  }

  // Spec: CanonicalABI.md#loading (lift_own, lift_borrow). Traps with kUnknownHandle or
  // kBorrowsOutstanding.
  absl::StatusOr<handles::Rep> TakeOwn(const Node& type, uint32_t handle);
  absl::StatusOr<handles::Rep> LendBorrow(const Node& type, uint32_t handle);

 private:
  absl::Status BudgetExceeded();

  CallContext& context_;
  MemoryView memory_;
  Steps steps_;
};

// INTERNAL when the context has nothing to keep handles in.
absl::Status CheckHandles(const CallContext& context);

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_LIFTING_H_
