#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_SUBTYPING_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_SUBTYPING_H_

#include <span>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "runtime/binary/validate/substitution.h"
#include "runtime/binary/validate/validator_types.h"
#include "runtime/wasm/core_type_table.h"

namespace davit::binary {

// Checks that things of given types may stand where others are wanted, in order: the resources
// that the wanted types leave open are bound, at their first occurrence as a type, to what is
// given, and from then on stand for that. `store` and `core` must outlive it. Not thread-safe.
//
// Errors: INVALID_ARGUMENT without an offset that says where the types part; budget errors.
// Spec: Explainer.md#type-checking
class Matcher {
 public:
  // `open` are the resources of the wanted types to bind: those that a component imports, or that
  // a supertype defines.
  Matcher(TypeStore* store, const wasm::CoreTypeTable* core, std::span<const ResourceId> open);

  absl::Status Match(const Entity& given, const Entity& wanted);

  // What the wanted types' open resources, and the names of their types, stand for so far.
  Substitution& substitution() { return substitution_; }

 private:
  absl::Status MatchType(const AnyType& given, const AnyType& wanted);
  absl::Status MatchResource(ResourceRef given, ResourceRef wanted);
  absl::Status MatchValue(const ValueType& given, const ValueType& wanted);
  absl::Status MatchFunc(const FuncType* given, const FuncType* wanted);
  absl::Status MatchInstance(const InstanceType& given, const InstanceType& wanted);
  absl::Status MatchComponent(const ComponentType* given, const ComponentType* wanted);

  TypeStore* store_;
  const wasm::CoreTypeTable* core_;
  Substitution substitution_;
  absl::flat_hash_set<ResourceId> open_;
};

// The first difference between two value types or function types that are not equal, in words.
std::string Difference(const ValueType& given, const ValueType& wanted);
std::string Difference(const FuncType& given, const FuncType& wanted);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_SUBTYPING_H_
