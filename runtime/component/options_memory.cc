#include "runtime/component/options_memory.h"

#include <array>

#include "runtime/base/status_macros.h"
#include "runtime/component/realloc_series.h"
#include "runtime/component/tree_scopes.h"

namespace davit::component {

using engine::CoreSlot;

std::span<uint8_t> InstanceTree::OptionsMemory::View() {
  if (!options_.memory) return {};
  return tree_.store_->View(tree_.memories_[options_.memory->value]);
}

absl::StatusOr<uint32_t> InstanceTree::OptionsMemory::Realloc(uint32_t old_ptr, uint32_t old_size,
                                                              uint32_t alignment,
                                                              uint32_t new_size) {
  DAVIT_RETURN_IF_ERROR(CheckRealloc());
  const NoLeave no_leave(instance());
  const CurrentTask task(tree_);
  std::array<CoreSlot, kReallocSlots> slots = {old_ptr, old_size, alignment, new_size};
  DAVIT_RETURN_IF_ERROR(tree_.store_->Call(*tree_.lock_, realloc(), slots));
  return static_cast<uint32_t>(slots[0]);
}

absl::Status InstanceTree::OptionsMemory::ReallocEach(std::span<CoreSlot> frames,
                                                      size_t& completed) {
  completed = 0;
  DAVIT_RETURN_IF_ERROR(CheckRealloc());
  const NoLeave no_leave(instance());
  const CurrentTask task(tree_);
  ReallocSeries series(realloc(), frames);
  absl::Status status = tree_.store_->Call(*tree_.lock_, series);
  completed = status.ok() ? frames.size() / kReallocSlots : series.completed();
  return status;
}

absl::Status InstanceTree::OptionsMemory::CheckRealloc() const {
  if (options_.realloc) [[likely]]
    return absl::OkStatus();
  return absl::InternalError("a value needs realloc where validation found none");
}

}  // namespace davit::component
