#include <atomic>
#include <cstdint>

#include "runtime/engine/process/gc_stress.h"

namespace davit::engine {

std::string_view GcStressFlags() {
  return
      // For RequestGarbageCollectionForTesting.
      " --expose-gc"
      // Every page is evacuated, so that objects move.
      " --stress-compaction"
      // Marking goes on all the time, so that a missing write barrier shows.
      " --stress-incremental-marking"
      // Code goes as soon as it may.
      " --stress-flush-code --stress-wasm-code-gc";
}

void StressGc(v8::Isolate* isolate) {
  // A full collection takes some ten times as long.
  constexpr uint32_t kYoungOnesForEachFullOne = 16;
  static std::atomic<uint32_t> collections = 0;
  const bool full = collections++ % kYoungOnesForEachFullOne == 0;
  isolate->RequestGarbageCollectionForTesting(full ? v8::Isolate::kFullGarbageCollection
                                                   : v8::Isolate::kMinorGarbageCollection);
}

}  // namespace davit::engine
