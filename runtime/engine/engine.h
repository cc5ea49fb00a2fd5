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
#include "runtime/types/type.h"

// V8, kept to itself: no other package includes a V8 header.
namespace davit::engine {

class Cell;
struct CellOptions;
class CoreTypeAccount;

// The most that EngineOptions::max_code_bytes may be.
inline constexpr uint64_t kMostCodeBytes = 3ull << 30;

// Fixed for the life of the process. What V8 treats as fatal is kept out of reach by the maxima.
struct EngineOptions {
  int platform_threads = 0;  // background compile threads; 0: one per core less one
  // Where compiled code is kept between runs, writable by nobody else: it is executed. Empty: none.
  std::string cache_dir;
  uint64_t max_cache_bytes = 1ull << 30;  // above it the code used least recently is removed
  uint32_t max_cells = 900;               // isolates; V8 ends the process at 4066
  uint32_t max_memories = 15'000;         // linear memories alive; V8 reserves 8 GiB for each
  // Of all linear memories together, as long as they are now: memory.grow past it gives -1, and no
  // memory is made that would go past it. 0: half of what the machine or its control group has.
  uint64_t max_memory_bytes = 0;
  uint32_t max_maps = 50'000;  // memory maps of the process (vm.max_map_count 65530)
  // Of all tables that a core module defines, as they start and as they grow, and what they may
  // grow by together: table.grow past it gives -1. Nothing interrupts it, and each element takes 8
  // to 32 bytes of the heap.
  uint32_t max_table_elements = 1'000'000;
  uint32_t max_table_growth = 100'000;
  // Distinct types that core modules and shims bring into the process, from its start to its end
  // (core_type_budget.h), at most 900,000: V8 keeps them for ever and ends the process at
  // 1,000,000. The same of one core module. Start() takes some 500 for shims.
  uint32_t max_core_types = 500'000;
  uint32_t max_module_core_types = 20'000;
  // Functions of all core modules and shims alive, and functions that all core instances alive
  // export: at 2^24 of either V8 ends the process.
  uint32_t max_core_functions = 10'000'000;
  uint32_t max_core_exports = 6'000'000;
  // Imports, exports, and globals of a core module: V8 makes an object of each at instantiation,
  // which nothing can interrupt. What it evaluates and copies meanwhile has limits for the same
  // reason: entries of all element segments, bytes of all constant expressions, and of active data
  // segments that are not in an image.
  uint32_t max_core_externs = 50'000;
  uint64_t max_element_entries = 1'000'000;
  uint64_t max_const_expr_bytes = 8 << 20;
  uint64_t max_active_data_bytes = 64 << 20;
  // Initial contents of the memories of one core module that are kept in images; data segments past
  // it are copied at each instantiation.
  uint64_t max_image_bytes = 256ull << 20;
  // The same by the bytes of the core module: what lies between its data segments counts as well.
  uint64_t max_image_spread = 8;
  // Of one core function (binary/function_cost.h): V8 compiles it in one go, whatever that takes.
  uint64_t max_function_bytes = 1 << 20;
  uint64_t max_function_values = 5'000'000;
  // Machine code of all modules together (code_budget.h), 3 GiB at most: V8 ends the process at 4.
  // New modules are refused from three quarters of it on.
  uint64_t max_code_bytes = 2ull << 30;
  size_t guest_stack_bytes = 512 << 10;  // more recursion is a kStackOverflow trap
  // Whether core modules may use the GC proposal: struct and array types, i31, casts. V8 gives one
  // array up to 1 GiB, however small the heap of its cell, before it asks, and what a few bytes of
  // struct instructions cost its compilers is not bounded: only for guests that are trusted.
  bool gc = false;
};

// A core module, validated, rewritten (memories imported, data in images) and compiled: shared by
// every store of the process. Immutable, thread-safe.
class CompiledModule;
// Generated core code that carries calls between C++ and the guest for one component. Immutable.
class ShimModule;

// Which crossings a component needs.
struct ShimSpec {
  // Signatures of core functions that the host calls; index = EntryShim of Store::AddFunc.
  std::vector<types::CoreSignature> entries;
  // Host functions that the guest calls; index = what HostImports::HostCall receives.
  std::vector<types::CoreSignature> host_imports;
};

// What is known of a core module.
enum class Validity : uint8_t { kUnknown, kValid };

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
