#ifndef DAVIT_RUNTIME_BASE_CORE_SLOT_H_
#define DAVIT_RUNTIME_BASE_CORE_SLOT_H_

#include <bit>
#include <concepts>
#include <cstdint>

namespace davit::base {

// A core value in a slot: i32 and f32 in the low 32 bits (upper bits zero), i64 and f64 in all.
//
// With slots as bits, the coercions of variant payloads (Spec: CanonicalABI.md#flat-lowering, join)
// are nothing but this: whoever writes leaves the upper bits zero, whoever reads takes the bits it
// needs.
using CoreSlot = uint64_t;

template <typename T>
constexpr CoreSlot ToSlot(T value) {
  if constexpr (std::same_as<T, float>) {
    return std::bit_cast<uint32_t>(value);
  } else if constexpr (std::same_as<T, double>) {
    return std::bit_cast<uint64_t>(value);
  } else if constexpr (sizeof(T) < sizeof(uint64_t)) {
    return static_cast<uint32_t>(static_cast<int32_t>(value));  // an i32, sign-extended or not
  } else {
    return static_cast<uint64_t>(value);
  }
}

template <typename T>
constexpr T FromSlot(CoreSlot slot) {
  if constexpr (std::same_as<T, float>) {
    return std::bit_cast<float>(static_cast<uint32_t>(slot));
  } else if constexpr (std::same_as<T, double>) {
    return std::bit_cast<double>(slot);
  } else {
    return static_cast<T>(slot);
  }
}

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_CORE_SLOT_H_
