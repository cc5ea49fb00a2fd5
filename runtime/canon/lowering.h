#ifndef DAVIT_RUNTIME_CANON_LOWERING_H_
#define DAVIT_RUNTIME_CANON_LOWERING_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/canon/area.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/lifting.h"
#include "runtime/canon/memory_view.h"
#include "runtime/canon/plan.h"
#include "runtime/canon/steps.h"

namespace davit::canon {

// An area of guest memory that realloc gave.
struct Allocation {
  uint32_t pointer = 0;
  uint64_t size = 0;  // bytes
};

// One lowering of values into a guest: its memory, its realloc and its handles. Lives no longer
// than the call. Not thread-safe.
class Lowering {
 public:
  // `context` outlives this, and so does `source`: the lifting that the values come from, where
  // they come from a guest, else null.
  Lowering(CallContext& context, MemoryUse use, Lifting* source = nullptr)
      : context_(context),
        memory_(use == MemoryUse::kSome ? context.memory : nullptr),
        source_(source),
        steps_(context.watch) {}

  CallContext& context() const { return context_; }
  const MemoryView& memory() const { return memory_; }
  // For values of the host. Those of a guest count those of its lifting.
  Steps& steps() { return steps_; }
  // Charges the lifting side of a transfer; values of the host are free.
  absl::Status Charge(uint64_t bytes) {
    return source_ == nullptr ? absl::OkStatus() : source_->Charge(bytes);
  }

  // A new area, zero-sized ones included. Runs guest code. Errors: kPointerMisaligned or
  // kPointerOutOfBounds of what realloc returned, or realloc's own Status.
  absl::StatusOr<uint32_t> Allocate(const Area& area);
  // The same for an area that replaces `old`.
  absl::StatusOr<uint32_t> Reallocate(const Allocation& old, const Area& area);

  // Spec: CanonicalABI.md#storing (lower_own, lower_borrow): the i32 that the guest gets. A borrow
  // of a resource that the instance itself defines is the bare rep. Traps with kHandleTableFull.
  absl::StatusOr<uint32_t> AddOwn(const Node& type, handles::Rep rep);
  absl::StatusOr<uint32_t> AddBorrow(const Node& type, handles::Rep rep);

 private:
  // What realloc returned, once it is found to be good.
  absl::StatusOr<uint32_t> Accept(uint32_t pointer, const Area& area);

  CallContext& context_;
  MemoryView memory_;
  Lifting* const source_;
  Steps steps_;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_LOWERING_H_
