#ifndef DAVIT_RUNTIME_CANON_AREA_H_
#define DAVIT_RUNTIME_CANON_AREA_H_

#include <cstdint>

#include "absl/status/status.h"
#include "runtime/canon/memory_view.h"

// Ranges of guest memory, before they are read or written.
namespace davit::canon {

// What a range holds, for the message of the trap.
enum class AreaKind : uint8_t {
  kValues,  // parameters or results that are passed by pointer
  kString,
  kList,
};

struct Area {
  AreaKind kind;
  uint32_t alignment;  // bytes, a power of two
  uint64_t size;       // bytes
};

// Checks a pointer that the guest passed: kPointerMisaligned, then kPointerOutOfBounds. An empty
// area is checked as well.
absl::Status CheckPointer(const MemoryView& memory, uint32_t pointer, const Area& area);
// The same for what the guest's realloc returned.
absl::Status CheckReallocResult(const MemoryView& memory, uint32_t pointer, const Area& area);

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_AREA_H_
