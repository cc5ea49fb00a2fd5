#include "runtime/engine/compiler.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_module.h"
#include "runtime/binary/rewrite.h"
#include "runtime/engine/memory_image.h"
#include "runtime/engine/shim_encoder.h"
#include "runtime/engine/v8_util.h"

namespace davit::engine {
namespace {

constexpr size_t kHeapBytes = 512 << 20;

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

absl::Status CompileError(std::string message, uint32_t max_table_elements) {
  if (absl::StrContains(message, "initial table size") &&
      absl::StrContains(message, "implementation limit")) {
    return base::LimitError("table_elements", max_table_elements, message);
  }
  return absl::InvalidArgumentError(absl::StrCat("core module: ", message));
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

std::vector<ImportNamespace> PlanImports(const binary::CoreModuleInfo& info, size_t memories) {
  ImportPlan plan;
  for (uint32_t i = 0; i < info.imports.size(); ++i) {
    plan.Add(info.imports[i].module, {.name = std::string(info.imports[i].name), .index = i});
  }
  for (uint32_t i = 0; i < memories; ++i) {
    plan.Add(binary::kMemoryImportModule,
             {.name = absl::StrCat(i), .source = ImportField::Source::kMemory, .index = i});
  }
  return std::move(plan).Take();
}

absl::StatusOr<std::vector<MemoryTemplate>> PlanMemories(
    const std::vector<binary::RewrittenMemory>& rewritten) {
  std::vector<MemoryTemplate> memories;
  for (const binary::RewrittenMemory& memory : rewritten) {
    const binary::CoreLimits& limits = memory.type.limits;
    DAVIT_ASSIGN_OR_RETURN(auto image, MemoryImage::Create(memory.image));
    memories.push_back({.is64 = limits.is64,
                        .min_pages = limits.min,
                        .max_pages = limits.max,
                        .image = std::move(image)});
  }
  return memories;
}

std::vector<ShimShape> Shapes(const std::vector<types::CoreSignature>& signatures) {
  std::vector<ShimShape> shapes;
  for (const types::CoreSignature& signature : signatures) {
    shapes.push_back({.params = static_cast<uint32_t>(signature.params.size()),
                      .results = static_cast<uint32_t>(signature.results.size())});
  }
  return shapes;
}

}  // namespace

Compiler::Compiler(V8Process& process, const EngineOptions& options)
    : process_(process), options_(options), isolate_(process.NewIsolate(kHeapBytes)) {
  const v8::Locker locker(isolate_);
  const v8::Isolate::Scope isolate_scope(isolate_);
  const v8::HandleScope handles(isolate_);
  context_.Reset(isolate_, v8::Context::New(isolate_));
}

Compiler::~Compiler() {
  {
    const v8::Locker locker(isolate_);
    const v8::Isolate::Scope isolate_scope(isolate_);
    context_.Reset();
  }
  isolate_->Dispose();
}

absl::StatusOr<v8::CompiledWasmModule> Compiler::CompileBytes(std::span<const uint8_t> module) {
  const v8::Locker locker(isolate_);
  const v8::Isolate::Scope isolate_scope(isolate_);
  const v8::HandleScope handles(isolate_);
  const v8::Context::Scope context_scope(context_.Get(isolate_));
  const v8::TryCatch caught(isolate_);
  v8::Local<v8::WasmModuleObject> object;
  const bool ok =
      v8::WasmModuleObject::Compile(isolate_, {module.data(), module.size()}).ToLocal(&object);
  process_.RunTasks(isolate_);
  if (!ok) return CompileError(MessageOf(isolate_, caught), options_.max_table_elements);
  return object->GetCompiledModule();
}

absl::Status Compiler::Validate(std::span<const uint8_t> module) {
  return CompileBytes(module).status();
}

absl::StatusOr<std::shared_ptr<const CompiledModule>> Compiler::Compile(
    std::span<const uint8_t> module) {
  // The rewriter relies on a valid module, and V8's messages should have offsets in this one.
  DAVIT_RETURN_IF_ERROR(Validate(module));
  DAVIT_ASSIGN_OR_RETURN(const binary::CoreModuleInfo info,
                         binary::ReadCoreModule(module, /*base_offset=*/0));
  DAVIT_ASSIGN_OR_RETURN(const binary::RewrittenModule rewritten,
                         binary::RewriteCoreModule(module, options_.max_image_bytes));
  DAVIT_ASSIGN_OR_RETURN(std::vector<MemoryTemplate> memories, PlanMemories(rewritten.memories));
  DAVIT_ASSIGN_OR_RETURN(v8::CompiledWasmModule code, CompileBytes(AsBytes(rewritten.bytes)));
  return std::make_shared<const CompiledModule>(
      std::move(code), PlanImports(info, rewritten.memories.size()),
      static_cast<uint32_t>(info.imports.size()), std::move(memories));
}

absl::StatusOr<std::shared_ptr<const ShimModule>> Compiler::CompileShims(const ShimSpec& spec) {
  DAVIT_ASSIGN_OR_RETURN(const std::string bytes, EncodeShims(spec));
  DAVIT_ASSIGN_OR_RETURN(v8::CompiledWasmModule code, CompileBytes(AsBytes(bytes)));
  return std::make_shared<const ShimModule>(std::move(code), Shapes(spec.entries),
                                            Shapes(spec.host_imports));
}

}  // namespace davit::engine
