#ifndef DAVIT_RUNTIME_ENGINE_OPTIONS_H_
#define DAVIT_RUNTIME_ENGINE_OPTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/types/type.h"

// What an Engine is told: at its start, and of each module.
namespace davit::engine {

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
  // Guests that wait on stacks of their own (store/fiber.h), and the memory behind all such stacks:
  // 6 KB each, or more where they have called deeply.
  uint32_t max_stacks = 200'000;
  uint64_t max_stack_bytes = 2ull << 30;
  // Whether core modules may use the GC proposal: struct and array types, i31, casts. V8 gives one
  // array up to 1 GiB, however small the heap of its cell, before it asks, and what a few bytes of
  // struct instructions cost its compilers is not bounded: only for guests that are trusted.
  bool gc = false;
};

// Which crossings a component needs.
struct ShimSpec {
  // Signatures of core functions that the host calls; index = EntryShim of Store::AddFunc.
  std::vector<types::CoreSignature> entries;
  // Host functions that the guest calls; index = what HostImports::HostCall receives.
  std::vector<types::CoreSignature> host_imports;
};

// What is known of a core module.
enum class Validity : uint8_t { kUnknown, kValid };

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_OPTIONS_H_
