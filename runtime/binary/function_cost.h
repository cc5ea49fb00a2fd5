#ifndef DAVIT_RUNTIME_BINARY_FUNCTION_COST_H_
#define DAVIT_RUNTIME_BINARY_FUNCTION_COST_H_

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "runtime/binary/core_module.h"

namespace davit::binary {

// What a function may cost the compiler, which cannot be interrupted and ends the process when it
// runs out of memory.
struct FunctionLimits {
  uint64_t bytes = 0;  // of the body: optimising takes up to some 500 times as much
  // Sum of the locals and operands alive at each label, branch and call, and 32 for each of these:
  // making baseline code takes up to 12 bytes for each, so that a body of n bytes may take some
  // n * n / 8.
  uint64_t kept_values = 0;
};

// Walks every function body of a core module. The bodies are the engine's to validate: of an
// invalid one the cost is that of another one as long.
// Errors: LimitError "function_bytes" or "function_values"; BinaryError(kMalformed).
absl::Status CheckFunctionCosts(std::span<const uint8_t> module, const CoreModuleInfo& info,
                                const FunctionLimits& limits);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_FUNCTION_COST_H_
