#ifndef DAVIT_RUNTIME_ENGINE_CELL_CELL_OPTIONS_H_
#define DAVIT_RUNTIME_ENGINE_CELL_CELL_OPTIONS_H_

#include <cstddef>
#include <cstdint>

namespace davit::engine {

struct CellOptions {
  // JS heap of the isolate (wrappers, externref tables, GC objects), bytes. At the limit the
  // running guest is ended with kHeapLimit; the process goes on.
  size_t heap_bytes = 256 << 20;
  // Guests that wait on stacks of their own. V8 walks all of them in every collection: with so many
  // the young generation's takes some 8 ms, a full one 40 ms.
  uint32_t max_stacks = 8192;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_CELL_OPTIONS_H_
