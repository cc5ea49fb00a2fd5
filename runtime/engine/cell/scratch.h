#ifndef DAVIT_RUNTIME_ENGINE_CELL_SCRATCH_H_
#define DAVIT_RUNTIME_ENGINE_CELL_SCRATCH_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "runtime/base/core_slot.h"
#include "runtime/base/limits.h"
#include "runtime/engine/cell/wasm_api.h"
#include "runtime/engine/code/shim_encoder.h"

namespace davit::engine {

using base::CoreSlot;

// The memory in which shims pass values: a stack of frames of 8-byte slots, whose first free
// address is kept in its first word for the shims of host imports, and a second one for guests on
// fibers. Its base never moves. Guests never see it. Everything needs the cell's lock.
class Scratch {
 public:
  // Errors: RESOURCE_EXHAUSTED when V8 has no address space left.
  static absl::StatusOr<std::unique_ptr<Scratch>> Create(v8::Local<v8::Context> context,
                                                         const WasmApi& api);

  v8::Local<v8::WasmMemoryObject> object(v8::Isolate* isolate) const {
    return memory_.Get(isolate);
  }

  uint32_t top() const { return *Word(kTopAddress); }
  void set_top(uint32_t top) { *Word(kTopAddress) = top; }
  // Whether entry frames of `slots` each and the largest frame of a host import fit above the top.
  bool HasRoom(uint32_t slots, uint32_t count = 1) const {
    const uint32_t end = top() < kFiberFrames ? kFiberFrames : kBytes;
    return uint64_t{top()} + (uint64_t{slots} * count + kMaxShimValues) * sizeof(CoreSlot) <= end;
  }
  // Tells the bottom of a fiber which slot of the table is the series to run.
  void SetFiberSeries(uint32_t slot) { *Word(kSeriesAddress) = slot; }
  // Tells the next entry shim which slot of the table to call, and where its frame is.
  void SetEntry(uint32_t callee, uint32_t frame) {
    *Word(kCalleeAddress) = callee;
    *Word(kFrameAddress) = frame;
  }
  // Tells the driver of a series what to do besides.
  void SetSeries(uint32_t entry, uint32_t count, uint32_t stride, bool last) {
    *Word(kEntryAddress) = entry;
    *Word(kCountAddress) = count;
    *Word(kStrideAddress) = stride;
    *Word(kLastAddress) = last ? 1 : 0;
  }
  // The frame that the driver used last.
  uint32_t entry_frame() const { return *Word(kFrameAddress); }
  // Where the frames of a fiber begin: one runs at a time.
  static constexpr uint32_t kFiberFrames = kScratchPages / 2 * base::kWasmPageBytes;
  // REQUIRES: the frame is one that HasRoom allowed.
  CoreSlot* Frame(uint32_t address) const { return reinterpret_cast<CoreSlot*>(base_ + address); }

 private:
  static constexpr uint32_t kBytes = kScratchPages * base::kWasmPageBytes;
  static constexpr uint32_t kFirstFrame = 32;

  Scratch() = default;
  uint32_t* Word(uint32_t address) const { return reinterpret_cast<uint32_t*>(base_ + address); }

  v8::Global<v8::WasmMemoryObject> memory_;
  std::shared_ptr<v8::BackingStore> backing_;
  uint8_t* base_ = nullptr;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_SCRATCH_H_
