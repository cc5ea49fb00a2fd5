#ifndef DAVIT_RUNTIME_CANON_RESERVATION_H_
#define DAVIT_RUNTIME_CANON_RESERVATION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/core_slot.h"
#include "runtime/canon/guest_memory.h"
#include "runtime/canon/steps.h"

namespace davit::canon {

// Areas of guest memory that one lowering is going to want, in its order, so that realloc is called
// for many of them at once. It is a prefix: what comes after an area whose size nobody knows
// beforehand is not in it.
//
// Deviates: the specification stores each value before it calls realloc for the next one. The calls
// and their order are the same here, and so is what traps; only a realloc that reads what was
// stored into earlier areas could tell the difference.
class Reservation {
 public:
  // More than these are asked for one by one.
  static constexpr size_t kMaxAreas = size_t{1} << 17;

  // `watch` ends the walk that notes the areas; it may be null and outlives this.
  explicit Reservation(RunWatch* watch = nullptr) : watch_(watch) {}
  RunWatch* watch() const { return watch_; }

  // Notes the next area; none after Close() or beyond the limit.
  void Add(uint32_t alignment, uint64_t size);
  // What comes now is unknown.
  void Close() { closed_ = true; }
  bool closed() const { return closed_; }

  // Frames for GuestMemory::ReallocEach of the areas that were noted and not yet asked for, as
  // many as one call of it takes.
  std::span<CoreSlot> Wanted();
  // The first `completed` of those frames have their pointers, unchecked; `failure` came after
  // them.
  void Fulfil(size_t completed, absl::Status failure);

  // The pointer of the next area. Nothing when it was not noted: the caller asks realloc itself.
  // Asks for more when those fulfilled are used up; errors as of ReallocEach.
  absl::StatusOr<std::optional<uint32_t>> Take(GuestMemory& memory, uint32_t alignment,
                                               uint64_t size);

 private:
  static constexpr size_t kFew = 4;  // without heap memory
  struct Area {
    uint32_t alignment, size;
  };
  absl::Status AskForMore(GuestMemory& memory);

  RunWatch* const watch_;
  absl::InlinedVector<Area, kFew> areas_;
  absl::InlinedVector<CoreSlot, kFew * GuestMemory::kReallocSlots> frames_;  // asked for last
  size_t fulfilled_ = 0;  // areas that have been given a pointer
  size_t taken_ = 0;
  size_t first_ = 0;      // the area of the first frame
  absl::Status failure_;  // of the area after those fulfilled
  bool closed_ = false;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_RESERVATION_H_
