#ifndef DAVIT_RUNTIME_CANON_CALL_CONTEXT_H_
#define DAVIT_RUNTIME_CANON_CALL_CONTEXT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "runtime/canon/guest_memory.h"
#include "runtime/canon/host_state.h"
#include "runtime/canon/steps.h"
#include "runtime/handles/handle_table.h"
#include "runtime/types/resource_id.h"
#include "runtime/types/string_encoding.h"

namespace davit::canon {

class Reservation;

using types::StringEncoding;

// How the resources that a host holds appear in Vals: by name. Implemented by the owner of the
// store; names of another store, tenant or type are refused with an ArgumentError's description.
class HostHandles {
 public:
  virtual ~HostHandles() = default;
  // Own going to the guest: the name stops being valid.
  virtual absl::StatusOr<handles::Rep> TakeOwn(types::ResourceId type, std::string_view name) = 0;
  // Borrow going to the guest: lent until the call ends.
  virtual absl::StatusOr<handles::Rep> LendBorrow(types::ResourceId type, std::string_view name,
                                                  handles::CallScope& scope) = 0;
  // Own coming from the guest: makes a new name.
  virtual absl::StatusOr<std::string> AddOwn(types::ResourceId type, handles::Rep rep) = 0;
  // Borrow coming from the guest (argument of an import): a name valid during the call.
  virtual absl::StatusOr<std::string> AddBorrow(types::ResourceId type, handles::Rep rep,
                                                handles::CallScope& scope) = 0;
};

// Where a copy budget may be got that is given out in pieces.
class MoreBudget {
 public:
  virtual ~MoreBudget() = default;
  // Makes what is left of the budget `bytes` at least. False when that cannot be.
  virtual bool Extend(uint64_t bytes) = 0;
};

// One component instance's side of one call, while its values are lifted or lowered. Everything it
// points to outlives the call.
struct CallContext {
  GuestMemory* memory = nullptr;  // null when the options name none (validation: then not needed)
  StringEncoding encoding = StringEncoding::kUtf8;
  handles::HandleTable* handles = nullptr;
  handles::CallScope* scope = nullptr;
  // The number of this instance in its store, and by ResourceId which instance defines a resource
  // type: a borrow lowered into the one that does is the bare rep.
  uint32_t instance = 0;
  std::span<const uint32_t> resource_definers;
  HostHandles* host_handles = nullptr;  // for Vals
  HostState* host_state = nullptr;      // of the instance; null where its host keeps none
  // Bytes that this call may still copy out of the guest (strings, lists, and what is passed by
  // pointer where it is large; each Val node counts as 40 at least, and a step of the walk over a
  // value as one); at zero the call traps with kHostCopyLimit.
  uint64_t* copy_budget = nullptr;
  // Asked before that; null: there is no more.
  MoreBudget* more_budget = nullptr;
  RunWatch* watch = nullptr;  // what ends long walks
  // Where the next areas of a lowering come from; null: each from realloc when it is due.
  Reservation* reservation = nullptr;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_CALL_CONTEXT_H_
