#ifndef DAVIT_RUNTIME_ENGINE_ENGINE_H_
#define DAVIT_RUNTIME_ENGINE_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/engine/options.h"

// V8, kept to itself: no other package includes a V8 header.
namespace davit::engine {

class Cell;
struct CellOptions;
class CoreTypeAccount;

// A core module, validated, rewritten (memories imported, data in images) and compiled: shared by
// every store of the process. Immutable, thread-safe.
class CompiledModule;
// Generated core code that carries calls between C++ and the guest for one component. Immutable.
class ShimModule;

// The process-wide engine. Start once, before any other thread uses V8, and never fork after it.
// Thread-safe.
class Engine {
 public:
  // Errors: FAILED_PRECONDITION when one was started before in this process, or cache_dir is not
  // ours alone; LimitError "core_types" when max_core_types leaves no room for shims.
  static absl::StatusOr<std::unique_ptr<Engine>> Start(EngineOptions options);
  // REQUIRES: all cells, compiled modules and shims are gone.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Validates a core module as V8 does, function bodies included, without compiling it. The types
  // that it brings into the process, valid or not, are charged to `types`, which may be null, and
  // so they are by Compile and CompileShims.
  // Errors: INVALID_ARGUMENT with V8's words; LimitError "table_elements", "core_types",
  // "core_functions", "function_bytes", "function_values", "module_values" or "code_bytes";
  // FeatureError("gc").
  absl::Status Validate(std::span<const uint8_t> module, CoreTypeAccount* types = nullptr) const;
  // Rewrites (binary/rewrite.h) and compiles. Each function gets baseline code at its first call
  // and optimised code in the background soon after; code from cache_dir when there is some for
  // these bytes, this V8 and these flags. Errors: INVALID_ARGUMENT, UNIMPLEMENTED (threads,
  // gc), RESOURCE_EXHAUSTED (tables, functions, types, or what instantiation works through over
  // their maximum; an image that cannot be made; "code_bytes": what nobody uses any more should be
  // dropped).
  // With kValid, Validate(module) was OK, and is not done again.
  absl::StatusOr<std::shared_ptr<const CompiledModule>> Compile(
      std::span<const uint8_t> module, Validity validity = Validity::kUnknown,
      CoreTypeAccount* types = nullptr);
  // Errors: INVALID_ARGUMENT when there are too many, or a signature is too long; LimitError
  // "core_functions", and "core_types" but not for signatures of up to three params, or of i32
  // alone, and up to one result.
  absl::StatusOr<std::shared_ptr<const ShimModule>> CompileShims(const ShimSpec& spec,
                                                                 CoreTypeAccount* types = nullptr);
  // Writes the optimised code of every module that lives to cache_dir (of those that have new
  // optimised code), each file atomically. To be called at shutdown. Errors: RESOURCE_EXHAUSTED.
  absl::Status SaveCode();
  // Whether the process has so much machine code that no new modules are admitted. Thread-safe and
  // quick.
  bool CodeIsScarce() const;
  // Has V8 give up the code of modules that are gone, and of functions that are not optimised yet,
  // which get it anew when they are called. Takes some milliseconds for each cell.
  void ReleaseCode();
  // Lets V8 begin to optimise nothing from now on, and waits so long for what it is at. Whether it
  // has ended: ~Engine waits for it, which may take minutes, and V8 cannot be interrupted.
  bool StopCompiling(absl::Duration wait);
  // Whether functions are being optimised in the background, or wait for it: each that has run is
  // optimised once, soon after. Thread-safe.
  bool IsCompiling() const;
  // Machine code that the process has now.
  uint64_t code_bytes() const;

  // A new isolate and context. RESOURCE_EXHAUSTED (LimitError "cells" or "maps") at a maximum.
  absl::StatusOr<std::shared_ptr<Cell>> NewCell(const CellOptions& options);

  const EngineOptions& options() const;
  // Linear memories alive now in the process.
  uint32_t live_memories() const;

 private:
  class Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_ENGINE_H_
