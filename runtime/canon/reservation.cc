#include "runtime/canon/reservation.h"

#include <algorithm>
#include <utility>

#include "absl/types/span.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"

namespace davit::canon {

void Reservation::Add(uint32_t alignment, uint64_t size) {
  if (closed_) return;
  // A larger one traps in the lowering.
  if (size > base::kMaxListByteLength || areas_.size() == kMaxAreas) return Close();
  areas_.push_back({.alignment = alignment, .size = static_cast<uint32_t>(size)});
}

std::span<CoreSlot> Reservation::Wanted() {
  constexpr size_t kSlots = GuestMemory::kReallocSlots;
  first_ = fulfilled_;
  const size_t count = std::min(areas_.size() - first_, GuestMemory::kMaxReallocs);
  frames_.resize(count * kSlots);
  for (size_t i = 0; i < count; ++i) {
    CoreSlot* const frame = &frames_[i * kSlots];
    frame[0] = frame[1] = 0;
    frame[2] = areas_[first_ + i].alignment;
    frame[3] = areas_[first_ + i].size;
  }
  return absl::MakeSpan(frames_);
}

void Reservation::Fulfil(size_t completed, absl::Status failure) {
  fulfilled_ += completed;
  failure_ = std::move(failure);
}

absl::Status Reservation::AskForMore(GuestMemory& memory) {
  DAVIT_RETURN_IF_ERROR(failure_);
  size_t completed = 0;
  absl::Status failure = memory.ReallocEach(Wanted(), completed);
  Fulfil(completed, std::move(failure));
  return completed == 0 ? failure_ : absl::OkStatus();
}

absl::StatusOr<std::optional<uint32_t>> Reservation::Take(GuestMemory& memory, uint32_t alignment,
                                                          uint64_t size) {
  if (taken_ == areas_.size()) return std::nullopt;
  if (taken_ == fulfilled_) DAVIT_RETURN_IF_ERROR(AskForMore(memory));
  const Area& area = areas_[taken_];
  if (area.alignment != alignment || area.size != size) {
    return absl::InternalError("lowering wants other areas than it was said to");
  }
  return static_cast<uint32_t>(frames_[(taken_++ - first_) * GuestMemory::kReallocSlots]);
}

}  // namespace davit::canon
