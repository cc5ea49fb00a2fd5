#include "runtime/binary/validate/subtyping.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

// Both directions of instance type or component type subtyping: the types are the same.
template <typename T>
absl::Status CheckSameType(TypeStore* store, const wasm::CoreTypeTable* core, const T* a,
                           const T* b, std::span<const ResourceId> open_of_a,
                           std::span<const ResourceId> open_of_b) {
  if (a == b) return absl::OkStatus();
  Matcher a_below_b(store, core, open_of_b);
  DAVIT_RETURN_IF_ERROR(a_below_b.Match(Entity(a), Entity(b)));
  Matcher b_below_a(store, core, open_of_a);
  return b_below_a.Match(Entity(b), Entity(a));
}

}  // namespace

Matcher::Matcher(TypeStore* store, const wasm::CoreTypeTable* core,
                 std::span<const ResourceId> open)
    : store_(store), core_(core), substitution_(store), open_(open.begin(), open.end()) {}

absl::Status Matcher::Match(const Entity& given, const Entity& wanted) {
  DAVIT_RETURN_IF_ERROR(store_->Charge(1));
  if (given.index() != wanted.index()) {
    return wasm::Violation(
        absl::StrCat("expected ", SortName(SortOf(wanted)), ", found ", SortName(SortOf(given))));
  }
  if (const auto* module = std::get_if<const wasm::ModuleType*>(&wanted)) {
    const wasm::ModuleType* have = std::get<const wasm::ModuleType*>(given);
    DAVIT_RETURN_IF_ERROR(store_->Charge(have->steps + (*module)->steps));
    return have == *module ? absl::OkStatus() : core_->CheckSubtype(*have, **module);
  }
  if (const auto* func = std::get_if<const FuncType*>(&wanted)) {
    return MatchFunc(std::get<const FuncType*>(given), *func);
  }
  if (const auto* value = std::get_if<ValueEntity>(&wanted)) {
    return MatchValue(std::get<ValueEntity>(given).type, value->type);
  }
  if (const auto* type = std::get_if<TypeEntity>(&wanted)) {
    return MatchType(std::get<TypeEntity>(given).type, type->type);
  }
  if (const auto* component = std::get_if<const ComponentType*>(&wanted)) {
    return MatchComponent(std::get<const ComponentType*>(given), *component);
  }
  return MatchInstance(*std::get<const InstanceType*>(given),
                       *std::get<const InstanceType*>(wanted));
}

absl::Status Matcher::MatchType(const AnyType& given, const AnyType& wanted) {
  if (given.index() != wanted.index()) {
    return wasm::Violation(absl::StrCat("expected ", KindOf(wanted), ", found ", KindOf(given)));
  }
  if (const auto* resource = std::get_if<ResourceRef>(&wanted)) {
    return MatchResource(std::get<ResourceRef>(given), *resource);
  }
  if (const auto* value = std::get_if<ValueType>(&wanted)) {
    const auto& have = std::get<ValueType>(given);
    DAVIT_RETURN_IF_ERROR(MatchValue(have, *value));
    substitution_.Replace(value->name, have.name);
    return absl::OkStatus();
  }
  if (const auto* func = std::get_if<const FuncType*>(&wanted)) {
    return MatchFunc(std::get<const FuncType*>(given), *func);
  }
  if (const auto* instance = std::get_if<const InstanceType*>(&wanted)) {
    const InstanceType* have = std::get<const InstanceType*>(given);
    DAVIT_ASSIGN_OR_RETURN(const InstanceType* want, substitution_.Apply(*instance));
    return CheckSameType(store_, core_, have, want, have->bound_resources, want->bound_resources);
  }
  const ComponentType* have = std::get<const ComponentType*>(given);
  DAVIT_ASSIGN_OR_RETURN(const ComponentType* want,
                         substitution_.Apply(std::get<const ComponentType*>(wanted)));
  return CheckSameType(store_, core_, have, want, {}, {});
}

absl::Status Matcher::MatchResource(ResourceRef given, ResourceRef wanted) {
  if (open_.erase(wanted.id) > 0) {
    substitution_.Replace(wanted.id, given.id);
  } else if (substitution_.Apply(wanted).id != given.id) {
    return wasm::Violation("resource types are not the same");
  }
  substitution_.Replace(wanted.name, given.name);
  return absl::OkStatus();
}

absl::Status Matcher::MatchValue(const ValueType& given, const ValueType& wanted) {
  DAVIT_ASSIGN_OR_RETURN(const ValueType want, substitution_.Apply(wanted));
  if (given.structure() == want.structure()) return absl::OkStatus();
  return wasm::Violation(Difference(given, want));
}

absl::Status Matcher::MatchFunc(const FuncType* given, const FuncType* wanted) {
  DAVIT_ASSIGN_OR_RETURN(const FuncType* want, substitution_.Apply(wanted));
  if (given->structure == want->structure) return absl::OkStatus();
  return wasm::Violation(Difference(*given, *want));
}

absl::Status Matcher::MatchInstance(const InstanceType& given, const InstanceType& wanted) {
  for (const EntityMap::Item& want : wanted.exports.items()) {
    DAVIT_RETURN_IF_ERROR(store_->Charge(wasm::StepsOf(want.name)));
    const Entity* have = given.exports.Find(want.name);
    if (have == nullptr) {
      return wasm::Violation(absl::StrCat("missing expected export `", want.name, "`"));
    }
    absl::Status match = Match(*have, want.entity);
    if (!match.ok()) {
      return wasm::Within(absl::StrCat("type mismatch in instance export `", want.name, "`"),
                          std::move(match));
    }
  }
  return absl::OkStatus();
}

absl::Status Matcher::MatchComponent(const ComponentType* given, const ComponentType* wanted) {
  DAVIT_ASSIGN_OR_RETURN(const ComponentType* want, substitution_.Apply(wanted));
  if (given == want || store_->IsProven(given, want)) return absl::OkStatus();

  DAVIT_RETURN_IF_ERROR(
      store_->Charge(given->imported_resources.size() + want->defined_resources.size()));
  // What `given` imports must be found among what `want` promises to supply.
  Matcher imports(store_, core_, given->imported_resources);
  for (const EntityMap::Item& import : given->imports.items()) {
    DAVIT_RETURN_IF_ERROR(store_->Charge(wasm::StepsOf(import.name)));
    const Entity* supplied = want->imports.Find(import.name);
    if (supplied == nullptr) {
      return wasm::Violation(absl::StrCat("missing expected import `", import.name, "`"));
    }
    absl::Status match = imports.Match(*supplied, import.entity);
    if (!match.ok()) {
      return wasm::Within(absl::StrCat("type mismatch in import `", import.name, "`"),
                          std::move(match));
    }
  }
  // Its exports, in terms of those supplies, must then be what `want` exports.
  Matcher exports(store_, core_, want->defined_resources);
  for (const EntityMap::Item& wanted_export : want->exports.items()) {
    DAVIT_RETURN_IF_ERROR(store_->Charge(wasm::StepsOf(wanted_export.name)));
    const Entity* exported = given->exports.Find(wanted_export.name);
    if (exported == nullptr) {
      return wasm::Violation(absl::StrCat("missing expected export `", wanted_export.name, "`"));
    }
    DAVIT_ASSIGN_OR_RETURN(const Entity have, imports.substitution().Apply(*exported));
    absl::Status match = exports.Match(have, wanted_export.entity);
    if (!match.ok()) {
      return wasm::Within(absl::StrCat("type mismatch in export `", wanted_export.name, "`"),
                          std::move(match));
    }
  }
  store_->SetProven(given, want);
  return absl::OkStatus();
}

}  // namespace davit::binary
