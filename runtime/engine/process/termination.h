#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_TERMINATION_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_TERMINATION_H_

#include <cstdint>

#include "absl/status/status.h"

namespace davit::engine {

// Why a store was ended from outside.
enum class Termination : uint8_t {
  kDeadline,
  kCancelled,
  kDeleted,
  kCode  // no room for the machine code of what it calls
};

// A kTerminated trap with code DEADLINE_EXCEEDED, CANCELLED or (kCode) RESOURCE_EXHAUSTED.
absl::Status TerminationStatus(Termination why);

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_TERMINATION_H_
