#include "runtime/link/core_type_eval.h"

#include <memory>
#include <utility>
#include <variant>

#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_module.h"
#include "runtime/wasm/module_type.h"

namespace davit::link {

using wasm::ModuleType;

namespace {

uint64_t PartsOf(const wasm::CoreModuleType& module) {
  uint64_t parts = module.decls.size();
  for (const auto& decl : module.decls) {
    const auto* group = std::get_if<wasm::CoreRecType>(&decl.decl);
    if (group != nullptr) parts += group->types.size();
  }
  return parts;
}

}  // namespace

absl::Status CoreTypeEval::Check(const binary::CoreModule& module, const Scope& scope,
                                 uint32_t type) {
  DAVIT_ASSIGN_OR_RETURN(const Space* space, SpaceOf(scope));
  const ModuleType& wanted = *space->module_types.at(type);
  DAVIT_ASSIGN_OR_RETURN(const auto actual, TypeOf(module));
  DAVIT_RETURN_IF_ERROR(steps_.Charge(actual->steps + wanted.steps));
  return table_.CheckSubtype(*actual, wanted);
}

absl::StatusOr<std::shared_ptr<const ModuleType>> CoreTypeEval::TypeOf(
    const binary::CoreModule& module) {
  std::shared_ptr<const ModuleType>& type = modules_[&module];
  if (type == nullptr) {
    DAVIT_ASSIGN_OR_RETURN(const wasm::CoreModuleInfo info,
                           wasm::ReadCoreModule(module.bytes, module.offset));
    DAVIT_ASSIGN_OR_RETURN(ModuleType made, wasm::ModuleTypeOf(info, table_));
    type = std::make_shared<const ModuleType>(std::move(made));
  }
  return type;
}

absl::StatusOr<const CoreTypeEval::Space*> CoreTypeEval::SpaceOf(const Scope& scope) {
  Space& space = spaces_[&scope];
  while (space.definitions < scope.core_types.size()) {
    const auto& definition = scope.core_types[space.definitions++];
    DAVIT_RETURN_IF_ERROR(
        std::visit([&](const auto& def) { return Define(def, scope, space); }, definition));
  }
  return &space;
}

absl::Status CoreTypeEval::Define(const wasm::CoreTypeDef* def, const Scope& scope, Space& space) {
  if (const auto* group = std::get_if<wasm::CoreRecType>(&def->def)) {
    DAVIT_RETURN_IF_ERROR(steps_.Charge(group->types.size()));
    return table_.AddGroup(group->types, space.types);
  }
  const auto outer_core_types =
      [&](uint32_t count) -> absl::StatusOr<const std::vector<wasm::CoreTypeId>*> {
    if (count == 0) return &space.types;
    DAVIT_ASSIGN_OR_RETURN(const Space* outer, SpaceOf(Outer(scope, count)));
    return &outer->types;
  };
  const auto& module = std::get<wasm::CoreModuleType>(def->def);
  DAVIT_RETURN_IF_ERROR(steps_.Charge(PartsOf(module)));
  DAVIT_ASSIGN_OR_RETURN(ModuleType type, wasm::MakeModuleType(module, table_, outer_core_types));
  space.module_types.emplace(static_cast<uint32_t>(space.types.size()),
                             std::make_shared<const ModuleType>(std::move(type)));
  space.types.push_back(wasm::kNoCoreType);
  return absl::OkStatus();
}

absl::Status CoreTypeEval::Define(const wasm::CoreOuterAlias& alias, const Scope& scope,
                                  Space& space) {
  const Space* from = &space;
  if (alias.count > 0) {
    DAVIT_ASSIGN_OR_RETURN(from, SpaceOf(Outer(scope, alias.count)));
  }
  const wasm::CoreTypeId type = from->types[alias.index];
  if (type == wasm::kNoCoreType) {
    auto module_type = from->module_types.at(alias.index);
    space.module_types.emplace(static_cast<uint32_t>(space.types.size()), std::move(module_type));
  }
  space.types.push_back(type);
  return absl::OkStatus();
}

}  // namespace davit::link
