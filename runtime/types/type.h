#ifndef DAVIT_RUNTIME_TYPES_TYPE_H_
#define DAVIT_RUNTIME_TYPES_TYPE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/types/resource_id.h"

// Component-level value types with their Canonical ABI layout, computed once when they are made.
// Spec: Explainer.md#type-definitions, CanonicalABI.md#alignment, #element-size, #flattening.
namespace davit::types {

enum class Kind : uint8_t {
  kBool,
  kS8,
  kU8,
  kS16,
  kU16,
  kS32,
  kU32,
  kS64,
  kU64,
  kF32,
  kF64,
  kChar,
  kString,
  kErrorContext,
  kRecord,
  kTuple,
  kVariant,
  kEnum,
  kOption,
  kResult,
  kFlags,
  kList,
  kFixedList,
  kMap,
  kOwn,
  kBorrow,
  kStream,
  kFuture,
};

// "u32", "record", ... : the WIT keyword of `kind`.
std::string_view KindName(Kind kind);
constexpr bool IsPrimitive(Kind kind) { return kind <= Kind::kErrorContext; }
// bool to f64 and char: fixed-size scalars, which have a packed list form on the wire (bool and
// char excepted) and no pointers.
constexpr bool IsFixedWidthNumber(Kind kind) { return kind >= Kind::kS8 && kind <= Kind::kF64; }

enum class CoreType : uint8_t { kI32, kI64, kF32, kF64 };

class Type;
using TypePtr = std::shared_ptr<const Type>;

// A record field, a variant case, an enum case, a flags label; tuple members and the payloads of
// list, option, result, ... have an empty name. `type` is null where there is no payload.
struct Field {
  std::string name;
  TypePtr type;
};

// Where the parts of a value lie in linear memory, for one pointer size.
struct Layout {
  uint32_t alignment = 1;         // bytes, a power of two
  uint64_t size = 0;              // bytes (elem_size); below base::kMaxValueSize once validated
  uint8_t discriminant_size = 0;  // bytes; variants only
  uint32_t payload_offset = 0;    // variants only
  std::vector<uint64_t> offsets;  // of each field: records and tuples only
};

// An immutable value type. Thread-safe. Made by the functions below, never changed.
class Type {
 public:
  // However deep the type is, its parts are not destroyed recursively.
  ~Type();
  Type(const Type&) = delete;
  Type& operator=(const Type&) = delete;

  Kind kind() const { return kind_; }
  // record: fields; tuple: members; variant, enum: cases; flags: labels; option: one unnamed;
  // result: [ok, err]; list, fixed list, stream, future: [element] (null if stream/future has
  // none); map: [key, value].
  const std::vector<Field>& fields() const { return fields_; }
  // The element type of list, fixed list, option, stream, future.
  const TypePtr& element() const { return fields_[0].type; }
  uint32_t length() const { return length_; }  // fixed list only
  // Map only: tuple<key, value>, which the map is a list of in memory.
  const TypePtr& entry() const { return entry_; }
  ResourceId resource() const { return resource_; }  // own and borrow only
  // 32-bit pointers.
  const Layout& layout() const { return layout_; }
  // elem_size with 64-bit pointers, saturated; the quantity of Binary.md's value size limit.
  uint64_t size64() const { return size64_; }
  uint32_t alignment64() const { return alignment64_; }
  // Core types this value flattens to, cut after 17 (one more than kMaxFlatParams).
  const std::vector<CoreType>& flat() const { return flat_; }
  uint32_t depth() const { return depth_; }            // 1 for a primitive
  uint64_t node_count() const { return node_count_; }  // saturated; >= fields().size()
  bool contains_resource() const { return contains_resource_; }
  bool contains_borrow() const { return contains_borrow_; }
  bool contains_pointer() const { return contains_pointer_; }  // a string, list or map inside

 private:
  friend class TypeBuilder;
  Type() = default;
  Kind kind_ = Kind::kBool;
  bool contains_resource_ = false, contains_borrow_ = false, contains_pointer_ = false;
  uint32_t length_ = 0;
  ResourceId resource_;
  std::vector<Field> fields_;
  TypePtr entry_;
  Layout layout_;
  uint64_t size64_ = 0;
  uint32_t alignment64_ = 1;
  std::vector<CoreType> flat_;
  uint32_t depth_ = 1;
  uint64_t node_count_ = 1;
};

// Makers. They check nothing but what layout needs (the validator owns the rules); sizes saturate.
// REQUIRES: payload types non-null where the kind demands one.
TypePtr Primitive(Kind kind);  // shared singletons
TypePtr Record(std::vector<Field> fields);
TypePtr Tuple(std::vector<TypePtr> members);
TypePtr Variant(std::vector<Field> cases);
TypePtr Enum(std::vector<std::string> cases);
TypePtr Flags(std::vector<std::string> labels);
TypePtr Option(TypePtr some);
TypePtr Result(TypePtr ok, TypePtr err);  // either may be null
TypePtr List(TypePtr element);
TypePtr FixedList(TypePtr element, uint32_t length);
TypePtr Map(TypePtr key, TypePtr value);
TypePtr Own(ResourceId resource);
TypePtr Borrow(ResourceId resource);
TypePtr Stream(TypePtr element);  // may be null
TypePtr Future(TypePtr element);  // may be null

// Structural equality; resources by id. Linear in the smaller type's node_count() (limits bound
// it), and not recursive.
bool Equal(const Type& a, const Type& b);
// Equal() where either pointer may be null (null equals null).
bool Equal(const TypePtr& a, const TypePtr& b);

struct Param {
  std::string name;
  TypePtr type;
};

struct FuncType {
  std::vector<Param> params;
  TypePtr result;  // null when there is none
  bool is_async = false;
};
bool Equal(const FuncType& a, const FuncType& b);

// The type of a core function of numbers: what component functions are flattened to (flatten.h).
struct CoreSignature {
  std::vector<CoreType> params;
  std::vector<CoreType> results;
  friend bool operator==(const CoreSignature&, const CoreSignature&) = default;
};

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_TYPE_H_
