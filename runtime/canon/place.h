#ifndef DAVIT_RUNTIME_CANON_PLACE_H_
#define DAVIT_RUNTIME_CANON_PLACE_H_

#include <algorithm>
#include <cstdint>

#include "runtime/base/core_slot.h"
#include "runtime/canon/memory_view.h"
#include "runtime/canon/plan.h"

// Where core values are: in linear memory or in flat slots. Both kinds of place have the same
// operations, so that lifting and loading are one piece of code, and lowering and storing another.
namespace davit::canon {

using base::FromSlot;
using base::ToSlot;

// A value in linear memory, at an offset whose range and alignment were checked.
class MemoryPlace {
 public:
  using Item = MemoryPlace;  // the place of a list's item

  explicit MemoryPlace(uint32_t offset) : offset_(offset) {}

  template <typename T>
  T Get(const MemoryView& memory) const {
    return memory.Load<T>(offset_);
  }
  template <typename T>
  void Put(const MemoryView& memory, T value) const {
    memory.Store<T>(offset_, value);
  }
  bool GetBool(const MemoryView& memory) const { return Get<uint8_t>(memory) != 0; }
  void PutBool(const MemoryView& memory, bool value) const { Put<uint8_t>(memory, value); }
  // An unsigned integer of `size` bytes: a discriminant, or flags.
  uint32_t GetSized(const MemoryView& memory, uint32_t size) const {
    if (size == 1) return Get<uint8_t>(memory);
    if (size == 2) return Get<uint16_t>(memory);
    return Get<uint32_t>(memory);
  }
  void PutSized(const MemoryView& memory, uint32_t size, uint32_t value) const {
    if (size == 1) return Put(memory, static_cast<uint8_t>(value));
    if (size == 2) return Put(memory, static_cast<uint16_t>(value));
    Put(memory, value);
  }
  // The second half of a pointer and length.
  MemoryPlace Second() const { return MemoryPlace(offset_ + sizeof(uint32_t)); }
  MemoryPlace Of(const Member& member) const { return MemoryPlace(offset_ + member.offset); }
  MemoryPlace Payload(const Node& variant) const {
    return MemoryPlace(offset_ + variant.payload_offset);
  }
  // The index-th of adjacent values.
  MemoryPlace At(const Node& element, uint32_t index) const {
    return MemoryPlace(offset_ + index * element.size);
  }
  // Bytes that no payload covers keep what they hold.
  void ClearAfter(const Node& /*variant*/, uint32_t /*payload_slots*/) const {}
  uint32_t offset() const { return offset_; }

 private:
  uint32_t offset_;
};

// A value in flat slots. Slots of the caller that are only read come as const.
template <typename Slot>
class FlatPlaceOf {
 public:
  explicit FlatPlaceOf(Slot* slots) : slots_(slots) {}

  template <typename T>
  T Get(const MemoryView& /*memory*/) const {
    return FromSlot<T>(*slots_);
  }
  template <typename T>
  void Put(const MemoryView& /*memory*/, T value) const {
    *slots_ = ToSlot(value);
  }
  bool GetBool(const MemoryView& /*memory*/) const { return FromSlot<uint32_t>(*slots_) != 0; }
  void PutBool(const MemoryView& /*memory*/, bool value) const { *slots_ = value; }
  uint32_t GetSized(const MemoryView& /*memory*/, uint32_t /*size*/) const {
    return FromSlot<uint32_t>(*slots_);
  }
  void PutSized(const MemoryView& /*memory*/, uint32_t /*size*/, uint32_t value) const {
    *slots_ = value;
  }
  FlatPlaceOf Second() const { return FlatPlaceOf(slots_ + 1); }
  FlatPlaceOf Of(const Member& member) const { return FlatPlaceOf(slots_ + member.flat_offset); }
  FlatPlaceOf Payload(const Node& /*variant*/) const { return FlatPlaceOf(slots_ + 1); }
  FlatPlaceOf At(const Node& element, uint32_t index) const {
    return FlatPlaceOf(slots_ + uint64_t{index} * element.flat_count);
  }
  // Slots of a variant that the payload at hand does not need are zero.
  void ClearAfter(const Node& variant, uint32_t payload_slots) const {
    std::fill(slots_ + 1 + payload_slots, slots_ + variant.flat_count, CoreSlot{0});
  }

 private:
  Slot* slots_;
};
using FlatPlace = FlatPlaceOf<CoreSlot>;
using ConstFlatPlace = FlatPlaceOf<const CoreSlot>;

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_PLACE_H_
