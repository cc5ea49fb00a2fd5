#ifndef DAVIT_RUNTIME_COMPONENT_REALLOC_SERIES_H_
#define DAVIT_RUNTIME_COMPONENT_REALLOC_SERIES_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "runtime/canon/guest_memory.h"
#include "runtime/engine/store/store.h"

namespace davit::component {

// Calls of realloc and nothing else.
class ReallocSeries final : public engine::CallSeries {
 public:
  ReallocSeries(engine::FuncId realloc, std::span<engine::CoreSlot> frames)
      : realloc_(realloc), frames_(frames) {}
  static void SetCalls(engine::CoreCalls& calls, engine::FuncId realloc,
                       std::span<engine::CoreSlot> frames) {
    calls.func = realloc;
    calls.count = static_cast<uint32_t>(frames.size() / canon::GuestMemory::kReallocSlots);
    calls.slots = frames;
  }
  absl::Status Next(engine::CoreCalls& calls) override {
    SetCalls(calls, realloc_, frames_);
    calls.last = true;
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
  size_t completed_ = 0;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_REALLOC_SERIES_H_
