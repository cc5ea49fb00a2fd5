#include "runtime/component/options_memory.h"

#include <array>

#include "runtime/base/status_macros.h"
#include "runtime/component/realloc_steps.h"
#include "runtime/component/running_program.h"
#include "runtime/component/task.h"

namespace davit::component {

using engine::CoreSlot;

InstanceState& OptionsMemory::instance() const { return program_.instance(options_.instance); }
engine::FuncId OptionsMemory::realloc() const { return program_.func(*options_.realloc); }

std::span<uint8_t> OptionsMemory::View() {
  if (!options_.memory) return {};
  return program_.store().View(program_.memory(*options_.memory));
}

absl::StatusOr<uint32_t> OptionsMemory::Realloc(uint32_t old_ptr, uint32_t old_size,
                                                uint32_t alignment, uint32_t new_size) {
  DAVIT_RETURN_IF_ERROR(CheckRealloc());
  const NoLeave no_leave(instance());
  Task& task = *program_.current_task();
  const FreshStorage fresh(task);
  std::array<CoreSlot, kReallocSlots> slots = {old_ptr, old_size, alignment, new_size};
  DAVIT_RETURN_IF_ERROR(program_.store().Call(task.lock(), realloc(), slots));
  return static_cast<uint32_t>(slots[0]);
}

absl::Status OptionsMemory::ReallocEach(std::span<CoreSlot> frames, size_t& completed) {
  completed = 0;
  DAVIT_RETURN_IF_ERROR(CheckRealloc());
  const NoLeave no_leave(instance());
  Task& task = *program_.current_task();
  const FreshStorage fresh(task);
  ReallocSteps steps(realloc(), frames);
  absl::Status status = program_.store().Call(task.lock(), steps);
  completed = status.ok() ? frames.size() / kReallocSlots : steps.completed();
  return status;
}

absl::Status OptionsMemory::CheckRealloc() const {
  if (options_.realloc) [[likely]]
    return absl::OkStatus();
  return absl::InternalError("a value needs realloc where validation found none");
}

}  // namespace davit::component
