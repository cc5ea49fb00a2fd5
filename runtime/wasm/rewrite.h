#ifndef DAVIT_RUNTIME_WASM_REWRITE_H_
#define DAVIT_RUNTIME_WASM_REWRITE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/wasm/code_map.h"
#include "runtime/wasm/core_module.h"
#include "runtime/wasm/core_type.h"
#include "runtime/wasm/table_limits.h"

namespace davit::wasm {

// The import that a defined memory becomes: module kMemoryImportModule, name "0", "1", ... in
// order of definition.
inline constexpr std::string_view kMemoryImportModule = "davit:memory";

// A memory that the module defined and now imports.
struct RewrittenMemory {
  CoreMemoryType type;
  // Initial contents by the module's own active data segments, from the first byte that is
  // initialised, which is at `image_address`, to the last one. Lies within the memory's minimum.
  uint64_t image_address = 0;
  std::string image;
};

// What the exports begin with by which the globals of a module can be reached.
inline constexpr std::string_view kGlobalExportPrefix = "davit:global:";

struct RewrittenModule {
  std::string bytes;
  std::vector<RewrittenMemory> memories;
  // What the defined tables may grow to, all together.
  uint64_t table_elements = 0;
  // Of the active segments that stay: what each instantiation copies.
  uint64_t active_data_bytes = 0;
  // Names of added exports: every mutable global that the module defines. Unset where the code of
  // an instance can change something else than memories and these globals, or where a memory of a
  // new instance holds something else than its image: such an instance cannot be brought back to
  // how it began.
  std::optional<std::vector<std::string>> globals;
  // Where the code stood, for whoever is told of an offset in `bytes`.
  CodeMap code;
};

struct RewriteLimits {
  uint64_t image_bytes = 0;  // of the images of a module together
  // Of all tables that a module defines, as they grow.
  uint64_t table_elements = TableLimits::kUnlimited;
  // By which they may grow together.
  uint64_t table_growth = TableLimits::kUnlimited;
};

// Makes every defined memory an import (index spaces unchanged: it is appended to the imports of
// memories, and definitions follow imports) and moves active data segments with constant offsets
// that target such a memory and fit its minimum size into its image. Such a segment stays as an
// empty passive one, so that data indices hold. A segment that does not qualify stays as it is, and
// so do all segments after it that write the same memory (their order is observable).
// Mutable globals are exported, where that makes all state of an instance reachable.
// What lies between segments counts for the limit of images: segments past it stay active.
// Tables get a maximum (binary/table_limits.h).
// Code is made such that it can be ended wherever it is (binary/code_rewrite.h): functions are
// added behind those of the module, and their types behind its types.
// Sections keep their order.
// `info` is what was read of `bytes`.
// REQUIRES: the module is valid. Errors: BinaryError where it is not structurally sound, or where
// it defines a memory and imports from kMemoryImportModule; FeatureError("threads") when a defined
// memory is shared; LimitError "core_functions".
absl::StatusOr<RewrittenModule> RewriteCoreModule(std::span<const uint8_t> bytes,
                                                  const CoreModuleInfo& info,
                                                  const RewriteLimits& limits);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_REWRITE_H_
