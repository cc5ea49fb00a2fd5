#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/alias_rules.h"
#include "runtime/binary/core_types.h"
#include "runtime/binary/type_rules.h"
#include "runtime/binary/violation.h"

namespace davit::binary {
namespace {

// A module type under validation, inside `scope`. It starts with an empty type space.
class ModuleTypeScope {
 public:
  explicit ModuleTypeScope(Scope& scope) : scope_(scope), core_(scope.validation.core) {}

  absl::Status Declare(const CoreModuleTypeDecl& decl) {
    if (const auto* import = std::get_if<CoreImport>(&decl.decl)) {
      DAVIT_ASSIGN_OR_RETURN(const CoreItem item, Resolve(import->desc, import->offset));
      return module_.AddImport(import->module, import->name, item);
    }
    if (const auto* exported = std::get_if<CoreExport>(&decl.decl)) {
      DAVIT_ASSIGN_OR_RETURN(const CoreItem item, Resolve(exported->desc, exported->offset));
      return module_.AddExport(exported->name, item);
    }
    if (const auto* alias = std::get_if<CoreOuterAlias>(&decl.decl)) return AddAlias(*alias);
    return core_.AddGroup(std::get<CoreRecType>(decl.decl).types, types_);
  }

  ModuleType Take() && { return std::move(module_); }

 private:
  absl::StatusOr<CoreItem> Resolve(const CoreExternDesc& desc, uint64_t offset) {
    if (const auto* memory = std::get_if<CoreMemoryType>(&desc)) {
      DAVIT_RETURN_IF_ERROR(CheckMemoryType(*memory, offset));
    }
    if (const auto* table = std::get_if<CoreTableType>(&desc)) {
      DAVIT_RETURN_IF_ERROR(CheckTableType(*table, offset));
    }
    return core_.Resolve(desc, types_);
  }

  // The module type itself is the innermost scope.
  absl::Status AddAlias(const CoreOuterAlias& alias) {
    const std::vector<CoreTypeId>* space = &types_;
    if (alias.count > 0) {
      DAVIT_ASSIGN_OR_RETURN(const OuterScope outer, FindOuter(scope_, alias.count - 1));
      space = &outer.scope->core_types;
    }
    DAVIT_ASSIGN_OR_RETURN(const CoreTypeId type, ItemAt(*space, alias.index, Sort::kCoreType));
    if (type == kNoCoreType) return Violation("a module type cannot alias a module type");
    types_.push_back(type);
    return absl::OkStatus();
  }

  Scope& scope_;
  CoreTypeTable& core_;
  std::vector<CoreTypeId> types_;
  ModuleType module_;
};

absl::Status DefineModuleType(Scope& scope, const CoreModuleType& def) {
  ModuleTypeScope module(scope);
  for (const CoreModuleTypeDecl& decl : def.decls) {
    DAVIT_RETURN_IF_ERROR(At(decl.offset, module.Declare(decl)));
  }
  const auto index = static_cast<uint32_t>(scope.core_types.size());
  scope.module_types.emplace(index, scope.validation.types.Make(std::move(module).Take()));
  scope.core_types.push_back(kNoCoreType);
  return absl::OkStatus();
}

}  // namespace

absl::Status DefineCoreType(Scope& scope, const CoreTypeDef& def) {
  if (const auto* module = std::get_if<CoreModuleType>(&def.def)) {
    return At(def.offset, DefineModuleType(scope, *module));
  }
  const auto& group = std::get<CoreRecType>(def.def);
  return At(def.offset, scope.validation.core.AddGroup(group.types, scope.core_types));
}

}  // namespace davit::binary
