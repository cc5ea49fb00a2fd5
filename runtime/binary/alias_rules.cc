#include "runtime/binary/alias_rules.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/violation.h"

namespace davit::binary {
namespace {

// Gathers the resources that a type binds and those it mentions. Resources are unique to where
// they are bound, so that what is mentioned but not bound is free.
class ResourceCollector {
 public:
  explicit ResourceCollector(TypeStore& store) : store_(store) {}

  absl::Status Visit(const AnyType& type) {
    return std::visit([this](const auto& t) { return Visit(t); }, type);
  }

  bool FoundFree() const {
    for (ResourceId id : mentioned_) {
      if (!bound_.contains(id)) return true;
    }
    return false;
  }

 private:
  absl::Status Visit(const ResourceRef& resource) {
    mentioned_.insert(resource.id);
    return absl::OkStatus();
  }

  absl::Status Visit(const ValueType& type) {
    const ValueShape& shape = *type.shape;
    if (!shape.layout->contains_resource() || !visited_.insert(&shape).second) {
      return absl::OkStatus();
    }
    DAVIT_RETURN_IF_ERROR(store_.Charge(1 + shape.members.size()));
    if (shape.members.empty()) mentioned_.insert(shape.resource.id);
    return VisitMembers(shape.members);
  }

  absl::Status Visit(const FuncType* func) {
    if (!visited_.insert(func).second) return absl::OkStatus();
    DAVIT_RETURN_IF_ERROR(store_.Charge(1 + func->params.size()));
    if (func->result.has_value()) DAVIT_RETURN_IF_ERROR(Visit(*func->result));
    return VisitMembers(func->params);
  }

  absl::Status Visit(const InstanceType* instance) {
    if (!visited_.insert(instance).second) return absl::OkStatus();
    bound_.insert(instance->bound_resources.begin(), instance->bound_resources.end());
    return VisitEntities(instance->exports);
  }

  absl::Status Visit(const ComponentType* component) {
    if (!visited_.insert(component).second) return absl::OkStatus();
    bound_.insert(component->imported_resources.begin(), component->imported_resources.end());
    bound_.insert(component->defined_resources.begin(), component->defined_resources.end());
    DAVIT_RETURN_IF_ERROR(VisitEntities(component->imports));
    return VisitEntities(component->exports);
  }

  absl::Status Visit(const ModuleType*) { return absl::OkStatus(); }
  absl::Status Visit(const ValueEntity& value) { return Visit(value.type); }
  absl::Status Visit(const TypeEntity& type) { return Visit(type.type); }

  absl::Status VisitMembers(const std::vector<Member>& members) {
    for (const Member& member : members) {
      if (member.type.has_value()) DAVIT_RETURN_IF_ERROR(Visit(*member.type));
    }
    return absl::OkStatus();
  }

  absl::Status VisitEntities(const EntityMap& map) {
    DAVIT_RETURN_IF_ERROR(store_.Charge(1 + map.items().size()));
    for (const EntityMap::Item& item : map.items()) {
      DAVIT_RETURN_IF_ERROR(
          std::visit([this](const auto& entity) { return Visit(entity); }, item.entity));
    }
    return absl::OkStatus();
  }

  TypeStore& store_;
  absl::flat_hash_set<const void*> visited_;
  absl::flat_hash_set<ResourceId> bound_, mentioned_;
};

absl::Status AliasExport(Scope& scope, const Alias& alias) {
  if (scope.kind != ScopeKind::kComponent && alias.sort != Sort::kType &&
      alias.sort != Sort::kInstance) {
    return Violation("export aliases in a type may only refer to types or instances");
  }
  DAVIT_ASSIGN_OR_RETURN(const InstanceType* instance,
                         ItemAt(scope.instances, alias.instance, Sort::kInstance));
  const Entity* found = instance->exports.Find(alias.name);
  if (found == nullptr) {
    return Violation(absl::StrCat("instance ", alias.instance, " has no export named `",
                                  alias.name, "`"));
  }
  if (SortOf(*found) != alias.sort) {
    return Violation(absl::StrCat("export `", alias.name, "` of instance ", alias.instance,
                                  " is not a ", SortName(alias.sort)));
  }
  return AppendEntity(scope, *found);
}

Sort SortOf(const CoreItem& item) {
  static constexpr Sort kSorts[] = {Sort::kCoreFunc, Sort::kCoreTable, Sort::kCoreMemory,
                                    Sort::kCoreGlobal, Sort::kCoreTag};
  return kSorts[item.index()];
}

absl::Status AliasCoreExport(Scope& scope, const Alias& alias) {
  if (scope.kind != ScopeKind::kComponent) {
    return Violation("export aliases in a type may only refer to types or instances");
  }
  DAVIT_ASSIGN_OR_RETURN(const CoreItems* exports,
                         ItemAt(scope.core_instances, alias.instance, Sort::kCoreInstance));
  const auto found = exports->find(alias.name);
  if (found == exports->end()) {
    return Violation(absl::StrCat("core instance ", alias.instance, " has no export named `",
                                  alias.name, "`"));
  }
  if (SortOf(found->second) != alias.sort) {
    return Violation(absl::StrCat("export `", alias.name, "` of core instance ", alias.instance,
                                  " is not a ", SortName(alias.sort)));
  }
  return AppendCoreItem(scope, found->second);
}

absl::Status AliasCoreType(Scope& scope, const Scope& outer, uint32_t index) {
  DAVIT_ASSIGN_OR_RETURN(const CoreTypeId type, ItemAt(outer.core_types, index, Sort::kCoreType));
  if (type == kNoCoreType) {
    scope.module_types.insert_or_assign(static_cast<uint32_t>(scope.core_types.size()),
                                        outer.module_types.at(index));
  }
  return Append(scope.core_types, type, Sort::kCoreType);
}

absl::Status AliasType(Scope& scope, const OuterScope& outer, uint32_t index) {
  DAVIT_ASSIGN_OR_RETURN(const AnyType type, ItemAt(outer.scope->types, index, Sort::kType));
  if (outer.crosses_component) {
    DAVIT_ASSIGN_OR_RETURN(const bool mentions, MentionsResource(type, scope.validation.types));
    if (mentions) {
      return Violation(
          "an outer alias across a component boundary transitively refers to resources");
    }
  }
  return Append(scope.types, type, Sort::kType);
}

absl::Status AliasOuter(Scope& scope, const Alias& alias) {
  DAVIT_ASSIGN_OR_RETURN(const OuterScope outer, FindOuter(scope, alias.outer_count));
  if (alias.sort == Sort::kType) return AliasType(scope, outer, alias.outer_index);
  if (alias.sort == Sort::kCoreType) return AliasCoreType(scope, *outer.scope, alias.outer_index);
  if (scope.kind != ScopeKind::kComponent) {
    return Violation("outer aliases in a type may only refer to core types or types");
  }
  if (alias.sort == Sort::kCoreModule) {
    DAVIT_ASSIGN_OR_RETURN(const ModuleType* module,
                           ItemAt(outer.scope->core_modules, alias.outer_index, alias.sort));
    return Append(scope.core_modules, module, alias.sort);
  }
  if (alias.sort == Sort::kComponent) {
    DAVIT_ASSIGN_OR_RETURN(const ComponentType* component,
                           ItemAt(outer.scope->components, alias.outer_index, alias.sort));
    return Append(scope.components, component, alias.sort);
  }
  return Violation(absl::StrCat("outer aliases cannot refer to a ", SortName(alias.sort)));
}

}  // namespace

absl::Status DefineAlias(Scope& scope, const Alias& alias) {
  switch (alias.target) {
    case AliasTarget::kExport: return AliasExport(scope, alias);
    case AliasTarget::kCoreExport: return AliasCoreExport(scope, alias);
    case AliasTarget::kOuter: return AliasOuter(scope, alias);
  }
  return Violation("unknown alias target");
}

absl::StatusOr<OuterScope> FindOuter(const Scope& scope, uint32_t count) {
  OuterScope outer{.scope = &scope};
  for (; count > 0; --count) {
    outer.crosses_component |= outer.scope->kind == ScopeKind::kComponent;
    outer.scope = outer.scope->parent;
    if (outer.scope == nullptr) {
      return Violation("invalid outer alias count: there are not that many enclosing scopes");
    }
  }
  return outer;
}

absl::StatusOr<bool> MentionsResource(const AnyType& type, TypeStore& store) {
  ResourceCollector resources(store);
  DAVIT_RETURN_IF_ERROR(resources.Visit(type));
  return resources.FoundFree();
}

}  // namespace davit::binary
