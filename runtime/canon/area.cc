#include "runtime/canon/area.h"

#include "runtime/base/trap.h"

namespace davit::canon {
namespace {

using base::TrapCode;
using base::TrapStatus;

bool IsAligned(uint32_t pointer, uint32_t alignment) { return (pointer & (alignment - 1)) == 0; }

absl::Status OutOfBounds(AreaKind kind) {
  switch (kind) {
    case AreaKind::kString:
      return TrapStatus(TrapCode::kPointerOutOfBounds,
                        "string content out-of-bounds: "
                        "string pointer/length out of bounds of memory");
    case AreaKind::kList:
      return TrapStatus(TrapCode::kPointerOutOfBounds,
                        "list content out-of-bounds: list pointer/length out of bounds of memory");
    case AreaKind::kValues:
      break;
  }
  return TrapStatus(TrapCode::kPointerOutOfBounds, "pointer out of bounds of memory");
}

absl::Status ReallocOutOfBounds(AreaKind kind) {
  switch (kind) {
    case AreaKind::kString:
      return TrapStatus(TrapCode::kPointerOutOfBounds,
                        "string content out-of-bounds: realloc return: beyond end of memory");
    case AreaKind::kList:
      return TrapStatus(TrapCode::kPointerOutOfBounds,
                        "list content out-of-bounds: realloc return: beyond end of memory");
    case AreaKind::kValues:
      break;
  }
  return TrapStatus(TrapCode::kPointerOutOfBounds, "realloc return: beyond end of memory");
}

}  // namespace

absl::Status CheckPointer(const MemoryView& memory, uint32_t pointer, const Area& area) {
  if (!IsAligned(pointer, area.alignment)) [[unlikely]] {
    return TrapStatus(TrapCode::kPointerMisaligned, "unaligned pointer");
  }
  if (!memory.Contains(pointer, area.size)) [[unlikely]] {
    return OutOfBounds(area.kind);
  }
  return absl::OkStatus();
}

absl::Status CheckReallocResult(const MemoryView& memory, uint32_t pointer, const Area& area) {
  if (!IsAligned(pointer, area.alignment)) [[unlikely]] {
    return TrapStatus(TrapCode::kPointerMisaligned,
                      "unaligned pointer: realloc return: result not aligned");
  }
  if (!memory.Contains(pointer, area.size)) [[unlikely]] {
    return ReallocOutOfBounds(area.kind);
  }
  return absl::OkStatus();
}

}  // namespace davit::canon
