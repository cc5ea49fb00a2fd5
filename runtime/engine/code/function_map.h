#ifndef DAVIT_RUNTIME_ENGINE_CODE_FUNCTION_MAP_H_
#define DAVIT_RUNTIME_ENGINE_CODE_FUNCTION_MAP_H_

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "runtime/base/trap.h"
#include "runtime/wasm/core_names.h"

namespace davit::engine {

// Tells which function a byte offset of a core module lies in, and its name, for backtraces.
// Immutable, thread-safe.
class FunctionMap {
 public:
  // What cannot be read gives no functions and no names. Linear in the number of functions.
  static FunctionMap Read(std::span<const uint8_t> module);

  // The frame of a function that was at `offset` of the module.
  base::TrapFrame Frame(uint64_t offset) const;

 private:
  explicit FunctionMap(wasm::CoreNames names) : names_(std::move(names)) {}

  wasm::CoreNames names_;
  uint32_t imported_ = 0;         // functions before the defined ones
  std::vector<uint32_t> bodies_;  // where each body starts, ascending
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CODE_FUNCTION_MAP_H_
