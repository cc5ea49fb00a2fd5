#include "runtime/binary/validate/alias_rules.h"

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/validate/resource_mentions.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

absl::Status AliasExport(Scope& scope, const Alias& alias) {
  if (scope.kind != ScopeKind::kComponent && alias.sort != Sort::kType &&
      alias.sort != Sort::kInstance) {
    return wasm::Violation("export aliases in a type may only refer to types or instances");
  }
  DAVIT_ASSIGN_OR_RETURN(const InstanceType* instance,
                         ItemAt(scope.instances, alias.instance, Sort::kInstance));
  const Entity* found = instance->exports.Find(alias.name);
  if (found == nullptr) {
    return wasm::Violation(
        absl::StrCat("instance ", alias.instance, " has no export named `", alias.name, "`"));
  }
  if (SortOf(*found) != alias.sort) {
    return wasm::Violation(absl::StrCat("export `", alias.name, "` of instance ", alias.instance,
                                        " is not of sort ", SortName(alias.sort)));
  }
  AppendEntity(scope, *found);
  return absl::OkStatus();
}

Sort SortOf(const wasm::CoreItem& item) {
  static constexpr Sort kSorts[] = {Sort::kCoreFunc, Sort::kCoreTable, Sort::kCoreMemory,
                                    Sort::kCoreGlobal, Sort::kCoreTag};
  return kSorts[item.index()];
}

absl::Status AliasCoreExport(Scope& scope, const Alias& alias) {
  if (scope.kind != ScopeKind::kComponent) {
    return wasm::Violation("export aliases in a type may only refer to types or instances");
  }
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreItems* exports,
                         ItemAt(scope.core_instances, alias.instance, Sort::kCoreInstance));
  const auto found = exports->find(alias.name);
  if (found == exports->end()) {
    return wasm::Violation(
        absl::StrCat("core instance ", alias.instance, " has no export named `", alias.name, "`"));
  }
  if (SortOf(found->second) != alias.sort) {
    return wasm::Violation(absl::StrCat("export `", alias.name, "` of core instance ",
                                        alias.instance, " is not of sort ", SortName(alias.sort)));
  }
  AppendCoreItem(scope, found->second);
  return absl::OkStatus();
}

absl::Status AliasCoreType(Scope& scope, const Scope& outer, uint32_t index) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreTypeId type,
                         ItemAt(outer.core_types, index, Sort::kCoreType));
  if (type == wasm::kNoCoreType) {
    scope.module_types.insert_or_assign(static_cast<uint32_t>(scope.core_types.size()),
                                        outer.module_types.at(index));
  }
  scope.core_types.push_back(type);
  return absl::OkStatus();
}

absl::Status AliasType(Scope& scope, const OuterScope& outer, uint32_t index) {
  DAVIT_ASSIGN_OR_RETURN(const AnyType type, ItemAt(outer.scope->types, index, Sort::kType));
  if (outer.crosses_component) {
    DAVIT_ASSIGN_OR_RETURN(const bool mentions, MentionsResource(type, scope.validation.types));
    if (mentions) {
      return wasm::Violation(
          "an outer alias across a component boundary transitively refers to resources");
    }
  }
  scope.types.push_back(type);
  return absl::OkStatus();
}

absl::Status AliasOuter(Scope& scope, const Alias& alias) {
  DAVIT_ASSIGN_OR_RETURN(const OuterScope outer, FindOuter(scope, alias.outer_count));
  if (alias.sort == Sort::kType) return AliasType(scope, outer, alias.outer_index);
  if (alias.sort == Sort::kCoreType) return AliasCoreType(scope, *outer.scope, alias.outer_index);
  if (scope.kind != ScopeKind::kComponent) {
    return wasm::Violation("outer aliases in a type may only refer to core types or types");
  }
  if (alias.sort == Sort::kCoreModule) {
    DAVIT_ASSIGN_OR_RETURN(const wasm::ModuleType* module,
                           ItemAt(outer.scope->core_modules, alias.outer_index, alias.sort));
    scope.core_modules.push_back(module);
    return absl::OkStatus();
  }
  if (alias.sort == Sort::kComponent) {
    DAVIT_ASSIGN_OR_RETURN(const ComponentType* component,
                           ItemAt(outer.scope->components, alias.outer_index, alias.sort));
    scope.components.push_back(component);
    return absl::OkStatus();
  }
  return wasm::Violation(absl::StrCat("outer aliases cannot refer to a ", SortName(alias.sort)));
}

}  // namespace

absl::Status DefineAlias(Scope& scope, const Alias& alias) {
  switch (alias.target) {
    case AliasTarget::kExport:
      return AliasExport(scope, alias);
    case AliasTarget::kCoreExport:
      return AliasCoreExport(scope, alias);
    case AliasTarget::kOuter:
      return AliasOuter(scope, alias);
  }
  return wasm::Violation("unknown alias target");
}

absl::StatusOr<OuterScope> FindOuter(const Scope& scope, uint32_t count) {
  OuterScope outer{.scope = &scope};
  for (; count > 0; --count) {
    outer.crosses_component |= outer.scope->kind == ScopeKind::kComponent;
    outer.scope = outer.scope->parent;
    if (outer.scope == nullptr) {
      return wasm::Violation("invalid outer alias count: there are not that many enclosing scopes");
    }
  }
  return outer;
}

}  // namespace davit::binary
