#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_TERMINATION_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_TERMINATION_H_

#include <cstdint>

namespace davit::engine {

// Why a store was ended from outside.
enum class Termination : uint8_t {
  kDeadline,
  kCancelled,
  kDeleted,
  kCode  // no room for the machine code of what it calls
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_TERMINATION_H_
