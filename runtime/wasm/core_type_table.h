#ifndef DAVIT_RUNTIME_WASM_CORE_TYPE_TABLE_H_
#define DAVIT_RUNTIME_WASM_CORE_TYPE_TABLE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/index.h"
#include "runtime/wasm/core_module.h"
#include "runtime/wasm/core_type.h"

// Core types as validation compares them, freed from the index space they were written in.
namespace davit::wasm {

// The steps that it takes to look up or compare a name.
constexpr uint64_t StepsOf(std::string_view name) { return 1 + name.size() / 64; }

// Identity of a core function, struct or array type: two types are equal when their ids are.
struct CoreTypeTag;
using CoreTypeId = base::Index<CoreTypeTag>;
// Takes the place of a module type in the core type space of a component.
inline constexpr CoreTypeId kNoCoreType{0xffff'ffff};

// The type of a core definition. A CoreFuncRef, CoreTagType or CoreValType in it holds a
// CoreTypeId where the binary has a type index.
using CoreItem = CoreExternDesc;
std::string_view CoreItemKind(const CoreItem& item);  // "func", "table", ...

// Core exports, or the imports of one module name, by name. Names outlive it.
using CoreItems = absl::flat_hash_map<std::string_view, CoreItem>;

// The type of a core module: imports by module name and field, both in order of appearance.
struct ModuleType {
  struct Import {
    std::string_view module, field;
    CoreItem item;
  };
  std::vector<Import> imports;
  absl::flat_hash_map<std::pair<std::string_view, std::string_view>, CoreItem> import_index;
  CoreItems exports;
  uint64_t steps = 0;  // to look up every import and export once

  // Error: the two-level name was imported before.
  absl::Status AddImport(std::string_view module, std::string_view field, const CoreItem& item);
  // Error: the name was exported before.
  absl::Status AddExport(std::string_view name, const CoreItem& item);
};

// Gives core types their identity. Rec groups are equal when they have the same structure with
// references into the group taken relatively. Not thread-safe.
// Errors of every method are INVALID_ARGUMENT without an offset.
// Spec: WebAssembly core, Validation, Types (defined types, matching)
class CoreTypeTable {
 public:
  // The final type [params] -> [results], whose concrete references hold ids.
  CoreTypeId Func(const CoreFuncType& type);
  // Appends the types of `group` to `space`, which its indices refer to.
  // Error: a type index or supertype out of bounds.
  absl::Status AddGroup(std::span<const CoreSubType> group, std::vector<CoreTypeId>& space);
  // `desc` with the indices of `space` replaced. Error: an index out of bounds, or a function or
  // tag whose type is no function type.
  absl::StatusOr<CoreItem> Resolve(const CoreExternDesc& desc,
                                   std::span<const CoreTypeId> space) const;

  // Null when `id` is no function type, or kNoCoreType.
  const CoreFuncType* FuncOf(CoreTypeId id) const;

  // OK when an item of type `sub` may stand where `super` is wanted, else says why not.
  absl::Status CheckSubtype(const CoreItem& sub, const CoreItem& super) const;
  absl::Status CheckSubtype(const ModuleType& sub, const ModuleType& super) const;

 private:
  struct Entry {
    bool is_final = true;
    std::optional<CoreFuncType> func;
    std::optional<CoreTypeId> supertype;
    uint8_t composite = 0;  // the opcode of struct or array
  };

  bool IsSubtype(CoreTypeId sub, CoreTypeId super) const;
  absl::Status CheckSupertype(CoreTypeId type) const;
  bool IsSubtype(const CoreFuncType& sub, const CoreFuncType& super) const;
  bool IsSubtype(const CoreValType& sub, const CoreValType& super) const;
  bool IsHeapSubtype(int64_t sub, int64_t super) const;
  absl::Status CheckSame(const CoreTableType& sub, const CoreTableType& super) const;

  std::vector<Entry> entries_;
  // Rec groups by their canonical encoding; the first id of each.
  absl::flat_hash_map<std::string, uint32_t> groups_;
};

// The type of a core module from its sections.
// Error: INVALID_ARGUMENT without an offset, e.g. for a two-level import name that repeats.
absl::StatusOr<ModuleType> ModuleTypeOf(const CoreModuleInfo& info, CoreTypeTable& table);

std::string ToString(const CoreFuncType& type);  // "[i32 i64] -> [f32]"

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_TYPE_TABLE_H_
