#ifndef DAVIT_RUNTIME_ENGINE_CELL_CELL_OPTIONS_H_
#define DAVIT_RUNTIME_ENGINE_CELL_CELL_OPTIONS_H_

#include <cstddef>

namespace davit::engine {

struct CellOptions {
  // JS heap of the isolate (wrappers, externref tables, GC objects), bytes. At the limit the
  // running guest is ended with kHeapLimit; the process goes on.
  size_t heap_bytes = 256 << 20;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_CELL_OPTIONS_H_
