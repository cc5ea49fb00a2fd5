#include "runtime/engine/process/gc_stress.h"

namespace davit::engine {

std::string_view GcStressFlags() { return ""; }

void StressGc(v8::Isolate*) {}

}  // namespace davit::engine
