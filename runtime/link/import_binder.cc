#include "runtime/link/import_binder.h"

#include <memory>
#include <string_view>
#include <variant>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/link/type_eval.h"
#include "runtime/text/wit_text.h"

namespace davit::link {
namespace {

using binary::Sort;

absl::Status Mismatch(const std::string& path, std::string_view what) {
  return absl::FailedPreconditionError(absl::StrCat("import ", path, ": ", what));
}

bool SameType(const TypeValue& a, const TypeValue& b) {
  if (a.index() != b.index()) return false;
  if (const auto* type = std::get_if<types::TypePtr>(&a)) {
    return types::Equal(*type, std::get<types::TypePtr>(b));
  }
  if (const auto* func = std::get_if<FuncTypePtr>(&a)) {
    return types::Equal(**func, *std::get<FuncTypePtr>(b));
  }
  if (const auto* resource = std::get_if<types::ResourceId>(&a)) {
    return *resource == std::get<types::ResourceId>(b);
  }
  return false;
}

}  // namespace

absl::Status ImportBinder::Check(const binary::ExternDesc& desc, const Scope& scope,
                                 const Item& provided, const std::string& path) {
  switch (desc.sort) {
    case Sort::kFunc:
      return CheckFunc(std::get<FuncTypePtr>(scope.types[desc.type]), provided, path);
    case Sort::kType:
      return CheckType(desc.bound, scope, provided, path);
    case Sort::kInstance:
      return CheckInstance(std::get<TypeClosure>(scope.types[desc.type]), provided, path);
    case Sort::kCoreModule:
      return CheckModule(desc.type, scope, provided, path);
    default:
      return base::FeatureError("component-imports",
                                absl::StrCat("import of ", binary::SortName(desc.sort), " ", path));
  }
}

absl::Status ImportBinder::CheckFunc(const FuncTypePtr& want, const Item& provided,
                                     const std::string& path) {
  const auto* func = std::get_if<FuncValue>(&provided);
  if (func == nullptr) return Mismatch(path, "a function is wanted");
  const PlanPtr& plan = program_.PlanOf(func->target);
  if (types::Equal(*want, plan->type())) return absl::OkStatus();
  return Mismatch(path, absl::StrCat("want ", text::ToWit(*want), ", the component exports ",
                                     text::ToWit(plan->type())));
}

absl::Status ImportBinder::CheckType(const binary::TypeBound& bound, const Scope& scope,
                                     const Item& provided, const std::string& path) {
  const auto* type = std::get_if<TypeValue>(&provided);
  if (type == nullptr) return Mismatch(path, "a type is wanted");
  if (bound.kind == binary::TypeBoundKind::kSubResource) {
    if (std::holds_alternative<types::ResourceId>(*type)) return absl::OkStatus();
    return Mismatch(path, "a resource type is wanted");
  }
  if (SameType(scope.types[bound.type], *type)) return absl::OkStatus();
  return Mismatch(path, "the component exports another type");
}

absl::Status ImportBinder::CheckModule(uint32_t want, const Scope& scope, const Item& provided,
                                       const std::string& path) {
  const auto* value = std::get_if<ModuleValue>(&provided);
  if (value == nullptr) return Mismatch(path, "a core module is wanted");
  // An import itself that nothing satisfies: the linker will say so.
  if (value->module == nullptr) return absl::OkStatus();
  absl::Status match = core_types_.Check(*value->module, scope, want);
  if (match.ok() || base::LimitOf(match)) return match;
  return Mismatch(path, match.message());
}

absl::Status ImportBinder::CheckInstance(const TypeClosure& want, const Item& provided,
                                         const std::string& path) {
  const auto* instance = std::get_if<InstancePtr>(&provided);
  if (instance == nullptr) return Mismatch(path, "an instance is wanted");
  Scope& scope = scopes_.emplace_back();
  scope.outer = want.scope;
  for (const auto& decl : std::get<binary::InstanceTypeDef>(want.def->def).decls) {
    DAVIT_RETURN_IF_ERROR(CheckDecl(decl, scope, **instance, path));
  }
  return absl::OkStatus();
}

absl::Status ImportBinder::CheckDecl(const binary::TypeDecl& decl, Scope& scope,
                                     const InstanceValue& provided, const std::string& path) {
  DAVIT_RETURN_IF_ERROR(budget_.ChargeDefinitions(EvaluationCost(decl)));
  const auto* exported = std::get_if<binary::ExportDecl>(&decl.decl);
  if (exported == nullptr) {
    DeclareType(decl, scope);
    return absl::OkStatus();
  }
  const std::string_view name = exported->name.name;
  const std::string inner = absl::StrCat(path, "#", name);
  if (!provided.by_name.contains(name)) return Mismatch(inner, "the component does not export it");
  const Item& item = provided.Get(name);
  DAVIT_RETURN_IF_ERROR(Check(exported->desc, scope, item, inner));
  Push(item, scope);
  return absl::OkStatus();
}

}  // namespace davit::link
