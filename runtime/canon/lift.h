#ifndef DAVIT_RUNTIME_CANON_LIFT_H_
#define DAVIT_RUNTIME_CANON_LIFT_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/canon/lifting.h"
#include "runtime/canon/place.h"
#include "runtime/canon/strings.h"

// The values of a guest as a source of walk.h: every rule of lifting and loading.
// Spec: CanonicalABI.md#loading, #flat-lifting
namespace davit::canon {

// The chosen case of a variant.
template <typename Source>
struct Choice {
  uint32_t index;  // always one of the type's cases
  Source payload;  // meaningless where the case has none
};

template <typename Place>
class LiftSource;

// The fields of a record or the members of a tuple.
template <typename Place>
class LiftParts {
 public:
  LiftParts(Lifting& lifting, Place place, const Node& node)
      : lifting_(&lifting), place_(place), node_(&node) {}
  LiftSource<Place> Part(size_t index) const {
    return LiftSource<Place>(*lifting_, place_.Of(node_->members[index]));
  }

 private:
  Lifting* lifting_;
  Place place_;
  const Node* node_;
};

// The items of a list, fixed list or map.
template <typename Place>
class LiftItems {
 public:
  LiftItems(Lifting& lifting, Place first, const Node& element, uint32_t size)
      : lifting_(&lifting), first_(first), element_(&element), size_(size) {}

  uint32_t size() const { return size_; }
  Steps& steps() const { return lifting_->steps(); }
  LiftSource<Place> Item(uint32_t index) const {
    return LiftSource<Place>(*lifting_, first_.At(*element_, index));
  }
  LiftParts<Place> Entry(uint32_t index) const {
    return LiftParts<Place>(*lifting_, first_.At(*element_, index), *element_);
  }
  template <typename T>
  T Number(uint32_t index) const {
    return Item(index).template Number<T>();
  }
  // All items, where they follow each other in memory; fetch it again after any guest code.
  template <typename T>
  const T* Numbers() const {
    return reinterpret_cast<const T*>(Bytes());
  }
  const uint8_t* Bytes() const {
    if constexpr (std::same_as<Place, MemoryPlace>) {
      return size_ == 0 ? nullptr : lifting_->memory().At(first_.offset());
    } else {
      return nullptr;
    }
  }

 private:
  Lifting* lifting_;
  Place first_;
  const Node* element_;
  uint32_t size_;
};

// One value of the guest. Numbers and flags are any bits; what traps says so.
template <typename Place>
class LiftSource {
 public:
  // The place's range and alignment were checked; `lifting` outlives this.
  LiftSource(Lifting& lifting, Place place) : lifting_(&lifting), place_(place) {}

  Lifting& lifting() const { return *lifting_; }
  template <typename T>
  T Number() const {
    return place_.template Get<T>(lifting_->memory());
  }
  // Anything but zero is true.
  bool Bool() const { return place_.GetBool(lifting_->memory()); }
  // Traps with kInvalidChar.
  absl::StatusOr<uint32_t> Char() const;
  // Bits without a label are ignored.
  uint32_t Flags(const Node& node) const {
    return place_.GetSized(lifting_->memory(), node.size) & node.label_mask;
  }
  absl::StatusOr<Text> String() const {
    return LoadString(*lifting_, {Number<uint32_t>(), Second()});
  }
  // Traps with kListTooLong, kPointerMisaligned or kPointerOutOfBounds.
  absl::StatusOr<LiftItems<MemoryPlace>> List(const Node& node) const;
  absl::StatusOr<LiftItems<MemoryPlace>> Map(const Node& node) const { return List(node); }
  LiftItems<Place> FixedList(const Node& node) const;
  LiftParts<Place> Record(const Node& node) const { return {*lifting_, place_, node}; }
  LiftParts<Place> Tuple(const Node& node) const { return {*lifting_, place_, node}; }
  // Traps with kInvalidDiscriminant.
  absl::StatusOr<Choice<LiftSource>> Choose(const Node& node) const;
  absl::StatusOr<handles::Rep> Own(const Node& node) const {
    return lifting_->TakeOwn(node, Number<uint32_t>());
  }
  absl::StatusOr<handles::Rep> Borrow(const Node& node) const {
    return lifting_->LendBorrow(node, Number<uint32_t>());
  }

 private:
  uint32_t Second() const { return place_.Second().template Get<uint32_t>(lifting_->memory()); }

  Lifting* lifting_;
  Place place_;
};

// The checked range of a guest's list of `size` items. Spec: CanonicalABI.md#loading
// (load_list_from_range)
inline absl::Status CheckList(const MemoryView& memory, uint32_t pointer, uint32_t size,
                              uint32_t item_size, uint32_t alignment) {
  const uint64_t bytes = uint64_t{size} * item_size;
  if (bytes > base::kMaxListByteLength) [[unlikely]] {
    return base::TrapStatus(base::TrapCode::kListTooLong,
                            "list content out-of-bounds: a list is longer than 2^28-1 bytes");
  }
  return CheckPointer(memory, pointer,
                      {.kind = AreaKind::kList, .alignment = alignment, .size = bytes});
}

// Spec: CanonicalABI.md#loading (convert_i32_to_char)
constexpr bool IsScalarValue(uint32_t c) { return c < 0x110000 && (c < 0xd800 || c > 0xdfff); }

template <typename Place>
absl::StatusOr<uint32_t> LiftSource<Place>::Char() const {
  const uint32_t c = Number<uint32_t>();
  if (!IsScalarValue(c)) [[unlikely]] {
    return base::TrapStatus(base::TrapCode::kInvalidChar, "invalid `char` bit pattern");
  }
  return c;
}

template <typename Place>
absl::StatusOr<LiftItems<MemoryPlace>> LiftSource<Place>::List(const Node& node) const {
  const Node& element = *node.element;
  const uint32_t pointer = Number<uint32_t>();
  const uint32_t size = Second();
  DAVIT_RETURN_IF_ERROR(
      CheckList(lifting_->memory(), pointer, size, element.size, element.alignment));
  return LiftItems<MemoryPlace>(*lifting_, MemoryPlace(pointer), element, size);
}

template <typename Place>
LiftItems<Place> LiftSource<Place>::FixedList(const Node& node) const {
  return LiftItems<Place>(*lifting_, place_, *node.element, node.length);
}

template <typename Place>
absl::StatusOr<Choice<LiftSource<Place>>> LiftSource<Place>::Choose(const Node& node) const {
  const uint32_t index = place_.GetSized(lifting_->memory(), node.discriminant_size);
  if (index >= node.members.size()) [[unlikely]] {
    return base::TrapStatus(base::TrapCode::kInvalidDiscriminant, "invalid variant discriminant");
  }
  return Choice<LiftSource>{index, LiftSource(*lifting_, place_.Payload(node))};
}

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_LIFT_H_
