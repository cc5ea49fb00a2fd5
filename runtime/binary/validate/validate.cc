#include "runtime/binary/validate/validate.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/binary/validate/alias_rules.h"
#include "runtime/binary/validate/canon_rules.h"
#include "runtime/binary/validate/instance_rules.h"
#include "runtime/binary/validate/resource_mentions.h"
#include "runtime/binary/validate/scope.h"
#include "runtime/binary/validate/subtyping.h"
#include "runtime/binary/validate/type_rules.h"
#include "runtime/binary/validate/value_rules.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

absl::StatusOr<const ComponentType*> ValidateComponent(const Component& component, Scope* parent,
                                                       Validation& validation);

// Validates one definition and appends what it introduces to `scope`.
class DefinitionValidator {
 public:
  explicit DefinitionValidator(Scope& scope) : scope_(scope) {}

  absl::Status operator()(const CoreModule& def) { return DefineCoreModule(scope_, def); }
  absl::Status operator()(const CoreInstance& def) { return DefineCoreInstance(scope_, def); }
  absl::Status operator()(const wasm::CoreTypeDef& def) { return DefineCoreType(scope_, def); }
  absl::Status operator()(const Instance& def) { return DefineInstance(scope_, def); }
  absl::Status operator()(const Alias& def) { return DefineAlias(scope_, def); }
  absl::Status operator()(const TypeDef& def) { return DefineType(scope_, def); }
  absl::Status operator()(const Canon& def) { return DefineCanon(scope_, def); }
  absl::Status operator()(const Start& def) { return DefineStart(scope_, def); }
  absl::Status operator()(const ValueDef& def) { return DefineValue(scope_, def); }

  absl::Status operator()(const std::shared_ptr<const Component>& def) {
    DAVIT_ASSIGN_OR_RETURN(const ComponentType* type,
                           ValidateComponent(*def, &scope_, scope_.validation));
    scope_.components.push_back(type);
    return absl::OkStatus();
  }

  absl::Status operator()(const Import& def) {
    DAVIT_ASSIGN_OR_RETURN(const Entity entity,
                           ResolveExternDesc(scope_, def.desc, ExternUse::kImport));
    return AddImport(scope_, def.name, entity);
  }

  absl::Status operator()(const Export& def) {
    DAVIT_ASSIGN_OR_RETURN(const Entity item, EntityAt(scope_, def.item));
    if (!def.ascription.has_value()) {
      return AddExported(def.name, WithFreshName(item, scope_.validation.types));
    }
    DAVIT_ASSIGN_OR_RETURN(const Entity ascribed, Ascribe(item, *def.ascription));
    return AddExported(def.name, ascribed);
  }

 private:
  // The supertype of `item` that an export gives instead.
  absl::StatusOr<Entity> Ascribe(const Entity& item, const ExternDesc& ascription) {
    const size_t opened_before = scope_.defined_resources.size();
    DAVIT_ASSIGN_OR_RETURN(const Entity wanted,
                           ResolveExternDesc(scope_, ascription, ExternUse::kExport));
    const auto opened = std::span(scope_.defined_resources).subspan(opened_before);
    Matcher matcher(&scope_.validation.types, &scope_.validation.core, opened);
    DAVIT_RETURN_IF_ERROR(
        wasm::Within("ascribed type of export is not compatible", matcher.Match(item, wanted)));
    return wanted;
  }

  // The value that an export introduces is the outside's to consume.
  absl::Status AddExported(const ExternName& name, const Entity& entity) {
    DAVIT_RETURN_IF_ERROR(AddExport(scope_, name, entity));
    if (std::holds_alternative<ValueEntity>(entity)) scope_.values.back().consumed = true;
    return absl::OkStatus();
  }

  Scope& scope_;
};

absl::StatusOr<const ComponentType*> ValidateComponent(const Component& component, Scope* parent,
                                                       Validation& validation) {
  Scope scope(ScopeKind::kComponent, parent, validation);
  DefinitionValidator validator(scope);
  for (const Definition& definition : component.definitions) {
    DAVIT_RETURN_IF_ERROR(wasm::At(definition.offset, std::visit(validator, definition.def)));
  }
  DAVIT_RETURN_IF_ERROR(wasm::At(component.offset, CheckValuesConsumed(scope)));
  DAVIT_RETURN_IF_ERROR(KeepMentioned(scope.exports, scope.defined_resources, validation.types));
  return validation.types.Make(
      ComponentType{.imports = std::move(scope.imports),
                    .exports = std::move(scope.exports),
                    .imported_resources = std::move(scope.imported_resources),
                    .defined_resources = std::move(scope.defined_resources)});
}

}  // namespace

absl::Status Validate(const Component& component, const Features& features,
                      const CoreModuleValidator& core_validator) {
  Validation validation{.features = features, .core_validator = core_validator};
  return ValidateComponent(component, /*parent=*/nullptr, validation).status();
}

}  // namespace davit::binary
