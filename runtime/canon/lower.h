#ifndef DAVIT_RUNTIME_CANON_LOWER_H_
#define DAVIT_RUNTIME_CANON_LOWER_H_

#include <concepts>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/canon/lowering.h"
#include "runtime/canon/place.h"
#include "runtime/canon/strings.h"

// The values of a guest as a sink of walk.h: every rule of lowering and storing.
// Spec: CanonicalABI.md#storing, #flat-lowering
namespace davit::canon {

template <typename Place>
class LowerSink;

// The fields of a record or the members of a tuple.
template <typename Place>
class LowerParts {
 public:
  LowerParts(Lowering& lowering, Place place, const Node& node)
      : lowering_(&lowering), place_(place), node_(&node) {}
  LowerSink<Place> Part(size_t index) const {
    return LowerSink<Place>(*lowering_, place_.Of(node_->members[index]));
  }

 private:
  Lowering* lowering_;
  Place place_;
  const Node* node_;
};

// The items of a list, fixed list or map.
template <typename Place>
class LowerItems {
 public:
  LowerItems(Lowering& lowering, Place first, const Node& element)
      : lowering_(&lowering), first_(first), element_(&element) {}

  LowerSink<Place> Item(uint32_t index) const {
    return LowerSink<Place>(*lowering_, first_.At(*element_, index));
  }
  LowerParts<Place> Entry(uint32_t index) const {
    return LowerParts<Place>(*lowering_, first_.At(*element_, index), *element_);
  }
  template <typename T>
  void Number(uint32_t index, T value) const {
    Item(index).Number(value);
  }
  // All items, where they follow each other in memory: nothing else runs while it is used.
  template <typename T>
  T* Numbers() const {
    return reinterpret_cast<T*>(Bytes());
  }
  uint8_t* Bytes() const {
    if constexpr (std::same_as<Place, MemoryPlace>) {
      return lowering_->memory().At(first_.offset());
    } else {
      return nullptr;
    }
  }

 private:
  Lowering* lowering_;
  Place first_;
  const Node* element_;
};

// Where one value goes. Whatever allocates runs guest code and fails as Lowering::Allocate does.
template <typename Place>
class LowerSink {
 public:
  // The place's range and alignment were checked; `lowering` outlives this.
  LowerSink(Lowering& lowering, Place place) : lowering_(&lowering), place_(place) {}

  Lowering& lowering() const { return *lowering_; }
  template <typename T>
  void Number(T value) const {
    place_.template Put<T>(lowering_->memory(), value);
  }
  void Bool(bool value) const { place_.PutBool(lowering_->memory(), value); }
  void Char(uint32_t scalar_value) const { Number(scalar_value); }
  void Flags(const Node& node, uint32_t bits) const {
    place_.PutSized(lowering_->memory(), node.size, bits);
  }
  absl::Status String(const Text& text) const;
  // Allocates the list and returns where its items go.
  absl::StatusOr<LowerItems<MemoryPlace>> List(const Node& node, uint32_t size) const;
  absl::StatusOr<LowerItems<MemoryPlace>> Map(const Node& node, uint32_t size) const {
    return List(node, size);
  }
  absl::StatusOr<LowerItems<Place>> FixedList(const Node& node) const;
  LowerParts<Place> Record(const Node& node) const { return {*lowering_, place_, node}; }
  LowerParts<Place> Tuple(const Node& node) const { return {*lowering_, place_, node}; }
  // Chooses a variant's case and returns where its payload goes, if it has one.
  LowerSink Choose(const Node& node, uint32_t index) const;
  absl::Status Own(const Node& node, handles::Rep rep) const;
  absl::Status Borrow(const Node& node, handles::Rep rep) const;

 private:
  void Range(uint32_t pointer, uint32_t length) const {
    Number(pointer);
    place_.Second().Put(lowering_->memory(), length);
  }

  Lowering* lowering_;
  Place place_;
};

// A new area for a list. Its size was checked where the list came from; a longer one than any
// guest may pass is kListTooLong. Spec: CanonicalABI.md#storing (store_list_into_range)
inline absl::StatusOr<uint32_t> AllocateList(Lowering& lowering, uint32_t size,
                                             const Node& element) {
  const uint64_t bytes = uint64_t{size} * element.size;
  if (bytes > base::kMaxListByteLength) [[unlikely]] {
    return base::TrapStatus(base::TrapCode::kListTooLong, "a list is longer than 2^28-1 bytes");
  }
  DAVIT_RETURN_IF_ERROR(lowering.Charge(size * element.transfer_cost));
  return lowering.Allocate(
      {.kind = AreaKind::kList, .alignment = element.alignment, .size = bytes});
}

template <typename Place>
absl::Status LowerSink<Place>::String(const Text& text) const {
  DAVIT_ASSIGN_OR_RETURN(const StringRange range, StoreString(*lowering_, text));
  Range(range.pointer, range.tagged_code_units);
  return absl::OkStatus();
}

template <typename Place>
absl::StatusOr<LowerItems<MemoryPlace>> LowerSink<Place>::List(const Node& node,
                                                               uint32_t size) const {
  const Node& element = *node.element;
  DAVIT_ASSIGN_OR_RETURN(const uint32_t pointer, AllocateList(*lowering_, size, element));
  Range(pointer, size);
  return LowerItems<MemoryPlace>(*lowering_, MemoryPlace(pointer), element);
}

template <typename Place>
absl::StatusOr<LowerItems<Place>> LowerSink<Place>::FixedList(const Node& node) const {
  return LowerItems<Place>(*lowering_, place_, *node.element);
}

template <typename Place>
LowerSink<Place> LowerSink<Place>::Choose(const Node& node, uint32_t index) const {
  const Node* payload = node.members[index].node;
  place_.PutSized(lowering_->memory(), node.discriminant_size, index);
  place_.ClearAfter(node, payload == nullptr ? 0 : payload->flat_count);
  return LowerSink(*lowering_, place_.Payload(node));
}

template <typename Place>
absl::Status LowerSink<Place>::Own(const Node& node, handles::Rep rep) const {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t handle, lowering_->AddOwn(node, rep));
  Number(handle);
  return absl::OkStatus();
}

template <typename Place>
absl::Status LowerSink<Place>::Borrow(const Node& node, handles::Rep rep) const {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t handle, lowering_->AddBorrow(node, rep));
  Number(handle);
  return absl::OkStatus();
}

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_LOWER_H_
