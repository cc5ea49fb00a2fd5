#include "runtime/handles/handle_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"

namespace davit::handles {
namespace {

using base::TrapCode;
using base::TrapStatus;

absl::Status UnknownHandle(HandleIndex handle) {
  return TrapStatus(TrapCode::kUnknownHandle, absl::StrCat("unknown handle index ", handle.value));
}

absl::Status WrongType(HandleIndex handle) {
  return TrapStatus(TrapCode::kUnknownHandle,
                    absl::StrCat("handle index ", handle.value,
                                 " used with the wrong type, expected guest-defined resource but "
                                 "found a different guest-defined resource"));
}

absl::Status NotOwned(HandleIndex handle) {
  return TrapStatus(TrapCode::kUnknownHandle, absl::StrCat("handle index ", handle.value,
                                                           " is a borrow where an own is needed"));
}

absl::Status StillLent() {
  return TrapStatus(TrapCode::kBorrowsOutstanding, "cannot remove owned resource while borrowed");
}

}  // namespace

void CallScope::ReleaseLends() {
  for (const Lend& lend : lends_) --lend.table->slots_[lend.handle.value].lend_count;
  lends_.clear();
}

HandleTable::HandleTable(HandleBudget& budget) : budget_(&budget), slots_(1) {}

HandleTable::~HandleTable() {
  if (!slots_.empty()) budget_->Return(slots_.size() - 1);
}

HandleTable::HandleTable(HandleTable&& other) noexcept
    : budget_(other.budget_),
      live_(std::exchange(other.live_, 0)),
      first_free_(std::exchange(other.first_free_, 0)),
      slots_(std::exchange(other.slots_, {})) {}

HandleTable& HandleTable::operator=(HandleTable&& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(live_, other.live_);
  std::swap(first_free_, other.first_free_);
  slots_.swap(other.slots_);
  return *this;
}

absl::StatusOr<HandleIndex> HandleTable::AddOwn(types::ResourceId type, Rep rep) {
  return Add({.kind = SlotKind::kOwn, .type = type, .rep = rep});
}

absl::StatusOr<HandleIndex> HandleTable::AddBorrow(types::ResourceId type, Rep rep,
                                                   CallScope& scope) {
  DAVIT_ASSIGN_OR_RETURN(
      const HandleIndex handle,
      Add({.kind = SlotKind::kBorrow, .type = type, .rep = rep, .scope = &scope}));
  ++scope.num_borrows_;
  return handle;
}

absl::StatusOr<Rep> HandleTable::TakeOwn(types::ResourceId type, HandleIndex handle) {
  DAVIT_ASSIGN_OR_RETURN(const Slot* slot, Find(type, handle));
  if (slot->lend_count != 0) return StillLent();
  if (slot->kind != SlotKind::kOwn) return NotOwned(handle);
  const Rep rep = slot->rep;
  Remove(handle);
  return rep;
}

absl::StatusOr<Rep> HandleTable::LendBorrow(types::ResourceId type, HandleIndex handle,
                                            CallScope& scope) {
  DAVIT_ASSIGN_OR_RETURN(const Slot* slot, Find(type, handle));
  ++slots_[handle.value].lend_count;
  scope.lends_.push_back({this, handle});
  return slot->rep;
}

absl::StatusOr<Rep> HandleTable::RepOf(types::ResourceId type, HandleIndex handle) const {
  DAVIT_ASSIGN_OR_RETURN(const Slot* slot, Find(type, handle));
  return slot->rep;
}

absl::StatusOr<HandleTable::DropResult> HandleTable::Drop(types::ResourceId type,
                                                          HandleIndex handle) {
  DAVIT_ASSIGN_OR_RETURN(const Slot* slot, Find(type, handle));
  if (slot->lend_count != 0) return StillLent();
  const DropResult result{.was_own = slot->kind == SlotKind::kOwn, .rep = slot->rep};
  if (!result.was_own) --slot->scope->num_borrows_;
  Remove(handle);
  return result;
}

absl::StatusOr<HandleIndex> HandleTable::Add(const Slot& slot) {
  if (first_free_ == 0) {
    if (slots_.size() >= base::kMaxHandleTableLength || !budget_->Take()) {
      return TrapStatus(TrapCode::kHandleTableFull,
                        absl::StrCat("resource table has no free keys: of at most ", budget_->max(),
                                     " handles ", budget_->used(), " are taken"));
    }
    ++live_;
    slots_.push_back(slot);
    return HandleIndex(static_cast<uint32_t>(slots_.size() - 1));
  }
  ++live_;
  const HandleIndex handle(first_free_);
  first_free_ = slots_[handle.value].next_free;
  slots_[handle.value] = slot;
  return handle;
}

absl::StatusOr<const HandleTable::Slot*> HandleTable::Find(types::ResourceId type,
                                                           HandleIndex handle) const {
  if (handle.value >= slots_.size()) return UnknownHandle(handle);
  const Slot& slot = slots_[handle.value];
  if (slot.kind == SlotKind::kFree) return UnknownHandle(handle);
  if (slot.type != type) return WrongType(handle);
  return &slot;
}

void HandleTable::Remove(HandleIndex handle) {
  slots_[handle.value] = Slot{.next_free = first_free_};
  first_free_ = handle.value;
  --live_;
}

}  // namespace davit::handles
