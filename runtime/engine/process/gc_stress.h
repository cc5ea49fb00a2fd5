#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_GC_STRESS_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_GC_STRESS_H_

#include <v8.h>

#include <string_view>

namespace davit::engine {

// A build with --config=gc_stress collects garbage at every chance and moves what is left: an
// object that davit does not hold, or whose place it remembers, is gone at once. Which of two
// sources is linked decides, so that no environment and no configuration has another build do it.

// Flags of V8 for that; none in other builds.
std::string_view GcStressFlags();

// Collects garbage of `isolate`, which this thread has entered: mostly of its young generation, now
// and then all. Does nothing in other builds. For where C++ crosses into the guest or is called by
// it.
void StressGc(v8::Isolate* isolate);

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_GC_STRESS_H_
