#include "runtime/binary/validate/instance_rules.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/validate/extern_rules.h"
#include "runtime/binary/validate/subtyping.h"
#include "runtime/wasm/core_module.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

// ---- core instances --------------------------------------------------------------------------

using CoreArguments = absl::flat_hash_map<std::string_view, const wasm::CoreItems*>;

absl::StatusOr<CoreArguments> CoreArgumentsOf(const Scope& scope, const CoreInstantiate& def) {
  CoreArguments arguments;
  for (const CoreInstantiateArg& arg : def.args) {
    const absl::StatusOr<const wasm::CoreItems*> exports =
        ItemAt(scope.core_instances, arg.instance, Sort::kCoreInstance);
    if (!exports.ok()) return wasm::At(arg.offset, exports.status());
    if (!arguments.try_emplace(arg.name, *exports).second) {
      return wasm::At(arg.offset,
                      wasm::Violation(absl::StrCat(
                          "duplicate module instantiation argument named `", arg.name, "`")));
    }
  }
  return arguments;
}

absl::Status CheckCoreImport(const wasm::ModuleType::Import& import, const CoreArguments& arguments,
                             const wasm::CoreTypeTable& core) {
  const auto argument = arguments.find(import.module);
  if (argument == arguments.end()) {
    return wasm::Violation(
        absl::StrCat("missing module instantiation argument named `", import.module, "`"));
  }
  const auto supplied = argument->second->find(import.field);
  if (supplied == argument->second->end()) {
    return wasm::Violation(absl::StrCat("module instantiation argument `", import.module,
                                        "` does not export an item named `", import.field, "`"));
  }
  return wasm::Within(absl::StrCat("module instantiation argument `", import.module, "` exports `",
                                   import.field, "` with the wrong type"),
                      core.CheckSubtype(supplied->second, import.item));
}

absl::Status InstantiateModule(Scope& scope, const CoreInstantiate& def) {
  DAVIT_ASSIGN_OR_RETURN(const wasm::ModuleType* module,
                         ItemAt(scope.core_modules, def.module, Sort::kCoreModule));
  DAVIT_ASSIGN_OR_RETURN(const CoreArguments arguments, CoreArgumentsOf(scope, def));
  for (const wasm::ModuleType::Import& import : module->imports) {
    DAVIT_RETURN_IF_ERROR(
        scope.validation.types.Charge(wasm::StepsOf(import.module) + wasm::StepsOf(import.field)));
    DAVIT_RETURN_IF_ERROR(CheckCoreImport(import, arguments, scope.validation.core));
  }
  scope.core_instances.push_back(&module->exports);
  return absl::OkStatus();
}

absl::Status BundleCoreExports(Scope& scope, const CoreInlineExports& def) {
  wasm::CoreItems exports;
  for (const CoreInlineExport& exported : def.exports) {
    const absl::StatusOr<wasm::CoreItem> item = CoreItemAt(scope, exported.item);
    if (!item.ok()) return wasm::At(exported.offset, item.status());
    if (!exports.try_emplace(exported.name, *item).second) {
      return wasm::At(exported.offset, wasm::Violation(absl::StrCat("export name `", exported.name,
                                                                    "` already defined")));
    }
  }
  const wasm::CoreItems* kept =
      &scope.validation.inline_core_instances.emplace_back(std::move(exports));
  scope.core_instances.push_back(kept);
  return absl::OkStatus();
}

// ---- component instances ------------------------------------------------------------------------

using Arguments = absl::flat_hash_map<std::string_view, Entity>;

absl::StatusOr<Arguments> ArgumentsOf(Scope& scope, const Instantiate& def) {
  Arguments arguments;
  for (const InstantiateArg& arg : def.args) {
    const absl::StatusOr<Entity> entity = EntityAt(scope, arg.item);
    if (!entity.ok()) return wasm::At(arg.offset, entity.status());
    if (!arguments.try_emplace(arg.name, *entity).second) {
      return wasm::At(arg.offset,
                      wasm::Violation(absl::StrCat("instantiation argument `", arg.name,
                                                   "` conflicts with a previous argument")));
    }
  }
  return arguments;
}

// Checks `arguments` against the imports of `component`; afterwards `matcher` knows what each of
// its imported types stands for.
absl::Status MatchImports(const ComponentType& component, const Arguments& arguments,
                          TypeStore& store, Matcher& matcher) {
  for (const EntityMap::Item& import : component.imports.items()) {
    DAVIT_RETURN_IF_ERROR(store.Charge(wasm::StepsOf(import.name)));
    const auto argument = arguments.find(import.name);
    if (argument == arguments.end()) {
      return wasm::Violation(absl::StrCat("missing import named `", import.name, "`"));
    }
    DAVIT_RETURN_IF_ERROR(wasm::Within(absl::StrCat("type mismatch for import `", import.name, "`"),
                                       matcher.Match(argument->second, import.entity)));
  }
  return absl::OkStatus();
}

absl::Status InstantiateComponent(Scope& scope, const Instantiate& def) {
  TypeStore& store = scope.validation.types;
  DAVIT_ASSIGN_OR_RETURN(const ComponentType* component,
                         ItemAt(scope.components, def.component, Sort::kComponent));
  DAVIT_ASSIGN_OR_RETURN(const Arguments arguments, ArgumentsOf(scope, def));
  DAVIT_RETURN_IF_ERROR(
      store.Charge(component->imported_resources.size() + component->defined_resources.size()));
  Matcher matcher(&store, &scope.validation.core, component->imported_resources);
  DAVIT_RETURN_IF_ERROR(MatchImports(*component, arguments, store, matcher));

  // Every instance makes new types of the resources that the component defines.
  Substitution& substitution = matcher.substitution();
  for (ResourceId defined : component->defined_resources) {
    scope.defined_resources.push_back(store.FreshResource());
    substitution.Replace(defined, scope.defined_resources.back());
  }
  std::vector<Entity> exports;
  for (const EntityMap::Item& item : component->exports.items()) {
    DAVIT_ASSIGN_OR_RETURN(const Entity exported, substitution.Apply(item.entity));
    exports.push_back(exported);
  }
  InstanceType type{.exports = component->exports.WithEntities(std::move(exports))};
  DAVIT_ASSIGN_OR_RETURN(const InstanceType* instance, store.Make(std::move(type)));
  scope.instances.push_back(instance);
  return absl::OkStatus();
}

absl::Status BundleExports(Scope& scope, const InlineExports& def) {
  Validation& validation = scope.validation;
  ExternNameSet names("export", validation.features);
  InstanceType type;
  for (const InlineExport& exported : def.exports) {
    const absl::StatusOr<Entity> found = EntityAt(scope, exported.item);
    if (!found.ok()) return wasm::At(exported.name.offset, found.status());
    const Entity entity = WithAnyName(*found, validation.types);
    DAVIT_RETURN_IF_ERROR(wasm::At(exported.name.offset, names.Add(exported.name, entity)));
    type.exports.Add(exported.name.name, entity);
  }
  DAVIT_ASSIGN_OR_RETURN(const InstanceType* instance, validation.types.Make(std::move(type)));
  scope.instances.push_back(instance);
  return absl::OkStatus();
}

}  // namespace

absl::Status DefineCoreModule(Scope& scope, const CoreModule& module) {
  Validation& validation = scope.validation;
  if (validation.core_validator != nullptr) {
    DAVIT_RETURN_IF_ERROR(wasm::At(
        module.offset, wasm::Within("core module", validation.core_validator(module.bytes))));
  }
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreModuleInfo info,
                         wasm::ReadCoreModule(module.bytes, module.offset));
  absl::StatusOr<wasm::ModuleType> type = wasm::ModuleTypeOf(info, validation.core);
  if (!type.ok()) return wasm::At(module.offset, type.status());
  scope.core_modules.push_back(validation.types.Make(*std::move(type)));
  return absl::OkStatus();
}

absl::Status DefineCoreInstance(Scope& scope, const CoreInstance& instance) {
  if (const auto* instantiate = std::get_if<CoreInstantiate>(&instance.expr)) {
    return InstantiateModule(scope, *instantiate);
  }
  return BundleCoreExports(scope, std::get<CoreInlineExports>(instance.expr));
}

absl::Status DefineInstance(Scope& scope, const Instance& instance) {
  if (const auto* instantiate = std::get_if<Instantiate>(&instance.expr)) {
    return InstantiateComponent(scope, *instantiate);
  }
  return BundleExports(scope, std::get<InlineExports>(instance.expr));
}

}  // namespace davit::binary
