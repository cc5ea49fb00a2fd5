#include "runtime/binary/validate/scope.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

// Instance types are checked where they are used: only then is it known which names they can see.
absl::Status CheckVisibility(Scope& scope, VisibleTypes& visible, const Entity& entity,
                             std::string_view use) {
  if (scope.kind == ScopeKind::kInstanceType) return absl::OkStatus();
  DAVIT_ASSIGN_OR_RETURN(const bool admitted, visible.Admit(entity));
  if (admitted) return absl::OkStatus();
  return wasm::Violation(absl::StrCat(SortName(SortOf(entity)), " not valid to be used as ", use,
                                      ": it uses a type that has no externally visible name"));
}

// Null for types that go without a name.
TypeName* NameOf(AnyType& type) {
  if (auto* value = std::get_if<ValueType>(&type)) return &value->name;
  if (auto* resource = std::get_if<ResourceRef>(&type)) return &resource->name;
  return nullptr;
}

}  // namespace

Scope::Scope(ScopeKind kind, Scope* parent, Validation& validation)
    : kind(kind),
      parent(parent),
      validation(validation),
      import_names("import", validation.features),
      export_names("export", validation.features),
      visible_to_imports(&validation.types),
      visible_to_exports(&validation.types) {}

template <typename T>
absl::StatusOr<T> ItemAt(const std::vector<T>& space, uint32_t index, Sort sort) {
  if (index < space.size()) return space[index];
  return wasm::Violation(absl::StrCat(SortName(sort), " index ", index, " is out of bounds"));
}

#define DAVIT_INDEX_SPACE(T) \
  template absl::StatusOr<T> ItemAt<T>(const std::vector<T>&, uint32_t, Sort)
DAVIT_INDEX_SPACE(wasm::CoreTypeId);
DAVIT_INDEX_SPACE(wasm::CoreTableType);
DAVIT_INDEX_SPACE(wasm::CoreMemoryType);
DAVIT_INDEX_SPACE(wasm::CoreGlobalType);
DAVIT_INDEX_SPACE(const wasm::ModuleType*);
DAVIT_INDEX_SPACE(const wasm::CoreItems*);
DAVIT_INDEX_SPACE(const FuncType*);
DAVIT_INDEX_SPACE(Scope::Value);
DAVIT_INDEX_SPACE(AnyType);
DAVIT_INDEX_SPACE(const ComponentType*);
DAVIT_INDEX_SPACE(const InstanceType*);
#undef DAVIT_INDEX_SPACE

absl::StatusOr<ValueType> ValueTypeAt(const Scope& scope, uint32_t index) {
  DAVIT_ASSIGN_OR_RETURN(const AnyType type, ItemAt(scope.types, index, Sort::kType));
  if (const auto* value = std::get_if<ValueType>(&type)) return *value;
  return wasm::Violation(absl::StrCat("type index ", index, " is not a defined value type"));
}

absl::StatusOr<ValueType> ResolveValType(const Scope& scope, const ValType& type) {
  if (type.is_index) return ValueTypeAt(scope, type.index);
  return scope.validation.types.Primitive(type.primitive);
}

absl::StatusOr<const FuncType*> FuncTypeAt(const Scope& scope, uint32_t index) {
  DAVIT_ASSIGN_OR_RETURN(const AnyType type, ItemAt(scope.types, index, Sort::kType));
  if (const auto* func = std::get_if<const FuncType*>(&type)) return *func;
  return wasm::Violation(absl::StrCat("type index ", index, " is not a function type"));
}

absl::StatusOr<ResourceRef> ResourceAt(const Scope& scope, uint32_t index) {
  DAVIT_ASSIGN_OR_RETURN(const AnyType type, ItemAt(scope.types, index, Sort::kType));
  if (const auto* resource = std::get_if<ResourceRef>(&type)) return *resource;
  return wasm::Violation(absl::StrCat("type index ", index, " is not a resource type"));
}

absl::StatusOr<Entity> EntityAt(Scope& scope, const SortIdx& item) {
  switch (item.sort) {
    case Sort::kCoreModule:
      return ItemAt(scope.core_modules, item.index, item.sort);
    case Sort::kFunc:
      return ItemAt(scope.funcs, item.index, item.sort);
    case Sort::kComponent:
      return ItemAt(scope.components, item.index, item.sort);
    case Sort::kInstance:
      return ItemAt(scope.instances, item.index, item.sort);
    case Sort::kType: {
      DAVIT_ASSIGN_OR_RETURN(const AnyType type, ItemAt(scope.types, item.index, item.sort));
      return TypeEntity{type};
    }
    case Sort::kValue: {
      DAVIT_ASSIGN_OR_RETURN(const Scope::Value value, ItemAt(scope.values, item.index, item.sort));
      if (value.consumed) {
        return wasm::Violation(absl::StrCat("value ", item.index, " is used more than once"));
      }
      scope.values[item.index].consumed = true;
      return ValueEntity{value.type};
    }
    default:
      return wasm::Violation(absl::StrCat("a ", SortName(item.sort), " cannot be used here"));
  }
}

void AppendEntity(Scope& scope, const Entity& entity) {
  if (const auto* module = std::get_if<const wasm::ModuleType*>(&entity)) {
    scope.core_modules.push_back(*module);
  } else if (const auto* func = std::get_if<const FuncType*>(&entity)) {
    scope.funcs.push_back(*func);
  } else if (const auto* value = std::get_if<ValueEntity>(&entity)) {
    scope.values.push_back({.type = value->type});
  } else if (const auto* type = std::get_if<TypeEntity>(&entity)) {
    scope.types.push_back(type->type);
  } else if (const auto* component = std::get_if<const ComponentType*>(&entity)) {
    scope.components.push_back(*component);
  } else {
    scope.instances.push_back(std::get<const InstanceType*>(entity));
  }
}

void AppendCoreItem(Scope& scope, const wasm::CoreItem& item) {
  if (const auto* func = std::get_if<wasm::CoreFuncRef>(&item)) {
    scope.core_funcs.push_back(wasm::CoreTypeId(func->type));
  } else if (const auto* table = std::get_if<wasm::CoreTableType>(&item)) {
    scope.core_tables.push_back(*table);
  } else if (const auto* memory = std::get_if<wasm::CoreMemoryType>(&item)) {
    scope.core_memories.push_back(*memory);
  } else if (const auto* global = std::get_if<wasm::CoreGlobalType>(&item)) {
    scope.core_globals.push_back(*global);
  } else {
    scope.core_tags.push_back(wasm::CoreTypeId(std::get<wasm::CoreTagType>(item).type));
  }
}

absl::StatusOr<wasm::CoreItem> CoreItemAt(const Scope& scope, const SortIdx& item) {
  switch (item.sort) {
    case Sort::kCoreFunc: {
      DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId type,
                             ItemAt(scope.core_funcs, item.index, item.sort));
      return wasm::CoreFuncRef{.type = type.value};
    }
    case Sort::kCoreTag: {
      DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId type,
                             ItemAt(scope.core_tags, item.index, item.sort));
      return wasm::CoreTagType{.type = type.value};
    }
    case Sort::kCoreTable:
      return ItemAt(scope.core_tables, item.index, item.sort);
    case Sort::kCoreMemory:
      return ItemAt(scope.core_memories, item.index, item.sort);
    case Sort::kCoreGlobal:
      return ItemAt(scope.core_globals, item.index, item.sort);
    default:
      return wasm::Violation(
          absl::StrCat("a ", SortName(item.sort), " cannot be an export of a core instance"));
  }
}

absl::Status AddImport(Scope& scope, const ExternName& name, const Entity& entity) {
  DAVIT_RETURN_IF_ERROR(scope.import_names.Add(name, entity));
  DAVIT_RETURN_IF_ERROR(CheckVisibility(scope, scope.visible_to_imports, entity, "import"));
  DAVIT_RETURN_IF_ERROR(CheckVisibility(scope, scope.visible_to_exports, entity, "import"));
  scope.imports.Add(name.name, entity);
  AppendEntity(scope, entity);
  return absl::OkStatus();
}

absl::Status AddExport(Scope& scope, const ExternName& name, const Entity& entity) {
  DAVIT_RETURN_IF_ERROR(scope.export_names.Add(name, entity));
  DAVIT_RETURN_IF_ERROR(CheckVisibility(scope, scope.visible_to_exports, entity, "export"));
  scope.exports.Add(name.name, entity);
  AppendEntity(scope, entity);
  return absl::OkStatus();
}

Entity WithFreshName(const Entity& entity, TypeStore& types) {
  const auto* named = std::get_if<TypeEntity>(&entity);
  if (named == nullptr) return entity;
  AnyType type = named->type;
  if (TypeName* name = NameOf(type)) *name = types.FreshName();
  return TypeEntity{type};
}

Entity WithAnyName(const Entity& entity, TypeStore& types) {
  const auto* named = std::get_if<TypeEntity>(&entity);
  if (named == nullptr) return entity;
  AnyType type = named->type;
  const TypeName* name = NameOf(type);
  return name != nullptr && *name == kNoName ? WithFreshName(entity, types) : entity;
}

}  // namespace davit::binary
