#ifndef DAVIT_RUNTIME_BASE_INDEX_H_
#define DAVIT_RUNTIME_BASE_INDEX_H_

#include <compare>
#include <cstdint>
#include <utility>

namespace davit::base {

// A 32-bit index into one index space. Each space has its own tag, so that an index of one space
// does not compile where another is meant.
template <typename Tag>
struct Index {
  uint32_t value = 0;

  constexpr Index() = default;
  constexpr explicit Index(uint32_t v) : value(v) {}
  friend constexpr auto operator<=>(Index, Index) = default;

  template <typename H>
  friend H AbslHashValue(H h, Index i) {
    return H::combine(std::move(h), i.value);
  }
};

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_INDEX_H_
