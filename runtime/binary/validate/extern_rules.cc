#include "runtime/binary/validate/extern_rules.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

using types::Kind;

std::optional<ResourceRef> HandleOf(Kind kind, const std::optional<ValueType>& type) {
  if (!type.has_value() || type->shape->kind != kind) return std::nullopt;
  return type->shape->resource;
}

// The resource that a constructor makes: of `(own $R)`, or of `(result (own $R) E?)`.
std::optional<ResourceRef> ConstructedBy(const FuncType& func) {
  if (func.result.has_value() && func.result->shape->kind == Kind::kResult) {
    return HandleOf(Kind::kOwn, func.result->shape->members[0].type);
  }
  return HandleOf(Kind::kOwn, func.result);
}

absl::Status CheckVersionSuffix(std::string_view suffix, const ParsedExternName& parsed) {
  const std::string_view version = parsed.interface.version;
  if (parsed.kind != ExternNameKind::kInterface || !IsCanonicalVersion(version)) {
    return wasm::Violation("a version suffix follows a canonical interface version only");
  }
  return ParseSemver(absl::StrCat(version, suffix)).status();
}

}  // namespace

absl::Status LabelSet::Add(std::string_view label) {
  DAVIT_RETURN_IF_ERROR(CheckLabel(label, absl::StrCat(what_, " name")));
  const auto [it, is_new] = taken_.try_emplace(UniquenessKey(label), label);
  if (is_new) return absl::OkStatus();
  return wasm::Violation(
      absl::StrCat(what_, " name `", label, "` conflicts with previous name `", it->second, "`"));
}

absl::Status ExternNameSet::Add(const ExternName& name, const Entity& entity) {
  DAVIT_ASSIGN_OR_RETURN(const ParsedExternName parsed, ParseExternName(name.name, features_));
  DAVIT_RETURN_IF_ERROR(CheckAttributes(name, parsed, entity));
  DAVIT_RETURN_IF_ERROR(CheckAnnotation(name, parsed, entity));
  const auto [it, is_new] = taken_.try_emplace(UniquenessKey(name.name, parsed), name.name);
  if (!is_new) {
    return wasm::Violation(absl::StrCat(what_, " name `", name.name,
                                        "` conflicts with previous name `", it->second, "`"));
  }
  if (parsed.kind == ExternNameKind::kLabel) {
    if (const auto* type = std::get_if<TypeEntity>(&entity)) {
      if (const auto* resource = std::get_if<ResourceRef>(&type->type)) {
        resources_.try_emplace(parsed.label, *resource);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ExternNameSet::CheckAttributes(const ExternName& name, const ParsedExternName& parsed,
                                            const Entity& entity) const {
  if (name.attributes.implements.has_value()) {
    DAVIT_RETURN_IF_ERROR(ParseInterfaceName(*name.attributes.implements, features_).status());
    if (!std::holds_alternative<const InstanceType*>(entity)) {
      return wasm::Violation("only instances can have an `implements` attribute");
    }
    if (parsed.kind == ExternNameKind::kInterface) {
      return wasm::Violation(absl::StrCat("name `", name.name,
                                          "` is not valid with `implements`: it is no plain name"));
    }
  }
  if (name.attributes.version_suffix.has_value()) {
    return CheckVersionSuffix(*name.attributes.version_suffix, parsed);
  }
  return absl::OkStatus();
}

absl::Status ExternNameSet::CheckAnnotation(const ExternName& name, const ParsedExternName& parsed,
                                            const Entity& entity) const {
  if (parsed.kind == ExternNameKind::kLabel || parsed.kind == ExternNameKind::kInterface) {
    return absl::OkStatus();
  }
  const auto* func = std::get_if<const FuncType*>(&entity);
  if (func == nullptr) return wasm::Violation(absl::StrCat("`", name.name, "` is not a func"));
  const auto resource = resources_.find(parsed.resource);
  if (resource == resources_.end()) {
    return wasm::Violation(absl::StrCat("`", name.name, "`: no resource `", parsed.resource,
                                        "` is known as an ", what_, " in this context"));
  }
  std::optional<ResourceRef> used = resource->second;
  std::string_view rule = "";
  if (parsed.kind == ExternNameKind::kConstructor) {
    rule = "should return `(own $T)` or `(result (own $T))`";
    used = ConstructedBy(**func);
  } else if (parsed.kind == ExternNameKind::kMethod) {
    rule = "should take a first parameter \"self\" of type `(borrow $T)`";
    const bool has_self = !(*func)->params.empty() && (*func)->params[0].label == "self";
    used = has_self ? HandleOf(Kind::kBorrow, (*func)->params[0].type) : std::nullopt;
  }
  if (!used.has_value()) return wasm::Violation(absl::StrCat("`", name.name, "` ", rule));
  if (*used == resource->second) return absl::OkStatus();
  return wasm::Violation(absl::StrCat("`", name.name, "` does not use the resource that `",
                                      parsed.resource, "` names in this context"));
}

}  // namespace davit::binary
