#include "runtime/canon/guest_memory.h"

#include "runtime/base/status_macros.h"

namespace davit::canon {

absl::Status GuestMemory::ReallocEach(std::span<CoreSlot> frames, size_t& completed) {
  for (completed = 0; !frames.empty(); ++completed, frames = frames.subspan(kReallocSlots)) {
    const auto param = [&frames](size_t i) { return base::FromSlot<uint32_t>(frames[i]); };
    DAVIT_ASSIGN_OR_RETURN(frames[0], Realloc(param(0), param(1), param(2), param(3)));
  }
  return absl::OkStatus();
}

}  // namespace davit::canon
