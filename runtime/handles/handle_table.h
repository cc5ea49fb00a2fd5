#ifndef DAVIT_RUNTIME_HANDLES_HANDLE_TABLE_H_
#define DAVIT_RUNTIME_HANDLES_HANDLE_TABLE_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/index.h"
#include "runtime/handles/handle_budget.h"
#include "runtime/types/resource_id.h"

// The handles of one component instance. Spec: CanonicalABI.md#resource-state, #table-state
namespace davit::handles {

// What a component instance's implementation calls a resource: never seen by anyone else.
struct RepTag;
using Rep = base::Index<RepTag>;

// The guest-visible number of a handle; 0 is never valid.
struct HandleTag;
using HandleIndex = base::Index<HandleTag>;

// One call's obligations about borrows. The callee's side counts borrow handles that were lowered
// for it and must be dropped before it returns; the caller's side remembers the own handles that
// were lent, to be given back when the call ends. Spec: CanonicalABI.md#task-state (num_borrows)
// and #subtask-state (lenders). Not thread-safe; belongs to the store's thread.
class HandleTable;
class CallScope {
 public:
  CallScope() = default;
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

  // Live borrow handles of the callee.
  uint32_t num_borrows() const { return num_borrows_; }
  // Ends all lends of this call: their owners may be dropped or moved again.
  void ReleaseLends();

 private:
  friend class HandleTable;
  uint32_t num_borrows_ = 0;
  struct Lend {
    HandleTable* table;
    HandleIndex handle;
  };
  std::vector<Lend> lends_;
};

struct OwnedResource {
  types::ResourceId type;
  Rep rep;
};

// Not thread-safe; belongs to the store's thread. All failures are traps (base::TrapStatus) with
// kUnknownHandle, kBorrowsOutstanding or kHandleTableFull, and change nothing. Freed indices are
// given out again, the last freed first (Spec: CanonicalABI.md#table-state).
class HandleTable {
 public:
  // `budget`, which must outlive it, bounds the slots of this table and others together; each table
  // has base::kMaxHandleTableLength at most.
  explicit HandleTable(HandleBudget& budget);
  ~HandleTable();
  HandleTable(HandleTable&& other) noexcept;
  HandleTable& operator=(HandleTable&& other) noexcept;

  // resource.new, and lowering an own.
  absl::StatusOr<HandleIndex> AddOwn(types::ResourceId type, Rep rep);
  // Lowering a borrow into an instance that does not define the type; counted in `scope`, which
  // must outlive the handle.
  absl::StatusOr<HandleIndex> AddBorrow(types::ResourceId type, Rep rep, CallScope& scope);
  // Lifting an own: removes the handle. Traps when it is a borrow or is lent.
  absl::StatusOr<Rep> TakeOwn(types::ResourceId type, HandleIndex handle);
  // Lifting a borrow from an own or from a borrow: lends it until scope.ReleaseLends(), so that it
  // stays in the table until then. The table must outlive the lend.
  absl::StatusOr<Rep> LendBorrow(types::ResourceId type, HandleIndex handle, CallScope& scope);
  // resource.rep: of an own or a borrow.
  absl::StatusOr<Rep> RepOf(types::ResourceId type, HandleIndex handle) const;
  // resource.drop: removes the handle. Tells whether an own went (its destructor must run) and its
  // rep. Traps when it is lent.
  struct DropResult {
    bool was_own = false;
    Rep rep;
  };
  absl::StatusOr<DropResult> Drop(types::ResourceId type, HandleIndex handle);

  uint32_t live() const { return live_; }

 private:
  friend class CallScope;
  enum class SlotKind : uint8_t { kFree, kOwn, kBorrow };
  struct Slot {
    SlotKind kind = SlotKind::kFree;
    types::ResourceId type;
    Rep rep;
    uint32_t lend_count = 0;
    CallScope* scope = nullptr;  // kBorrow
    uint32_t next_free = 0;      // kFree; 0 ends the list
  };
  absl::StatusOr<HandleIndex> Add(const Slot& slot);
  absl::StatusOr<const Slot*> Find(types::ResourceId type, HandleIndex handle) const;
  void Remove(HandleIndex handle);

  HandleBudget* budget_;
  uint32_t live_ = 0;
  uint32_t first_free_ = 0;
  std::vector<Slot> slots_;  // the first is never given out; empty in a table that was moved from
};

}  // namespace davit::handles

#endif  // DAVIT_RUNTIME_HANDLES_HANDLE_TABLE_H_
