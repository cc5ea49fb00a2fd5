#ifndef DAVIT_RUNTIME_CANON_GUEST_MEMORY_H_
#define DAVIT_RUNTIME_CANON_GUEST_MEMORY_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/core_slot.h"

namespace davit::canon {

using base::CoreSlot;

// The linear memory and realloc that the canonical options of one lift or lower name. canon sees
// the guest only through this; engine's memories implement it, and byte vectors in tests.
class GuestMemory {
 public:
  virtual ~GuestMemory() = default;

  // The memory as it is now. Valid until guest code runs: Realloc, a core call or a post-return may
  // grow it; fetch it again afterwards.
  virtual std::span<uint8_t> View() = 0;
  // Calls the guest's cabi_realloc with may_leave false. What it returns is unchecked: the caller
  // checks alignment and bounds against a fresh View(). A trap in it comes back as its Status.
  virtual absl::StatusOr<uint32_t> Realloc(uint32_t old_ptr, uint32_t old_size, uint32_t alignment,
                                           uint32_t new_size) = 0;
  // Calls it once for each frame of kReallocSlots slots, which hold the params, at most
  // kMaxReallocs. The first slot of the first `completed` frames then has what was returned,
  // unchecked; the frame after those, if there is one, has failed with the status.
  static constexpr size_t kReallocSlots = 4;
  static constexpr size_t kMaxReallocs = 512;
  virtual absl::Status ReallocEach(std::span<CoreSlot> frames, size_t& completed);
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_GUEST_MEMORY_H_
