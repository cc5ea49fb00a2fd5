#ifndef DAVIT_RUNTIME_ENGINE_CODE_MODULE_PLAN_H_
#define DAVIT_RUNTIME_ENGINE_CODE_MODULE_PLAN_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/engine/code/memory_image.h"
#include "runtime/engine/options.h"
#include "runtime/wasm/code_map.h"

// All that is prepared about a core module besides its code.
namespace davit::engine {

// A memory that the module defined in its source form and imports after rewriting.
struct MemoryTemplate {
  bool is64 = false;
  uint64_t min_pages = 0;
  std::optional<uint64_t> max_pages;
  std::unique_ptr<const MemoryImage> image;
};

// Where the value of an import comes from: the caller's externs, or the memories made for the
// instance.
struct ImportField {
  enum class Source : uint8_t { kExtern, kMemory };
  std::string name;
  Source source = Source::kExtern;
  uint32_t index = 0;
};
// The imports from one module name, as JS wants them: an object of objects.
struct ImportNamespace {
  std::string module;
  std::vector<ImportField> fields;
};

struct ModulePlan {
  std::vector<ImportNamespace> imports;
  uint32_t import_count = 0;  // of the module as it was given
  uint32_t function_exports = 0;
  std::vector<MemoryTemplate> memories;
  uint64_t table_elements = 0;  // that the defined tables may grow to
  uint64_t heap_bytes = 0;      // of JS heap that an instance takes as it begins, estimated
  // As wasm::RewrittenModule::globals.
  std::optional<std::vector<std::string>> globals;
  // Functions of the module as it was given; those behind are davit's, called by the module.
  uint32_t func_count = 0;
  wasm::CodeMap code;
};
struct RewrittenPlan {
  std::string bytes;  // to compile
  ModulePlan plan;
};

// Checks what a module asks of V8, before V8 sees it: even to validate one may take hours.
// Errors: as wasm::ReadCoreModule and CheckFunctionCosts; LimitError "table_elements" or
// "core_externs"; FeatureError("gc").
absl::Status CheckModule(std::span<const uint8_t> module, const EngineOptions& options);

// Rewrites a module and plans its instantiation. REQUIRES: CheckModule() was OK, or the module is
// not compiled. Errors: as wasm::ReadCoreModule and
// RewriteCoreModule; LimitError "table_elements", "core_externs", "element_entries",
// "const_expr_bytes" or "active_data_bytes"; RESOURCE_EXHAUSTED when an image cannot be made.
absl::StatusOr<RewrittenPlan> PlanModule(std::span<const uint8_t> module,
                                         const EngineOptions& options);

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CODE_MODULE_PLAN_H_
