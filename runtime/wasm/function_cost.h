#ifndef DAVIT_RUNTIME_WASM_FUNCTION_COST_H_
#define DAVIT_RUNTIME_WASM_FUNCTION_COST_H_

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "runtime/wasm/core_module.h"

namespace davit::wasm {

// What functions may cost the compilers, which cannot be interrupted and end the process when they
// run out of memory.
struct FunctionLimits {
  uint64_t bytes = 0;  // of a body: optimising takes up to some 500 times as much
  // What the instructions of a function ask for (instruction_cost.h), and in addition the locals
  // and operands alive at each label, branch and call, of which compilers keep a copy. One unit may
  // take 64 bytes of memory for a moment.
  uint64_t values = 0;
  bool gc = false;  // whether there may be instructions of the GC proposal
};

// Walks every function body of a core module. The bodies are the engine's to validate: of an
// invalid one the cost is that of another one as long.
// Errors: LimitError "function_bytes", "function_values" or "module_values"; FeatureError("gc");
// BinaryError(kMalformed).
absl::Status CheckFunctionCosts(std::span<const uint8_t> module, const CoreModuleInfo& info,
                                const FunctionLimits& limits);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_FUNCTION_COST_H_
