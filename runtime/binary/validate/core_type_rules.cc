#include <utility>
#include <variant>

#include "runtime/base/status_macros.h"
#include "runtime/binary/validate/alias_rules.h"
#include "runtime/binary/validate/type_rules.h"
#include "runtime/wasm/module_type.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

absl::Status DefineModuleType(Scope& scope, const wasm::CoreModuleType& def) {
  const auto outer_core_types =
      [&scope](uint32_t count) -> absl::StatusOr<const std::vector<wasm::CoreTypeId>*> {
    DAVIT_ASSIGN_OR_RETURN(const OuterScope outer, FindOuter(scope, count));
    return &outer.scope->core_types;
  };
  DAVIT_ASSIGN_OR_RETURN(wasm::ModuleType type,
                         wasm::MakeModuleType(def, scope.validation.core, outer_core_types));
  const auto index = static_cast<uint32_t>(scope.core_types.size());
  scope.module_types.emplace(index, scope.validation.types.Make(std::move(type)));
  scope.core_types.push_back(wasm::kNoCoreType);
  return absl::OkStatus();
}

}  // namespace

absl::Status DefineCoreType(Scope& scope, const wasm::CoreTypeDef& def) {
  if (const auto* module = std::get_if<wasm::CoreModuleType>(&def.def)) {
    return wasm::At(def.offset, DefineModuleType(scope, *module));
  }
  const auto& group = std::get<wasm::CoreRecType>(def.def);
  return wasm::At(def.offset, scope.validation.core.AddGroup(group.types, scope.core_types));
}

}  // namespace davit::binary
