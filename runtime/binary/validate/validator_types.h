#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATOR_TYPES_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATOR_TYPES_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/allowance.h"
#include "runtime/base/index.h"
#include "runtime/base/limits.h"
#include "runtime/binary/ast.h"
#include "runtime/types/type.h"
#include "runtime/wasm/core_type_table.h"

// Component-level types while a component is validated: immutable, shared nodes owned by a
// TypeStore. Structurally equal value and function types carry the same `structure` number, so
// that equality costs nothing; what is alike in structure may still differ in the names it goes by,
// which external visibility asks for.
// Spec: Explainer.md#type-checking, #external-visibility-of-types
namespace davit::binary {

using types::ResourceId;  // an abstract resource type: defined, imported, exported or made fresh

// Identity of the name that an import or an export gives to a type; kNoName for a definition.
struct TypeNameTag;
using TypeName = base::Index<TypeNameTag>;
inline constexpr TypeName kNoName;

// Which resources and names a type mentions, as a Bloom filter: sets that share no bit are
// disjoint.
using Mentions = uint64_t;
constexpr Mentions MentionOf(ResourceId id) { return 1ull << (id.value * 0x9e3779b1u >> 26); }
constexpr Mentions MentionOf(TypeName name) {
  return name == kNoName ? 0 : 1ull << ((name.value * 0x85ebca6bu + 0x1234567u) >> 26);
}

struct ResourceRef {
  ResourceId id;
  TypeName name;
  friend bool operator==(ResourceRef, ResourceRef) = default;
  Mentions mentions() const { return MentionOf(id) | MentionOf(name); }
};

struct ValueShape;

// A value type and the name it goes by.
struct ValueType {
  const ValueShape* shape = nullptr;
  TypeName name;
  Mentions mentions() const;
  uint32_t structure() const;
};

// A record field, variant or enum case, flag, parameter; unnamed members of the other kinds.
struct Member {
  std::string_view label;
  std::optional<ValueType> type;
};

// The structure of a value type; members as in types::Type::fields().
struct ValueShape {
  types::Kind kind = types::Kind::kBool;
  std::vector<Member> members;
  uint32_t length = 0;   // fixed list
  ResourceRef resource;  // own, borrow
  // Filled in by the store. The layout is that of the type, but its resources are all 0.
  types::TypePtr layout;
  uint32_t structure = 0;
  Mentions mentions = 0;
};

inline Mentions ValueType::mentions() const { return shape->mentions | MentionOf(name); }
inline uint32_t ValueType::structure() const { return shape->structure; }

struct FuncType {
  bool is_async = false;
  std::vector<Member> params;
  std::optional<ValueType> result;
  // Filled in by the store.
  uint32_t structure = 0;
  Mentions mentions = 0;
  uint64_t size = 0;
};

struct InstanceType;
struct ComponentType;

// An item of the type index space.
using AnyType = std::variant<ValueType, ResourceRef, const FuncType*, const InstanceType*,
                             const ComponentType*>;
struct TypeEntity {
  AnyType type;
};
struct ValueEntity {
  ValueType type;
};
// The type of something that can be imported or exported.
using Entity = std::variant<const wasm::ModuleType*, const FuncType*, ValueEntity, TypeEntity,
                            const ComponentType*, const InstanceType*>;
Sort SortOf(const Entity& entity);
Mentions MentionsOf(const Entity& entity);
std::string_view KindOf(const AnyType& type);  // "record", "resource", "func type", ...

// Named entities in order. Copies made by WithEntities share the index.
class EntityMap {
 public:
  struct Item {
    std::string_view name;
    Entity entity;
  };

  // REQUIRES: `name` is not in the map, which is not shared yet.
  void Add(std::string_view name, const Entity& entity);
  const Entity* Find(std::string_view name) const;
  const std::vector<Item>& items() const { return items_; }
  // The same names with other entities. REQUIRES: as many as there are items.
  EntityMap WithEntities(std::vector<Entity> entities) const;

 private:
  using Index = absl::flat_hash_map<std::string_view, uint32_t>;
  std::vector<Item> items_;
  std::shared_ptr<Index> index_ = std::make_shared<Index>();
};

// The type of an instance. A type definition binds the resources and names that it introduces:
// each use of it as the type of an instance replaces them by fresh ones (TypeStore users "open"
// it). The type of an actual instance binds none.
struct InstanceType {
  EntityMap exports;
  std::vector<ResourceId> bound_resources;
  std::vector<TypeName> bound_names;
  // Filled in by the store.
  Mentions mentions = 0;
  uint64_t size = 0;
  uint32_t depth = 0;
};

// The type of a component: for all imported resources there are defined resources such that ...
struct ComponentType {
  EntityMap imports, exports;
  std::vector<ResourceId> imported_resources;
  std::vector<ResourceId> defined_resources;  // and those of the instances it makes
  // Filled in by the store.
  Mentions mentions = 0;
  uint64_t size = 0;
  uint32_t depth = 0;
};

// Owns types and gives them their derived members. The methods that make types check the budgets:
// LimitError when a type is too deep or too large, or when validation as a whole has taken too
// many steps. Not thread-safe.
class TypeStore {
 public:
  TypeStore() = default;
  TypeStore(const TypeStore&) = delete;
  TypeStore& operator=(const TypeStore&) = delete;

  ResourceId FreshResource() { return ResourceId(++last_resource_); }
  TypeName FreshName() { return TypeName(++last_name_); }

  ValueType Primitive(types::Kind kind);
  // `draft.layout` is made unless it is there already. Error, besides the budgets:
  // INVALID_ARGUMENT when the value is larger than values may be.
  absl::StatusOr<const ValueShape*> Make(ValueShape draft);
  absl::StatusOr<const FuncType*> Make(FuncType draft);
  absl::StatusOr<const InstanceType*> Make(InstanceType draft);
  absl::StatusOr<const ComponentType*> Make(ComponentType draft);
  const wasm::ModuleType* Make(wasm::ModuleType type);

  // Accounts for work whose amount the component decides.
  absl::Status Charge(uint64_t steps) { return steps_.Charge(steps); }

  // Pairs of types known to be subtype and supertype.
  bool IsProven(const void* sub, const void* super) const { return proven_.contains({sub, super}); }
  void SetProven(const void* sub, const void* super) { proven_.insert({sub, super}); }

 private:
  uint32_t Label(std::string_view label);
  uint32_t Structure(std::vector<uint32_t> key);
  void AddMember(const Member& member, std::vector<uint32_t>& key, Mentions& mentions);

  uint32_t last_resource_ = 0, last_name_ = 0;
  base::Allowance steps_{"validation_steps", base::kMaxValidationSteps,
                         "the types of the component take too long to compare"};
  std::deque<ValueShape> values_;
  std::deque<FuncType> funcs_;
  std::deque<InstanceType> instances_;
  std::deque<ComponentType> components_;
  std::deque<wasm::ModuleType> modules_;
  absl::flat_hash_map<types::Kind, const ValueShape*> primitives_;
  absl::flat_hash_map<std::string_view, uint32_t> labels_;
  absl::flat_hash_map<std::vector<uint32_t>, uint32_t> structures_;
  absl::flat_hash_set<std::pair<const void*, const void*>> proven_;
};

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATOR_TYPES_H_
