#include "runtime/binary/validate/type_rules.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/core_signatures.h"
#include "runtime/binary/validate/alias_rules.h"
#include "runtime/binary/validate/extern_rules.h"
#include "runtime/binary/validate/substitution.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

using types::Kind;

// ---- value types -----------------------------------------------------------------------------

// What the labels of a kind of type are called; empty for kinds without labels.
std::string_view LabelKind(Kind kind) {
  switch (kind) {
    case Kind::kRecord:
      return "record field";
    case Kind::kVariant:
      return "variant case";
    case Kind::kEnum:
      return "enum case";
    case Kind::kFlags:
      return "flag";
    default:
      return "";
  }
}

bool MustHaveMembers(Kind kind) { return kind == Kind::kTuple || !LabelKind(kind).empty(); }

bool IsMapKey(Kind kind) {
  switch (kind) {
    case Kind::kF32:
    case Kind::kF64:
    case Kind::kErrorContext:
      return false;
    default:
      return types::IsPrimitive(kind);
  }
}

absl::StatusOr<std::vector<Member>> ResolveMembers(const Scope& scope,
                                                   const std::vector<LabelledType>& members,
                                                   std::string_view label_kind) {
  LabelSet labels(label_kind);
  std::vector<Member> resolved;
  resolved.reserve(members.size());
  for (const LabelledType& member : members) {
    Member result{.label = member.label};
    if (!label_kind.empty())
      DAVIT_RETURN_IF_ERROR(wasm::At(member.offset, labels.Add(member.label)));
    if (member.type.has_value()) {
      DAVIT_ASSIGN_OR_RETURN(result.type, ResolveValType(scope, *member.type));
    }
    resolved.push_back(result);
  }
  return resolved;
}

absl::Status CheckValueRules(const ValueShape& shape) {
  if (MustHaveMembers(shape.kind) && shape.members.empty()) {
    return wasm::Violation(
        absl::StrCat(types::KindName(shape.kind), ": the type must have at least one member"));
  }
  switch (shape.kind) {
    case Kind::kFlags:
      if (shape.members.size() <= base::kMaxFlagsLabels) return absl::OkStatus();
      return wasm::Violation(
          absl::StrCat("cannot have more than ", base::kMaxFlagsLabels, " flags"));
    case Kind::kFixedList:
      if (shape.length > 0) return absl::OkStatus();
      return wasm::Violation("a fixed-length list must have at least one element");
    case Kind::kMap:
      if (IsMapKey(shape.members[0].type->shape->kind)) return absl::OkStatus();
      return wasm::Violation("the key of a map must be a bool, an integer, a char or a string");
    case Kind::kStream:
    case Kind::kFuture: {
      const std::optional<ValueType>& element = shape.members[0].type;
      if (!element.has_value()) return absl::OkStatus();
      if (element->shape->layout->contains_borrow()) {
        return wasm::Violation(absl::StrCat("the element type of a ", types::KindName(shape.kind),
                                            " cannot contain a `borrow`"));
      }
      if (shape.kind == Kind::kStream && element->shape->kind == Kind::kChar) {
        return wasm::Violation("`stream<char>` is not valid");
      }
      return absl::OkStatus();
    }
    default:
      return absl::OkStatus();
  }
}

absl::StatusOr<AnyType> ValueTypeOf(Scope& scope, const DefValType& def) {
  ValueShape shape{.kind = def.kind, .length = def.length};
  DAVIT_ASSIGN_OR_RETURN(shape.members, ResolveMembers(scope, def.members, LabelKind(def.kind)));
  if (def.kind == Kind::kOwn || def.kind == Kind::kBorrow) {
    DAVIT_ASSIGN_OR_RETURN(shape.resource, ResourceAt(scope, def.resource));
  }
  DAVIT_RETURN_IF_ERROR(CheckValueRules(shape));
  DAVIT_ASSIGN_OR_RETURN(const ValueShape* made, scope.validation.types.Make(std::move(shape)));
  return ValueType{.shape = made};
}

// ---- function and resource types --------------------------------------------------------------

absl::StatusOr<AnyType> FuncTypeOf(Scope& scope, const FuncTypeDef& def) {
  FuncType func{.is_async = def.is_async};
  DAVIT_ASSIGN_OR_RETURN(func.params, ResolveMembers(scope, def.params, "function parameter"));
  if (def.result.has_value()) {
    DAVIT_ASSIGN_OR_RETURN(func.result, ResolveValType(scope, *def.result));
    if (func.result->shape->layout->contains_borrow()) {
      return wasm::Violation("a function result cannot contain a `borrow` type");
    }
  }
  DAVIT_ASSIGN_OR_RETURN(const FuncType* made, scope.validation.types.Make(std::move(func)));
  return made;
}

absl::StatusOr<AnyType> ResourceTypeOf(Scope& scope, const ResourceTypeDef& def) {
  if (scope.kind != ScopeKind::kComponent) {
    return wasm::Violation("resources can only be defined within a concrete component");
  }
  const types::CoreType rep = def.rep64 ? types::CoreType::kI64 : types::CoreType::kI32;
  if (def.destructor.has_value()) {
    DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId type,
                           ItemAt(scope.core_funcs, *def.destructor, Sort::kCoreFunc));
    const wasm::CoreFuncType wanted = CoreFuncTypeOf(DestructorSignature(rep));
    if (type != scope.validation.core.Func(wanted)) {
      return wasm::Violation(
          absl::StrCat("wrong signature for a destructor: expected ", wasm::ToString(wanted)));
    }
  }
  const ResourceRef resource{.id = scope.validation.types.FreshResource()};
  scope.defined_resources.push_back(resource.id);
  scope.local_resources.emplace(resource.id, rep);
  return resource;
}

// ---- component and instance types --------------------------------------------------------------

absl::Status Declare(Scope& scope, const TypeDecl& decl) {
  if (const auto* core_type = std::get_if<wasm::CoreTypeDef>(&decl.decl)) {
    return DefineCoreType(scope, *core_type);
  }
  if (const auto* type = std::get_if<std::shared_ptr<TypeDef>>(&decl.decl)) {
    return DefineType(scope, **type);
  }
  if (const auto* alias = std::get_if<Alias>(&decl.decl)) return DefineAlias(scope, *alias);
  if (const auto* import = std::get_if<ImportDecl>(&decl.decl)) {
    DAVIT_ASSIGN_OR_RETURN(const Entity entity,
                           ResolveExternDesc(scope, import->desc, ExternUse::kImport));
    return AddImport(scope, import->name, entity);
  }
  const auto& exported = std::get<ExportDecl>(decl.decl);
  DAVIT_ASSIGN_OR_RETURN(const Entity entity,
                         ResolveExternDesc(scope, exported.desc, ExternUse::kExport));
  return AddExport(scope, exported.name, entity);
}

absl::Status DeclareAll(Scope& scope, const std::vector<TypeDecl>& decls) {
  for (const TypeDecl& decl : decls) {
    DAVIT_RETURN_IF_ERROR(wasm::At(decl.offset, Declare(scope, decl)));
  }
  return absl::OkStatus();
}

absl::StatusOr<AnyType> ComponentTypeOf(Scope& outer, const ComponentTypeDef& def) {
  Scope scope(ScopeKind::kComponentType, &outer, outer.validation);
  DAVIT_RETURN_IF_ERROR(DeclareAll(scope, def.decls));
  DAVIT_ASSIGN_OR_RETURN(const ComponentType* made,
                         outer.validation.types.Make(ComponentType{
                             .imports = std::move(scope.imports),
                             .exports = std::move(scope.exports),
                             .imported_resources = std::move(scope.imported_resources),
                             .defined_resources = std::move(scope.defined_resources)}));
  return made;
}

absl::StatusOr<AnyType> InstanceTypeOf(Scope& outer, const InstanceTypeDef& def) {
  Scope scope(ScopeKind::kInstanceType, &outer, outer.validation);
  DAVIT_RETURN_IF_ERROR(DeclareAll(scope, def.decls));
  DAVIT_ASSIGN_OR_RETURN(const InstanceType* made,
                         outer.validation.types.Make(
                             InstanceType{.exports = std::move(scope.exports),
                                          .bound_resources = std::move(scope.defined_resources),
                                          .bound_names = std::move(scope.type_names)}));
  return made;
}

// ---- extern types
// --------------------------------------------------------------------------------

absl::StatusOr<Entity> BoundedType(Scope& scope, const TypeBound& bound, ExternUse use) {
  TypeStore& store = scope.validation.types;
  AnyType type;
  if (bound.kind == TypeBoundKind::kEq) {
    DAVIT_ASSIGN_OR_RETURN(type, ItemAt(scope.types, bound.type, Sort::kType));
  } else {
    const ResourceId fresh = store.FreshResource();
    (use == ExternUse::kImport ? scope.imported_resources : scope.defined_resources)
        .push_back(fresh);
    type = ResourceRef{.id = fresh};
  }
  const TypeName name = store.FreshName();
  scope.type_names.push_back(name);
  if (auto* value = std::get_if<ValueType>(&type)) value->name = name;
  if (auto* resource = std::get_if<ResourceRef>(&type)) resource->name = name;
  return TypeEntity{type};
}

absl::StatusOr<Entity> InstanceOfType(Scope& scope, uint32_t index, ExternUse use) {
  DAVIT_ASSIGN_OR_RETURN(const AnyType type, ItemAt(scope.types, index, Sort::kType));
  const auto* instance = std::get_if<const InstanceType*>(&type);
  if (instance == nullptr) {
    return wasm::Violation(absl::StrCat("type index ", index, " is not an instance type"));
  }
  std::vector<ResourceId>& opened =
      use == ExternUse::kImport ? scope.imported_resources : scope.defined_resources;
  DAVIT_ASSIGN_OR_RETURN(
      const InstanceType* open,
      OpenInstanceType(*instance, scope.validation.types, opened, scope.type_names));
  return open;
}

absl::StatusOr<Entity> ComponentOfType(Scope& scope, uint32_t index) {
  DAVIT_ASSIGN_OR_RETURN(const AnyType type, ItemAt(scope.types, index, Sort::kType));
  if (const auto* component = std::get_if<const ComponentType*>(&type)) return *component;
  return wasm::Violation(absl::StrCat("type index ", index, " is not a component type"));
}

absl::StatusOr<Entity> ModuleOfType(Scope& scope, uint32_t index) {
  DAVIT_RETURN_IF_ERROR(ItemAt(scope.core_types, index, Sort::kCoreType).status());
  const auto module = scope.module_types.find(index);
  if (module != scope.module_types.end()) return module->second;
  return wasm::Violation(absl::StrCat("core type index ", index, " is not a module type"));
}

absl::StatusOr<Entity> ValueOfType(Scope& scope, const ExternDesc& desc, ExternUse use) {
  ValueType type;
  if (const auto* of_type = std::get_if<ValType>(&desc.value)) {
    DAVIT_ASSIGN_OR_RETURN(type, ResolveValType(scope, *of_type));
  } else {
    const uint32_t equal_to = std::get<uint32_t>(desc.value);
    DAVIT_ASSIGN_OR_RETURN(const Scope::Value value, ItemAt(scope.values, equal_to, Sort::kValue));
    type = value.type;
  }
  if (use == ExternUse::kExport && type.shape->layout->contains_borrow()) {
    return wasm::Violation("an exported value cannot contain a `borrow` type");
  }
  return ValueEntity{type};
}

}  // namespace

absl::Status DefineType(Scope& scope, const TypeDef& def) {
  const absl::StatusOr<AnyType> type = std::visit(
      [&](const auto& d) -> absl::StatusOr<AnyType> {
        using T = std::decay_t<decltype(d)>;
        if constexpr (std::is_same_v<T, DefValType>) {
          return ValueTypeOf(scope, d);
        } else if constexpr (std::is_same_v<T, FuncTypeDef>) {
          return FuncTypeOf(scope, d);
        } else if constexpr (std::is_same_v<T, ComponentTypeDef>) {
          return ComponentTypeOf(scope, d);
        } else if constexpr (std::is_same_v<T, InstanceTypeDef>) {
          return InstanceTypeOf(scope, d);
        } else {
          return ResourceTypeOf(scope, d);
        }
      },
      def.def);
  if (!type.ok()) return wasm::At(def.offset, type.status());
  scope.types.push_back(*type);
  return absl::OkStatus();
}

absl::StatusOr<Entity> ResolveExternDesc(Scope& scope, const ExternDesc& desc, ExternUse use) {
  switch (desc.sort) {
    case Sort::kCoreModule:
      return ModuleOfType(scope, desc.type);
    case Sort::kFunc:
      return FuncTypeAt(scope, desc.type);
    case Sort::kValue:
      return ValueOfType(scope, desc, use);
    case Sort::kType:
      return BoundedType(scope, desc.bound, use);
    case Sort::kComponent:
      return ComponentOfType(scope, desc.type);
    case Sort::kInstance:
      return InstanceOfType(scope, desc.type, use);
    default:
      return wasm::Violation(
          absl::StrCat("a ", SortName(desc.sort), " cannot be imported or exported"));
  }
}

}  // namespace davit::binary
