#ifndef DAVIT_RUNTIME_ENGINE_COMPILED_MODULE_H_
#define DAVIT_RUNTIME_ENGINE_COMPILED_MODULE_H_

#include <v8.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/engine/engine.h"
#include "runtime/engine/function_map.h"
#include "runtime/engine/memory_image.h"

// What a compile makes, of guests' modules and of shims. No thread's V8 state is in here.
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

class CompiledModule final : public std::enable_shared_from_this<CompiledModule> {
 public:
  CompiledModule(v8::CompiledWasmModule code, std::vector<ImportNamespace> imports,
                 uint32_t import_count, std::vector<MemoryTemplate> memories)
      : code_(std::move(code)),
        imports_(std::move(imports)),
        import_count_(import_count),
        memories_(std::move(memories)) {}

  const v8::CompiledWasmModule& code() const { return code_; }
  // What V8 calls the module in stack traces.
  const std::string& url() const { return code_.source_url(); }
  const std::vector<ImportNamespace>& imports() const { return imports_; }
  // Imports of the module as it was given.
  uint32_t import_count() const { return import_count_; }
  const std::vector<MemoryTemplate>& memories() const { return memories_; }

  // Read when the first trap needs it.
  const FunctionMap& functions() const {
    std::call_once(functions_once_, [this] {
      const v8::MemorySpan<const uint8_t> bytes =
          const_cast<v8::CompiledWasmModule&>(code_).GetWireBytesRef();  // A getter, in effect.
      functions_.emplace(FunctionMap::Read({bytes.data(), bytes.size()}));
    });
    return *functions_;
  }

 private:
  const v8::CompiledWasmModule code_;
  const std::vector<ImportNamespace> imports_;
  const uint32_t import_count_;
  const std::vector<MemoryTemplate> memories_;
  mutable std::once_flag functions_once_;
  mutable std::optional<FunctionMap> functions_;
};

// How many slots a crossing needs.
struct ShimShape {
  uint32_t params = 0, results = 0;
  uint32_t slots() const { return std::max(params, results); }
};

class ShimModule final : public std::enable_shared_from_this<ShimModule> {
 public:
  ShimModule(v8::CompiledWasmModule code, std::vector<ShimShape> entries,
             std::vector<ShimShape> host_imports)
      : code_(std::move(code)),
        entries_(std::move(entries)),
        host_imports_(std::move(host_imports)) {}

  const v8::CompiledWasmModule& code() const { return code_; }
  const std::vector<ShimShape>& entries() const { return entries_; }
  const std::vector<ShimShape>& host_imports() const { return host_imports_; }

 private:
  const v8::CompiledWasmModule code_;
  const std::vector<ShimShape> entries_, host_imports_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_COMPILED_MODULE_H_
