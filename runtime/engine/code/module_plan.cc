#include "runtime/engine/code/module_plan.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_module.h"
#include "runtime/wasm/core_types.h"
#include "runtime/wasm/function_cost.h"
#include "runtime/wasm/rewrite.h"

namespace davit::engine {
namespace {

// What is no function type: structs and arrays.
bool IsGcType(const wasm::CoreSubType& type) {
  return std::holds_alternative<std::span<const uint8_t>>(type.composite);
}

absl::Status CheckLimits(const wasm::CoreModuleInfo& info, const EngineOptions& options) {
  if (info.table_elements > options.max_table_elements) {
    return base::LimitError("table_elements", options.max_table_elements,
                            "the tables of a core module start with more");
  }
  if (std::max({info.imports.size(), info.exports.size(), size_t{info.defined_globals}}) >
      options.max_core_externs) {
    return base::LimitError("core_externs", options.max_core_externs,
                            "a core module has more imports, exports or globals");
  }
  if (info.element_entries > options.max_element_entries) {
    return base::LimitError("element_entries", options.max_element_entries,
                            "the element segments of a core module have more entries");
  }
  if (info.const_expr_bytes > options.max_const_expr_bytes) {
    return base::LimitError("const_expr_bytes", options.max_const_expr_bytes,
                            "the constant expressions of a core module are longer");
  }
  if (!options.gc && std::ranges::any_of(info.types, IsGcType)) {
    return base::FeatureError("gc", "a core module defines a struct or array type");
  }
  return absl::OkStatus();
}

// What is left of the data segments for each instantiation to copy.
absl::Status CheckActiveData(const wasm::RewrittenModule& module, const EngineOptions& options) {
  if (module.active_data_bytes <= options.max_active_data_bytes) return absl::OkStatus();
  return base::LimitError("active_data_bytes", options.max_active_data_bytes,
                          "data segments that no image can take have more bytes");
}

absl::Status CheckCosts(std::span<const uint8_t> module, const wasm::CoreModuleInfo& info,
                        const EngineOptions& options) {
  return wasm::CheckFunctionCosts(module, info,
                                  {.bytes = options.max_function_bytes,
                                   .values = options.max_function_values,
                                   .gc = options.gc});
}

uint32_t CountFunctionExports(const wasm::CoreModuleInfo& info) {
  return static_cast<uint32_t>(std::ranges::count_if(info.exports, [](const auto& exported) {
    return std::holds_alternative<wasm::CoreFuncRef>(exported.desc);
  }));
}

// Groups import fields by their module name.
class ImportPlan {
 public:
  void Add(std::string_view module, ImportField field) {
    const auto [known, is_new] = index_.try_emplace(std::string(module), namespaces_.size());
    if (is_new) namespaces_.push_back({.module = std::string(module)});
    namespaces_[known->second].fields.push_back(std::move(field));
  }
  std::vector<ImportNamespace> Take() && { return std::move(namespaces_); }

 private:
  std::vector<ImportNamespace> namespaces_;
  absl::flat_hash_map<std::string, size_t> index_;
};

std::vector<ImportNamespace> PlanImports(const wasm::CoreModuleInfo& info, size_t memories) {
  ImportPlan plan;
  for (uint32_t i = 0; i < info.imports.size(); ++i) {
    plan.Add(info.imports[i].module, {.name = std::string(info.imports[i].name), .index = i});
  }
  for (uint32_t i = 0; i < memories; ++i) {
    plan.Add(wasm::kMemoryImportModule,
             {.name = absl::StrCat(i), .source = ImportField::Source::kMemory, .index = i});
  }
  return std::move(plan).Take();
}

// What initial contents of a module of so many bytes may take: few bytes cannot ask for much memory
// by standing far apart.
uint64_t MaxImageBytes(size_t module_bytes, const EngineOptions& options) {
  constexpr uint64_t kPage = 4096;
  return std::min(options.max_image_bytes, kPage + options.max_image_spread * module_bytes);
}

// What V8 makes on the JS heap of an instance.
uint64_t HeapBytes(const wasm::CoreModuleInfo& info) {
  constexpr uint64_t kPerTableElement = 32, kPerExtern = 512, kPerFunction = 96;
  return kPerTableElement * info.table_elements +
         kPerExtern * (info.imports.size() + info.exports.size()) +
         kPerFunction * info.funcs.size();
}

absl::StatusOr<std::vector<MemoryTemplate>> PlanMemories(
    const std::vector<wasm::RewrittenMemory>& rewritten) {
  std::vector<MemoryTemplate> memories;
  for (const wasm::RewrittenMemory& memory : rewritten) {
    const wasm::CoreLimits& limits = memory.type.limits;
    DAVIT_ASSIGN_OR_RETURN(auto image, MemoryImage::Create(memory.image_address, memory.image));
    memories.push_back({.is64 = limits.is64,
                        .min_pages = limits.min,
                        .max_pages = limits.max,
                        .image = std::move(image)});
  }
  return memories;
}

}  // namespace

absl::Status CheckModule(std::span<const uint8_t> module, const EngineOptions& options) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreModuleInfo info,
                         wasm::ReadCoreModule(module, /*base_offset=*/0));
  DAVIT_RETURN_IF_ERROR(CheckLimits(info, options));
  return CheckCosts(module, info, options);
}

absl::StatusOr<RewrittenPlan> PlanModule(std::span<const uint8_t> module,
                                         const EngineOptions& options) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreModuleInfo info,
                         wasm::ReadCoreModule(module, /*base_offset=*/0));
  DAVIT_RETURN_IF_ERROR(CheckLimits(info, options));
  DAVIT_ASSIGN_OR_RETURN(
      wasm::RewrittenModule rewritten,
      wasm::RewriteCoreModule(module, info,
                              {.image_bytes = MaxImageBytes(module.size(), options),
                               .table_elements = options.max_table_elements,
                               .table_growth = options.max_table_growth}));
  DAVIT_RETURN_IF_ERROR(CheckActiveData(rewritten, options));
  DAVIT_ASSIGN_OR_RETURN(auto memories, PlanMemories(rewritten.memories));
  return RewrittenPlan{.bytes = std::move(rewritten.bytes),
                       .plan = {.imports = PlanImports(info, memories.size()),
                                .import_count = static_cast<uint32_t>(info.imports.size()),
                                .function_exports = CountFunctionExports(info),
                                .memories = std::move(memories),
                                .table_elements = rewritten.table_elements,
                                .heap_bytes = HeapBytes(info),
                                .globals = std::move(rewritten.globals),
                                .func_count = static_cast<uint32_t>(info.funcs.size()),
                                .code = std::move(rewritten.code)}};
}

}  // namespace davit::engine
