#include "runtime/link/root_imports.h"

#include <memory>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/link/type_eval.h"

namespace davit::link {

using binary::Sort;

absl::StatusOr<Item> RootImports::Import(const binary::Import& import, const Scope& scope) {
  absl::StatusOr<Item> item =
      Make(import.desc, scope, /*interface=*/"", std::string(import.name.name));
  if (item.ok()) items_.Add(import.name.name, *item);
  return item;
}

absl::StatusOr<Item> RootImports::Make(const binary::ExternDesc& desc, const Scope& scope,
                                       const std::string& interface, const std::string& name) {
  DAVIT_RETURN_IF_ERROR(builder_.budget().ChargeName(interface.size() + name.size()));
  switch (desc.sort) {
    case Sort::kFunc:
      return MakeFunc(std::get<FuncTypePtr>(scope.types[desc.type]), interface, name);
    case Sort::kType:
      if (desc.bound.kind == binary::TypeBoundKind::kSubResource) {
        return MakeResource(interface, name);
      }
      return MakeEqual(scope.types[desc.bound.type], interface, name);
    case Sort::kInstance:
      builder_.AddImportedInstance({interface, name});
      return MakeInstance(std::get<TypeClosure>(scope.types[desc.type]),
                          interface.empty() ? name : absl::StrCat(interface, "/", name));
    case Sort::kCoreModule:
      builder_.AddUnlinkedModule({interface, name});
      return ModuleValue{};
    case Sort::kValue:
      return base::FeatureError("values", absl::StrCat("import of value \"", name, "\""));
    default:
      return base::FeatureError(
          "component-imports",
          absl::StrCat("import of ", binary::SortName(desc.sort), " \"", name, "\""));
  }
}

Item RootImports::MakeFunc(const FuncTypePtr& type, const std::string& interface,
                           const std::string& name) {
  return FuncValue{
      builder_.AddImport({.interface = interface, .name = name, .plan = builder_.PlanFor(type)})};
}

Item RootImports::MakeResource(const std::string& interface, const std::string& name) {
  return TypeValue(builder_.AddResource({.instance = std::nullopt,
                                         .destructor = std::nullopt,
                                         .entering = {},
                                         .interface = interface,
                                         .name = name}));
}

Item RootImports::MakeEqual(const TypeValue& type, const std::string& interface,
                            const std::string& name) {
  if (const auto* id = std::get_if<types::ResourceId>(&type)) {
    const bool of_host = !builder_.program().resources[id->value].instance.has_value();
    if (of_host) builder_.AddImportedAlias({interface, name, *id});
  }
  return type;
}

absl::StatusOr<Item> RootImports::MakeInstance(const TypeClosure& type, const std::string& path) {
  Scope& scope = scopes_.emplace_back();
  scope.outer = type.scope;
  auto value = std::make_shared<InstanceValue>();
  for (const auto& decl : std::get<binary::InstanceTypeDef>(type.def->def).decls) {
    DAVIT_RETURN_IF_ERROR(Declare(decl, scope, path, *value));
  }
  return InstancePtr(std::move(value));
}

absl::Status RootImports::Declare(const binary::TypeDecl& decl, Scope& scope,
                                  const std::string& path, InstanceValue& value) {
  DAVIT_RETURN_IF_ERROR(builder_.budget().ChargeDefinitions(EvaluationCost(decl)));
  const auto* exported = std::get_if<binary::ExportDecl>(&decl.decl);
  if (exported == nullptr) {
    DeclareType(decl, scope);
    return absl::OkStatus();
  }
  const absl::StatusOr<Item> item =
      Make(exported->desc, scope, path, std::string(exported->name.name));
  if (!item.ok()) return item.status();
  value.Add(exported->name.name, *item);
  Push(*item, scope);
  return absl::OkStatus();
}

}  // namespace davit::link
