#ifndef DAVIT_RUNTIME_COMPONENT_REALLOC_STEPS_H_
#define DAVIT_RUNTIME_COMPONENT_REALLOC_STEPS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "runtime/canon/guest_memory.h"
#include "runtime/engine/store/store.h"

namespace davit::component {

// Calls of realloc and nothing else.
class ReallocSteps final : public engine::Steps {
 public:
  ReallocSteps(engine::FuncId realloc, std::span<engine::CoreSlot> frames)
      : realloc_(realloc), frames_(frames) {}
  // One step that calls it for each of the frames, of which there are some.
  static engine::Step StepOf(engine::FuncId realloc, std::span<engine::CoreSlot> frames) {
    return {.kind = engine::Step::Kind::kCalls,
            .func = realloc,
            .count = static_cast<uint32_t>(frames.size() / canon::GuestMemory::kReallocSlots),
            .slots = frames};
  }
  absl::Status Next(engine::Step& step) override {
    if (std::exchange(begun_, true) || frames_.empty()) return absl::OkStatus();
    step = StepOf(realloc_, frames_);
    step.last = true;
    return absl::OkStatus();
  }
  absl::Status Failed(uint32_t completed, absl::Status status) override {
    completed_ = completed;
    return status;
  }
  // How many returned before the one that failed.
  size_t completed() const { return completed_; }

 private:
  const engine::FuncId realloc_;
  const std::span<engine::CoreSlot> frames_;
  bool begun_ = false;
  size_t completed_ = 0;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_REALLOC_STEPS_H_
