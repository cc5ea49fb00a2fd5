#include "runtime/binary/validate/substitution.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace davit::binary {

void Substitution::Replace(ResourceId from, ResourceId to) {
  resources_.insert_or_assign(from, to);
  mentions_ |= MentionOf(from);
  done_.clear();
}

void Substitution::Replace(TypeName from, TypeName to) {
  if (from == kNoName) return;
  names_.insert_or_assign(from, to);
  mentions_ |= MentionOf(from);
  done_.clear();
}

ResourceId Substitution::Apply(ResourceId id) const {
  const auto it = resources_.find(id);
  return it == resources_.end() ? id : it->second;
}

TypeName Substitution::Apply(TypeName name) const {
  const auto it = names_.find(name);
  return it == names_.end() ? name : it->second;
}

ResourceRef Substitution::Apply(ResourceRef ref) {
  return {.id = Apply(ref.id), .name = Apply(ref.name)};
}

template <typename T>
absl::StatusOr<const T*> Substitution::Memoised(const T* type, auto rewrite) {
  if (!Affects(type->mentions)) return type;
  if (const auto it = done_.find(type); it != done_.end()) {
    return static_cast<const T*>(it->second);
  }
  DAVIT_ASSIGN_OR_RETURN(T copy, rewrite(*type));
  DAVIT_ASSIGN_OR_RETURN(const T* result, store_->Make(std::move(copy)));
  done_.emplace(type, result);
  return result;
}

absl::StatusOr<std::vector<Member>> Substitution::Apply(const std::vector<Member>& members) {
  std::vector<Member> result = members;
  for (Member& member : result) {
    if (!member.type.has_value()) continue;
    DAVIT_ASSIGN_OR_RETURN(member.type, Apply(*member.type));
  }
  return result;
}

absl::StatusOr<const ValueShape*> Substitution::Apply(const ValueShape* shape) {
  return Memoised(shape, [this](const ValueShape& old) -> absl::StatusOr<ValueShape> {
    DAVIT_ASSIGN_OR_RETURN(std::vector<Member> members, Apply(old.members));
    return ValueShape{.kind = old.kind,
                      .members = std::move(members),
                      .length = old.length,
                      .resource = Apply(old.resource),
                      .layout = old.layout};
  });
}

absl::StatusOr<ValueType> Substitution::Apply(const ValueType& type) {
  DAVIT_ASSIGN_OR_RETURN(const ValueShape* shape, Apply(type.shape));
  return ValueType{.shape = shape, .name = Apply(type.name)};
}

absl::StatusOr<const FuncType*> Substitution::Apply(const FuncType* type) {
  return Memoised(type, [this](const FuncType& old) -> absl::StatusOr<FuncType> {
    FuncType copy{.is_async = old.is_async};
    DAVIT_ASSIGN_OR_RETURN(copy.params, Apply(old.params));
    if (old.result.has_value()) {
      DAVIT_ASSIGN_OR_RETURN(copy.result, Apply(*old.result));
    }
    return copy;
  });
}

absl::StatusOr<EntityMap> Substitution::Apply(const EntityMap& map) {
  std::vector<Entity> entities;
  entities.reserve(map.items().size());
  for (const EntityMap::Item& item : map.items()) {
    DAVIT_ASSIGN_OR_RETURN(Entity entity, Apply(item.entity));
    entities.push_back(entity);
  }
  return map.WithEntities(std::move(entities));
}

absl::StatusOr<const InstanceType*> Substitution::Apply(const InstanceType* type) {
  return Memoised(type, [this](const InstanceType& old) -> absl::StatusOr<InstanceType> {
    DAVIT_ASSIGN_OR_RETURN(EntityMap exports, Apply(old.exports));
    return InstanceType{.exports = std::move(exports),
                        .bound_resources = old.bound_resources,
                        .bound_names = old.bound_names};
  });
}

absl::StatusOr<const ComponentType*> Substitution::Apply(const ComponentType* type) {
  return Memoised(type, [this](const ComponentType& old) -> absl::StatusOr<ComponentType> {
    DAVIT_ASSIGN_OR_RETURN(EntityMap imports, Apply(old.imports));
    DAVIT_ASSIGN_OR_RETURN(EntityMap exports, Apply(old.exports));
    return ComponentType{.imports = std::move(imports),
                         .exports = std::move(exports),
                         .imported_resources = old.imported_resources,
                         .defined_resources = old.defined_resources};
  });
}

absl::StatusOr<AnyType> Substitution::Apply(const AnyType& type) {
  return std::visit(
      [this](const auto& t) -> absl::StatusOr<AnyType> {
        if constexpr (std::is_same_v<std::decay_t<decltype(t)>, ResourceRef>) {
          return AnyType(Apply(t));
        } else {
          DAVIT_ASSIGN_OR_RETURN(auto result, Apply(t));
          return AnyType(result);
        }
      },
      type);
}

absl::StatusOr<Entity> Substitution::Apply(const Entity& entity) {
  if (!Affects(MentionsOf(entity))) return entity;
  return std::visit(
      [this](const auto& t) -> absl::StatusOr<Entity> {
        using T = std::decay_t<decltype(t)>;
        if constexpr (std::is_same_v<T, const wasm::ModuleType*>) {
          return Entity(t);
        } else if constexpr (std::is_same_v<T, ValueEntity>) {
          DAVIT_ASSIGN_OR_RETURN(const ValueType type, Apply(t.type));
          return Entity(ValueEntity{type});
        } else if constexpr (std::is_same_v<T, TypeEntity>) {
          DAVIT_ASSIGN_OR_RETURN(const AnyType type, Apply(t.type));
          return Entity(TypeEntity{type});
        } else {
          DAVIT_ASSIGN_OR_RETURN(auto result, Apply(t));
          return Entity(result);
        }
      },
      entity);
}

absl::StatusOr<const InstanceType*> OpenInstanceType(const InstanceType* type, TypeStore& store,
                                                     std::vector<ResourceId>& opened,
                                                     std::vector<TypeName>& names) {
  if (type->bound_resources.empty() && type->bound_names.empty()) return type;
  Substitution fresh(&store);
  for (ResourceId bound : type->bound_resources) {
    opened.push_back(store.FreshResource());
    fresh.Replace(bound, opened.back());
  }
  for (TypeName bound : type->bound_names) {
    names.push_back(store.FreshName());
    fresh.Replace(bound, names.back());
  }
  DAVIT_RETURN_IF_ERROR(store.Charge(type->bound_resources.size() + type->bound_names.size()));
  DAVIT_ASSIGN_OR_RETURN(const InstanceType* copy, fresh.Apply(type));
  InstanceType instance = *copy;
  instance.bound_resources.clear();
  instance.bound_names.clear();
  return store.Make(std::move(instance));
}

}  // namespace davit::binary
