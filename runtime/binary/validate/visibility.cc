#include "runtime/binary/validate/visibility.h"

#include "runtime/base/status_macros.h"

namespace davit::binary {
namespace {

using types::Kind;

// Kinds of value types that bindings generators must be able to refer to by name.
bool NeedsName(Kind kind) {
  return kind == Kind::kRecord || kind == Kind::kVariant || kind == Kind::kEnum ||
         kind == Kind::kFlags;
}

}  // namespace

absl::StatusOr<bool> VisibleTypes::Admit(const Entity& entity) {
  if (const auto* func = std::get_if<const FuncType*>(&entity)) return UsesFunc(**func);
  if (const auto* value = std::get_if<ValueEntity>(&entity)) return Uses(value->type);
  if (const auto* type = std::get_if<TypeEntity>(&entity)) return AdmitType(type->type);
  if (const auto* instance = std::get_if<const InstanceType*>(&entity)) {
    return AdmitInstance(**instance);
  }
  return true;  // Modules have no such types; components were checked on their own.
}

absl::StatusOr<bool> VisibleTypes::AdmitType(const AnyType& type) {
  if (const auto* resource = std::get_if<ResourceRef>(&type)) {
    resources_.insert({resource->id, resource->name});
    return true;
  }
  if (const auto* value = std::get_if<ValueType>(&type)) {
    DAVIT_ASSIGN_OR_RETURN(const bool visible, UsesMembers(*value->shape));
    values_.insert({value->structure(), value->name});
    return visible;
  }
  if (const auto* func = std::get_if<const FuncType*>(&type)) return UsesFunc(**func);
  if (const auto* instance = std::get_if<const InstanceType*>(&type)) {
    return AdmitInstance(**instance);
  }
  return true;
}

bool VisibleTypes::IsVisible(ResourceRef ref) const {
  return ref.name != kNoName && resources_.contains({ref.id, ref.name});
}

absl::StatusOr<bool> VisibleTypes::Uses(const ValueType& type) {
  if (!NeedsName(type.shape->kind)) return UsesMembers(*type.shape);
  return type.name != kNoName && values_.contains({type.structure(), type.name});
}

absl::StatusOr<bool> VisibleTypes::UsesMembers(const ValueShape& shape) {
  if (admitted_.contains(&shape)) return true;
  DAVIT_RETURN_IF_ERROR(store_->Charge(1 + shape.members.size()));
  if (shape.kind == Kind::kOwn || shape.kind == Kind::kBorrow) return IsVisible(shape.resource);
  for (const Member& member : shape.members) {
    if (!member.type.has_value()) continue;
    DAVIT_ASSIGN_OR_RETURN(const bool visible, Uses(*member.type));
    if (!visible) return false;
  }
  admitted_.insert(&shape);
  return true;
}

absl::StatusOr<bool> VisibleTypes::UsesFunc(const FuncType& func) {
  if (admitted_.contains(&func)) return true;
  DAVIT_RETURN_IF_ERROR(store_->Charge(1 + func.params.size()));
  for (const Member& param : func.params) {
    DAVIT_ASSIGN_OR_RETURN(const bool visible, Uses(*param.type));
    if (!visible) return false;
  }
  if (func.result.has_value()) {
    DAVIT_ASSIGN_OR_RETURN(const bool visible, Uses(*func.result));
    if (!visible) return false;
  }
  admitted_.insert(&func);
  return true;
}

absl::StatusOr<bool> VisibleTypes::AdmitInstance(const InstanceType& instance) {
  if (admitted_.contains(&instance)) return true;
  DAVIT_RETURN_IF_ERROR(store_->Charge(1 + instance.exports.items().size()));
  for (const EntityMap::Item& item : instance.exports.items()) {
    DAVIT_ASSIGN_OR_RETURN(const bool visible, Admit(item.entity));
    if (!visible) return false;
  }
  admitted_.insert(&instance);
  return true;
}

}  // namespace davit::binary
