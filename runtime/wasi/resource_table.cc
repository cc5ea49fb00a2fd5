#include "runtime/wasi/resource_table.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/trap.h"

namespace davit::wasi {

using handles::Rep;

absl::StatusOr<Rep> ResourceTable::Insert(const char* kind, std::unique_ptr<Resource> resource,
                                          Rep parent) {
  if (size_ >= most_) {
    return base::TrapStatus(base::TrapCode::kHandleTableFull,
                            absl::StrCat("the instance has ", most_, " resources of its host"));
  }
  if (free_.empty()) {
    slots_.emplace_back();
    free_.emplace_back(static_cast<uint32_t>(slots_.size()));
  }
  const Rep rep = free_.back();
  free_.pop_back();
  if (parent.value != 0) ++At(parent).children;
  At(rep) = {.kind = kind, .resource = std::move(resource), .parent = parent};
  ++size_;
  return rep;
}

absl::StatusOr<ResourceTable::Slot*> ResourceTable::Find(const char* kind, Rep rep) {
  if (rep.value == 0 || rep.value > slots_.size() || At(rep).kind != kind) {
    return base::TrapStatus(base::TrapCode::kUnknownHandle, "no such resource of the host");
  }
  return &At(rep);
}

absl::StatusOr<std::unique_ptr<Resource>> ResourceTable::Remove(const char* kind, Rep rep) {
  DAVIT_ASSIGN_OR_RETURN(const Slot* const slot, Find(kind, rep));
  if (slot->children > 0) {
    return base::TrapStatus(base::TrapCode::kHostError, "a resource is dropped that has children");
  }
  return Free(rep);
}

std::unique_ptr<Resource> ResourceTable::Free(Rep rep) {
  Slot slot = std::exchange(At(rep), Slot{});
  if (slot.parent.value != 0) --At(slot.parent).children;
  free_.push_back(rep);
  --size_;
  return std::move(slot.resource);
}

// Each pass ends those that have no children left: as many passes as families have generations.
void ResourceTable::Clear() {
  while (size_ > 0) {
    for (uint32_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].kind != nullptr && slots_[i].children == 0) Free(Rep(i + 1));
    }
  }
}

}  // namespace davit::wasi
