#include "runtime/link/type_eval.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace davit::link {
namespace {

using types::Kind;
using types::TypePtr;

TypePtr EvalOptional(const std::optional<binary::ValType>& type, const Scope& scope) {
  return type ? EvalValType(*type, scope) : nullptr;
}

TypePtr EvalMember(const binary::DefValType& def, size_t i, const Scope& scope) {
  return i < def.members.size() ? EvalOptional(def.members[i].type, scope) : nullptr;
}

std::vector<types::Field> EvalFields(const binary::DefValType& def, const Scope& scope) {
  std::vector<types::Field> fields;
  fields.reserve(def.members.size());
  for (const auto& member : def.members) {
    fields.push_back({std::string(member.label), EvalOptional(member.type, scope)});
  }
  return fields;
}

std::vector<TypePtr> EvalMembers(const binary::DefValType& def, const Scope& scope) {
  std::vector<TypePtr> members;
  members.reserve(def.members.size());
  for (const auto& member : def.members) members.push_back(EvalOptional(member.type, scope));
  return members;
}

std::vector<std::string> Labels(const binary::DefValType& def) {
  std::vector<std::string> labels;
  labels.reserve(def.members.size());
  for (const auto& member : def.members) labels.emplace_back(member.label);
  return labels;
}

types::ResourceId EvalResource(uint32_t index, const Scope& scope) {
  return std::get<types::ResourceId>(scope.types[index]);
}

}  // namespace

TypePtr EvalValType(const binary::ValType& type, const Scope& scope) {
  if (!type.is_index) return types::Primitive(type.primitive);
  return std::get<TypePtr>(scope.types[type.index]);
}

TypePtr EvalDefValType(const binary::DefValType& def, const Scope& scope) {
  switch (def.kind) {
    case Kind::kRecord:
      return types::Record(EvalFields(def, scope));
    case Kind::kTuple:
      return types::Tuple(EvalMembers(def, scope));
    case Kind::kVariant:
      return types::Variant(EvalFields(def, scope));
    case Kind::kEnum:
      return types::Enum(Labels(def));
    case Kind::kFlags:
      return types::Flags(Labels(def));
    case Kind::kOption:
      return types::Option(EvalMember(def, 0, scope));
    case Kind::kResult:
      return types::Result(EvalMember(def, 0, scope), EvalMember(def, 1, scope));
    case Kind::kList:
      return types::List(EvalMember(def, 0, scope));
    case Kind::kFixedList:
      return types::FixedList(EvalMember(def, 0, scope), def.length);
    case Kind::kMap:
      return types::Map(EvalMember(def, 0, scope), EvalMember(def, 1, scope));
    case Kind::kOwn:
      return types::Own(EvalResource(def.resource, scope));
    case Kind::kBorrow:
      return types::Borrow(EvalResource(def.resource, scope));
    case Kind::kStream:
      return types::Stream(EvalMember(def, 0, scope));
    case Kind::kFuture:
      return types::Future(EvalMember(def, 0, scope));
    default:
      return types::Primitive(def.kind);
  }
}

FuncTypePtr EvalFuncType(const binary::FuncTypeDef& def, const Scope& scope) {
  auto type = std::make_shared<types::FuncType>();
  type->is_async = def.is_async;
  type->params.reserve(def.params.size());
  for (const auto& param : def.params) {
    type->params.push_back({std::string(param.label), EvalOptional(param.type, scope)});
  }
  type->result = EvalOptional(def.result, scope);
  return type;
}

uint64_t EvaluationCost(const binary::TypeDef& def) {
  const bool is_closure = std::holds_alternative<binary::ComponentTypeDef>(def.def) ||
                          std::holds_alternative<binary::InstanceTypeDef>(def.def);
  return is_closure ? 1 : 1 + def.size;
}

uint64_t EvaluationCost(const binary::TypeDecl& decl) {
  const auto* type = std::get_if<std::shared_ptr<binary::TypeDef>>(&decl.decl);
  return type == nullptr ? 1 : EvaluationCost(**type);
}

TypeValue EvalTypeDef(const binary::TypeDef& def, const Scope& scope) {
  if (const auto* value = std::get_if<binary::DefValType>(&def.def)) {
    return EvalDefValType(*value, scope);
  }
  if (const auto* func = std::get_if<binary::FuncTypeDef>(&def.def)) {
    return EvalFuncType(*func, scope);
  }
  return TypeClosure{.def = &def, .scope = &scope};
}

void DeclareType(const binary::TypeDecl& decl, Scope& scope) {
  if (const auto* type = std::get_if<std::shared_ptr<binary::TypeDef>>(&decl.decl)) {
    scope.types.push_back(EvalTypeDef(**type, scope));
    return;
  }
  if (const auto* core_type = std::get_if<wasm::CoreTypeDef>(&decl.decl)) {
    scope.core_types.emplace_back(core_type);
    return;
  }
  const auto* alias = std::get_if<binary::Alias>(&decl.decl);
  if (alias == nullptr) return;
  if (alias->sort == binary::Sort::kCoreType) {
    scope.core_types.emplace_back(
        wasm::CoreOuterAlias{.count = alias->outer_count, .index = alias->outer_index});
    return;
  }
  Push(alias->target == binary::AliasTarget::kOuter
           ? Get({alias->sort, alias->outer_index}, Outer(scope, alias->outer_count))
           : scope.instances[alias->instance]->Get(alias->name),
       scope);
}

}  // namespace davit::link
