#include "runtime/engine/cell/scratch.h"

#include "absl/status/status.h"
#include "runtime/engine/process/memory_budget.h"

namespace davit::engine {

absl::StatusOr<std::unique_ptr<Scratch>> Scratch::Create(v8::Local<v8::Context> context,
                                                         const WasmApi& api) {
  const MemoryBudget::OwnMemory not_of_guests;
  v8::Isolate* const isolate = context->GetIsolate();
  const v8::TryCatch caught(isolate);
  v8::Local<v8::WasmMemoryObject> memory;
  if (!api.NewMemory(context, /*is64=*/false, kScratchPages, kScratchPages).ToLocal(&memory)) {
    return absl::ResourceExhaustedError("no address space for the scratch memory of a cell");
  }
  std::unique_ptr<Scratch> scratch(new Scratch);
  scratch->memory_.Reset(isolate, memory);
  scratch->backing_ = memory->Buffer()->GetBackingStore();
  scratch->base_ = static_cast<uint8_t*>(scratch->backing_->Data());
  scratch->set_top(kFirstFrame);
  return scratch;
}

}  // namespace davit::engine
