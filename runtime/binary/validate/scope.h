#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_SCOPE_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_SCOPE_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/features.h"
#include "runtime/binary/validate/extern_rules.h"
#include "runtime/binary/validate/validate.h"
#include "runtime/binary/validate/validator_types.h"
#include "runtime/binary/validate/visibility.h"
#include "runtime/wasm/core_type_table.h"

// What the parts of the validator share. Private to it.
namespace davit::binary {

// The whole of one run of Validate().
struct Validation {
  const Features& features;
  const CoreModuleValidator& core_validator;
  TypeStore types;
  wasm::CoreTypeTable core;
  std::deque<wasm::CoreItems> inline_core_instances;
};

enum class ScopeKind : uint8_t { kComponent, kComponentType, kInstanceType };

// A component definition, component type or instance type under validation: its index spaces and
// what it imports and exports so far. Decoding has bounded the number of definitions.
struct Scope {
  Scope(ScopeKind kind, Scope* parent, Validation& validation);
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  struct Value {
    ValueType type;
    bool consumed = false;
  };

  const ScopeKind kind;
  Scope* const parent;  // null at the root
  Validation& validation;

  // The index spaces.
  std::vector<wasm::CoreTypeId> core_funcs;
  std::vector<wasm::CoreTableType> core_tables;
  std::vector<wasm::CoreMemoryType> core_memories;
  std::vector<wasm::CoreGlobalType> core_globals;
  std::vector<wasm::CoreTypeId> core_tags;
  std::vector<wasm::CoreTypeId> core_types;  // kNoCoreType: a module type, in `module_types`
  std::vector<const wasm::ModuleType*> core_modules;
  std::vector<const wasm::CoreItems*> core_instances;  // what they export
  std::vector<const FuncType*> funcs;
  std::vector<Value> values;
  std::vector<AnyType> types;
  std::vector<const ComponentType*> components;
  std::vector<const InstanceType*> instances;

  absl::flat_hash_map<uint32_t, const wasm::ModuleType*> module_types;  // by core type index
  absl::flat_hash_map<ResourceId, types::CoreType> local_resources;     // defined here: their rep
  std::optional<types::CoreType> context_type;  // of context.get and context.set

  EntityMap imports, exports;
  ExternNameSet import_names, export_names;
  VisibleTypes visible_to_imports, visible_to_exports;
  std::vector<ResourceId> imported_resources;
  std::vector<ResourceId> defined_resources;  // by definitions, exports, instances made here
  std::vector<TypeName> type_names;           // given by imports and exports
};

// The item at `index` of an index space. Error: a violation, when it is out of bounds.
template <typename T>
absl::StatusOr<T> ItemAt(const std::vector<T>& space, uint32_t index, Sort sort);

// The type at `index` when it is a value type (function type, ...). Error: a violation.
absl::StatusOr<ValueType> ValueTypeAt(const Scope& scope, uint32_t index);
absl::StatusOr<ValueType> ResolveValType(const Scope& scope, const ValType& type);
absl::StatusOr<const FuncType*> FuncTypeAt(const Scope& scope, uint32_t index);
absl::StatusOr<ResourceRef> ResourceAt(const Scope& scope, uint32_t index);

// What `item` refers to, as something that can be exported or supplied to an instantiation; the
// value of a value index is consumed. Error: a violation.
absl::StatusOr<Entity> EntityAt(Scope& scope, const SortIdx& item);
// Appends to the index space of the entity's sort.
void AppendEntity(Scope& scope, const Entity& entity);
// The same for a core export.
void AppendCoreItem(Scope& scope, const wasm::CoreItem& item);
// Error: a violation when the index is out of bounds or the sort cannot be a core export.
absl::StatusOr<wasm::CoreItem> CoreItemAt(const Scope& scope, const SortIdx& item);

// Adds an import or export and appends what it introduces to its index space.
// Error: a violation of the rules of names and of external visibility.
absl::Status AddImport(Scope& scope, const ExternName& name, const Entity& entity);
absl::Status AddExport(Scope& scope, const ExternName& name, const Entity& entity);

// `entity` as an export introduces it: a type gets a name of its own.
Entity WithFreshName(const Entity& entity, TypeStore& types);
// `entity` as a bundle of exports holds it: a type that has a name keeps it, so that whoever
// exports the bundle makes that name visible.
Entity WithAnyName(const Entity& entity, TypeStore& types);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_SCOPE_H_
