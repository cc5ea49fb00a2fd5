#ifndef DAVIT_RUNTIME_ENGINE_COMPILER_H_
#define DAVIT_RUNTIME_ENGINE_COMPILER_H_

#include <v8.h>

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "runtime/engine/compiled_module.h"
#include "runtime/engine/engine.h"
#include "runtime/engine/v8_process.h"

namespace davit::engine {

// Compiles in an isolate of its own, so that a compile waits for no guest and no guest for it.
// Thread-safe: one compile at a time, which V8 spreads over its threads.
class Compiler {
 public:
  // `process` must outlive it.
  Compiler(V8Process& process, const EngineOptions& options);
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  // Errors: INVALID_ARGUMENT with V8's words; LimitError "table_elements".
  absl::Status Validate(std::span<const uint8_t> module);
  // As Engine::Compile.
  absl::StatusOr<std::shared_ptr<const CompiledModule>> Compile(std::span<const uint8_t> module);
  absl::StatusOr<std::shared_ptr<const ShimModule>> CompileShims(const ShimSpec& spec);

 private:
  absl::StatusOr<v8::CompiledWasmModule> CompileBytes(std::span<const uint8_t> module);

  V8Process& process_;
  const EngineOptions& options_;
  v8::Isolate* const isolate_;
  v8::Global<v8::Context> context_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_COMPILER_H_
