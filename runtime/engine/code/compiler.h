#ifndef DAVIT_RUNTIME_ENGINE_CODE_COMPILER_H_
#define DAVIT_RUNTIME_ENGINE_CODE_COMPILER_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "runtime/engine/code/code_cache.h"
#include "runtime/engine/code/compiled_module.h"
#include "runtime/engine/options.h"
#include "runtime/engine/process/census.h"
#include "runtime/engine/process/core_type_budget.h"
#include "runtime/engine/process/garbage_shares.h"
#include "runtime/engine/process/v8_process.h"

namespace davit::engine {

// Compiles in an isolate of its own, so that a compile waits for no guest and no guest for it.
// Thread-safe: one compile at a time, which V8 spreads over its threads.
class Compiler {
 public:
  // `process`, `census` and `options` must outlive it. `cache` may be null.
  Compiler(V8Process& process, Census& census, const EngineOptions& options,
           std::unique_ptr<const CodeCache> cache);
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  // As the methods of Engine.
  absl::Status Validate(std::span<const uint8_t> module, CoreTypeAccount* types);
  absl::StatusOr<std::shared_ptr<const CompiledModule>> Compile(std::span<const uint8_t> module,
                                                                Validity validity,
                                                                CoreTypeAccount* types);
  absl::StatusOr<std::shared_ptr<const ShimModule>> CompileShims(const ShimSpec& spec,
                                                                 CoreTypeAccount* types);
  // Brings the types of most shims into the process, before guests may have filled it with theirs.
  // Errors: LimitError "core_types".
  absl::Status SetAsideShimTypes();
  // As Engine::SaveCode.
  absl::Status SaveCode();
  // Has V8 give up the code of what was compiled here and dropped, and all baseline code, which
  // functions that are called again get anew.
  void ReleaseCode();

 private:
  struct Scopes;
  // A module whose code goes to the cache whenever there is more of it than was saved.
  struct Cacheable {
    std::weak_ptr<const CompiledModule> module;
    CodeCache::Key key;
    size_t saved_bytes = 0;
  };
  // What the streaming callback works on, while Deserialize() waits for it.
  struct Stream {
    std::span<const uint8_t> module, code;
    bool accepted = false;
  };

  // What V8 must not see is refused here. Errors: INVALID_ARGUMENT; those of CheckModule.
  absl::Status Check(std::span<const uint8_t> module) const;
  // What must be done before V8 sees a module: charges its types and counts its functions.
  absl::StatusOr<FunctionShare> Admit(std::span<const uint8_t> module, CoreTypeAccount* types);
  absl::StatusOr<V8Code> CompileBytes(std::span<const uint8_t> module, CoreTypeAccount* types);
  absl::StatusOr<v8::CompiledWasmModule> CompileAdmitted(std::span<const uint8_t> module);
  // Puts code from the cache to use; nullopt when V8 does not take it. REQUIRES: the module is
  // admitted.
  std::optional<v8::CompiledWasmModule> Deserialize(std::span<const uint8_t> module,
                                                    std::span<const uint8_t> code);
  static void OnStream(const v8::FunctionCallbackInfo<v8::Value>& info);
  absl::Status Save(Cacheable& cacheable);
  void Remember(Cacheable cacheable);
  void CollectGarbage();
  // What V8 has made here of a module is garbage at once.
  void Discard(FunctionShare functions);

  V8Process& process_;
  Census& census_;
  const EngineOptions& options_;
  CoreTypeBudget types_;
  v8::Isolate* const isolate_;
  std::optional<GarbageShares> garbage_;  // by whoever holds the isolate
  v8::Global<v8::Context> context_;
  Stream* stream_ = nullptr;  // by whoever holds the isolate
  const std::unique_ptr<const CodeCache> cache_;
  absl::Mutex mutex_;
  std::vector<Cacheable> cacheable_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CODE_COMPILER_H_
