#ifndef DAVIT_RUNTIME_CANON_MEMORY_VIEW_H_
#define DAVIT_RUNTIME_CANON_MEMORY_VIEW_H_

#include <cstdint>
#include <cstring>
#include <span>

#include "runtime/canon/guest_memory.h"

namespace davit::canon {

// A guest's memory, kept at hand until guest code runs; Refresh() is due after that. Offsets that
// were checked stay good, since a memory never shrinks.
class MemoryView {
 public:
  // `memory` may be null, which is a memory of no bytes, and outlives this.
  explicit MemoryView(GuestMemory* memory) : memory_(memory) { Refresh(); }
  MemoryView(const MemoryView&) = delete;
  MemoryView& operator=(const MemoryView&) = delete;

  void Refresh() {
    if (memory_ != nullptr) bytes_ = memory_->View();
  }
  GuestMemory* memory() const { return memory_; }
  bool Contains(uint32_t offset, uint64_t size) const {
    return size <= bytes_.size() && offset <= bytes_.size() - size;
  }

  // REQUIRES for the rest: Contains() of the range.
  uint8_t* At(uint32_t offset) const { return bytes_.data() + offset; }
  template <typename T>
  T Load(uint32_t offset) const {
    T value;
    std::memcpy(&value, At(offset), sizeof(T));
    return value;
  }
  template <typename T>
  void Store(uint32_t offset, T value) const {
    std::memcpy(At(offset), &value, sizeof(T));
  }

 private:
  GuestMemory* const memory_;
  std::span<uint8_t> bytes_;
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_MEMORY_VIEW_H_
