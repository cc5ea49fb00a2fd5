#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_SUBSTITUTION_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_SUBSTITUTION_H_

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "runtime/binary/validate/validator_types.h"

namespace davit::binary {

// Replaces resource types, and the names of types, in types. Parts that mention nothing replaced
// stay shared; a shared part is rewritten once. `store` must outlive it. Not thread-safe.
// Errors of Apply() are the budget errors of TypeStore.
// Spec: Explainer.md#type-checking (substitution by instantiate)
class Substitution {
 public:
  explicit Substitution(TypeStore* store) : store_(store) {}

  void Replace(ResourceId from, ResourceId to);
  void Replace(TypeName from, TypeName to);

  // Whether Apply() could change a type with these mentions.
  bool Affects(Mentions mentions) const { return (mentions & mentions_) != 0; }

  ResourceRef Apply(ResourceRef ref);
  absl::StatusOr<ValueType> Apply(const ValueType& type);
  absl::StatusOr<const FuncType*> Apply(const FuncType* type);
  absl::StatusOr<const InstanceType*> Apply(const InstanceType* type);
  absl::StatusOr<const ComponentType*> Apply(const ComponentType* type);
  absl::StatusOr<AnyType> Apply(const AnyType& type);
  absl::StatusOr<Entity> Apply(const Entity& entity);

 private:
  ResourceId Apply(ResourceId id) const;
  TypeName Apply(TypeName name) const;
  absl::StatusOr<const ValueShape*> Apply(const ValueShape* shape);
  absl::StatusOr<std::vector<Member>> Apply(const std::vector<Member>& members);
  absl::StatusOr<EntityMap> Apply(const EntityMap& map);
  template <typename T>
  absl::StatusOr<const T*> Memoised(const T* type, auto rewrite);

  TypeStore* store_;
  absl::flat_hash_map<ResourceId, ResourceId> resources_;
  absl::flat_hash_map<TypeName, TypeName> names_;
  Mentions mentions_ = 0;
  // What each node became; emptied whenever there is more to replace.
  absl::flat_hash_map<const void*, const void*> done_;
};

// `type` as the type of an actual instance: everything it binds is replaced by fresh resources,
// which are appended to `opened`, and fresh names.
absl::StatusOr<const InstanceType*> OpenInstanceType(const InstanceType* type, TypeStore& store,
                                                     std::vector<ResourceId>& opened,
                                                     std::vector<TypeName>& names);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_SUBSTITUTION_H_
