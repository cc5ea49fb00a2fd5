#ifndef DAVIT_TESTS_HOSTILE_COMPONENT_BUILDER_H_
#define DAVIT_TESTS_HOSTILE_COMPONENT_BUILDER_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/wasm/core_encoder.h"

namespace davit::hostile {

// Spec: Binary.md#component-definitions
enum ComponentSection : uint8_t {
  kCoreModuleSection = 1,
  kCoreInstanceSection = 2,
  kComponentSection = 4,
  kInstanceSection = 5,
  kAliasSection = 6,
  kTypeSection = 7,
  kCanonSection = 8,
  kImportSection = 10,
  kExportSection = 11,
};
enum ComponentSort : uint8_t {
  kCoreSort = 0,
  kFuncSort = 1,
  kTypeSort = 3,
  kComponentSort = 4,
  kInstanceSort = 5,
};
enum CoreSort : uint8_t { kCoreFunc = 0, kCoreTable = 1, kCoreMemory = 2, kCoreGlobal = 3 };

// Types of values, as one byte says them.
enum ComponentType : uint8_t {
  kBoolType = 0x7f,
  kU8Type = 0x7d,
  kU32Type = 0x79,
  kU64Type = 0x77,
  kStringType = 0x73,
  kTupleType = 0x6f,
  kListType = 0x70,
  kVariantType = 0x71,
  kFuncTypeForm = 0x40,
  kResourceForm = 0x3f,
};

// Makes a component, which nothing here checks, definition by definition. Whatever adds something
// answers its index among those of its sort.
class ComponentBuilder {
 public:
  ComponentBuilder();

  // A section as the binary format has it. Indices of what it defines are the caller's to count.
  ComponentBuilder& Section(ComponentSection id, std::string_view contents);
  ComponentBuilder& Section(ComponentSection id, const wasm::CoreEncoder& contents) {
    return Section(id, contents.view());
  }

  uint32_t CoreModule(std::string_view module);
  uint32_t Component(std::string_view component);
  // `args`: a name that the module imports from, and the core instance that has it.
  using CoreArgs = std::vector<std::pair<std::string_view, uint32_t>>;
  uint32_t CoreInstance(uint32_t module, const CoreArgs& args = {});
  // A core instance that is made of other items.
  struct CoreItem {
    std::string_view name;
    CoreSort sort;
    uint32_t index;
  };
  uint32_t CoreBundle(const std::vector<CoreItem>& items);
  uint32_t CoreExport(CoreSort sort, uint32_t core_instance, std::string_view name);
  uint32_t Instance(uint32_t component);
  uint32_t InstanceExport(ComponentSort sort, uint32_t instance, std::string_view name);
  // A type as the binary format has it.
  uint32_t Type(std::string_view encoded);
  // A resource whose representation is an i32, without destructor.
  uint32_t Resource();
  // A function of parameters a, b, ... and perhaps a result; a type is its byte or an index.
  struct TypeRef {
    // Of a type that has a byte.
    TypeRef(ComponentType type) : value(static_cast<int64_t>(type) - 0x80) {}  // NOLINT
    explicit TypeRef(uint32_t index) : value(index) {}
    int64_t value;
  };
  uint32_t FuncType(const std::vector<TypeRef>& params, const std::vector<TypeRef>& result = {});
  // Canonical definitions; `options` counted and encoded, "" for none.
  uint32_t Lift(uint32_t core_func, uint32_t type, std::string_view options = {});
  uint32_t Lower(uint32_t func, std::string_view options = {});
  uint32_t ResourceNew(uint32_t resource);
  void Export(std::string_view name, ComponentSort sort, uint32_t index);

  std::string Take() { return out_.Take(); }

 private:
  uint32_t AddCanonOfResource(uint8_t opcode, uint32_t resource);

  wasm::CoreEncoder out_;
  uint32_t core_modules_ = 0, core_instances_ = 0, components_ = 0, instances_ = 0, types_ = 0,
           funcs_ = 0;
  uint32_t core_items_[4] = {};
};

// The options {memory, realloc} of a lift or lower.
std::string MemoryOptions(uint32_t core_memory, uint32_t core_realloc);

// What a core function looks like as one of a component.
enum class FuncShape : uint8_t {
  kAction,   // func(): () -> ()
  kMapping,  // func(a: u32) -> u32: (i32) -> (i32)
};
struct ExportedFunc {
  std::string_view name;
  FuncShape shape = FuncShape::kAction;
};
// A component around one core module without imports.
std::string ComponentOf(std::string_view module, const std::vector<ExportedFunc>& funcs = {});

}  // namespace davit::hostile

#endif  // DAVIT_TESTS_HOSTILE_COMPONENT_BUILDER_H_
