#ifndef DAVIT_RUNTIME_ENGINE_CELL_THREAD_STACK_H_
#define DAVIT_RUNTIME_ENGINE_CELL_THREAD_STACK_H_

#include <cstddef>
#include <cstdint>

namespace davit::engine {

// The address that guest code called from here may not push the stack below: `guest_bytes` further
// down, or less when this thread's stack ends before that. Below it there is room for the host
// functions that a guest calls at the limit; on a thread that has too little, guests get no stack
// at all and trap.
uintptr_t GuestStackLimit(size_t guest_bytes);

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_THREAD_STACK_H_
