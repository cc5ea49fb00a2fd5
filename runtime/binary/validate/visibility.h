#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_VISIBILITY_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_VISIBILITY_H_

#include <cstdint>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/binary/validate/validator_types.h"

namespace davit::binary {

// The types that have a name which the outside of a component can see, through imports or through
// exports. `store` must outlive it. Not thread-safe.
// Spec: Explainer.md#external-visibility-of-types
class VisibleTypes {
 public:
  explicit VisibleTypes(TypeStore* store) : store_(store) {}

  // Whether `entity` may be imported (exported): every resource, record, variant, enum and flags
  // type that it uses is visible. If so, the types that it exports in turn, or is, become visible.
  // Work is linear in what was not admitted before. Error: budgets only.
  absl::StatusOr<bool> Admit(const Entity& entity);

 private:
  absl::StatusOr<bool> AdmitType(const AnyType& type);
  absl::StatusOr<bool> Uses(const ValueType& type);
  absl::StatusOr<bool> UsesMembers(const ValueShape& shape);
  absl::StatusOr<bool> UsesFunc(const FuncType& func);
  absl::StatusOr<bool> AdmitInstance(const InstanceType& instance);
  bool IsVisible(ResourceRef ref) const;

  TypeStore* store_;
  absl::flat_hash_set<std::pair<uint32_t, TypeName>> values_;  // by structure
  absl::flat_hash_set<std::pair<ResourceId, TypeName>> resources_;
  // Shapes, functions and instances found to be fine; they remain so as names are added.
  absl::flat_hash_set<const void*> admitted_;
};

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_VISIBILITY_H_
