#include "runtime/wasm/module_type.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_types.h"
#include "runtime/wasm/violation.h"

namespace davit::wasm {
namespace {

// A module type under construction. It starts with an empty type space.
class ModuleTypeMaker {
 public:
  ModuleTypeMaker(CoreTypeTable& table, OuterCoreTypes outer) : table_(table), outer_(outer) {}

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
    return table_.AddGroup(std::get<CoreRecType>(decl.decl).types, types_);
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
    return table_.Resolve(desc, types_);
  }

  // The module type itself is the innermost scope.
  absl::Status AddAlias(const CoreOuterAlias& alias) {
    const std::vector<CoreTypeId>* space = &types_;
    if (alias.count > 0) {
      DAVIT_ASSIGN_OR_RETURN(space, outer_(alias.count - 1));
    }
    if (alias.index >= space->size()) {
      return Violation(absl::StrCat("core type index ", alias.index, " is out of bounds"));
    }
    const CoreTypeId type = (*space)[alias.index];
    if (type == kNoCoreType) return Violation("a module type cannot alias a module type");
    types_.push_back(type);
    return absl::OkStatus();
  }

  CoreTypeTable& table_;
  const OuterCoreTypes outer_;
  std::vector<CoreTypeId> types_;
  ModuleType module_;
};

}  // namespace

absl::StatusOr<ModuleType> MakeModuleType(const CoreModuleType& def, CoreTypeTable& table,
                                          OuterCoreTypes outer) {
  ModuleTypeMaker maker(table, outer);
  for (const CoreModuleTypeDecl& decl : def.decls) {
    DAVIT_RETURN_IF_ERROR(At(decl.offset, maker.Declare(decl)));
  }
  return std::move(maker).Take();
}

}  // namespace davit::wasm
