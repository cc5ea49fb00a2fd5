#include "runtime/canon/lowering.h"

#include <limits>
#include <optional>

#include "runtime/base/status_macros.h"
#include "runtime/canon/reservation.h"

namespace davit::canon {

absl::StatusOr<uint32_t> Lowering::Allocate(const Area& area) {
  if (context_.reservation != nullptr && memory_.memory() != nullptr) {
    DAVIT_ASSIGN_OR_RETURN(
        const std::optional<uint32_t> pointer,
        context_.reservation->Take(*memory_.memory(), area.alignment, area.size));
    if (pointer) return Accept(*pointer, area);
  }
  return Reallocate({}, area);
}

absl::StatusOr<uint32_t> Lowering::Reallocate(const Allocation& old, const Area& area) {
  if (memory_.memory() == nullptr || area.size > std::numeric_limits<uint32_t>::max()) {
    return absl::InternalError("lowering needs a memory, and an area of 32-bit size");
  }
  DAVIT_ASSIGN_OR_RETURN(
      const uint32_t pointer,
      memory_.memory()->Realloc(old.pointer, static_cast<uint32_t>(old.size), area.alignment,
                                static_cast<uint32_t>(area.size)));
  return Accept(pointer, area);
}

absl::StatusOr<uint32_t> Lowering::Accept(uint32_t pointer, const Area& area) {
  memory_.Refresh();
  // Both sides of a transfer see the same memory when a component calls itself.
  if (source_ != nullptr) source_->Refresh();
  DAVIT_RETURN_IF_ERROR(CheckReallocResult(memory_, pointer, area));
  return pointer;
}

absl::StatusOr<uint32_t> Lowering::AddOwn(const Node& type, handles::Rep rep) {
  DAVIT_RETURN_IF_ERROR(CheckHandles(context_));
  DAVIT_ASSIGN_OR_RETURN(const auto handle, context_.handles->AddOwn(type.resource, rep));
  return handle.value;
}

absl::StatusOr<uint32_t> Lowering::AddBorrow(const Node& type, handles::Rep rep) {
  DAVIT_RETURN_IF_ERROR(CheckHandles(context_));
  const uint32_t id = type.resource.value;
  if (id < context_.resource_definers.size() &&
      context_.resource_definers[id] == context_.instance) {
    return rep.value;
  }
  DAVIT_ASSIGN_OR_RETURN(const auto handle,
                         context_.handles->AddBorrow(type.resource, rep, *context_.scope));
  return handle.value;
}

}  // namespace davit::canon
