#ifndef DAVIT_RUNTIME_CANON_VALS_VAL_NUMBERS_H_
#define DAVIT_RUNTIME_CANON_VALS_VAL_NUMBERS_H_

#include <cstdint>
#include <string>

#include "davit/v1/val.pb.h"
#include "google/protobuf/repeated_field.h"

// The cases of Val that hold numbers, by C++ type.
namespace davit::canon {

// A packed list as it is in the message, whose element type may be wider than the number's.
template <typename Wide>
struct PackedNumbers {
  const Wide* data = nullptr;
  uint64_t size = 0;
};

// Access to one number and to a packed list of them, given the accessors of Val.
template <typename T, auto kOneCase, auto kGet, auto kSet, auto kListCase, auto kList,
          auto kMutableList>
struct NumberCases {
  static constexpr v1::Val::KindCase kCase = kOneCase;
  static constexpr v1::Val::KindCase kPackedCase = kListCase;

  static auto Get(const v1::Val& val) { return (val.*kGet)(); }
  static void Set(v1::Val& val, T value) { (val.*kSet)(value); }
  // REQUIRES: the Val is in kPackedCase.
  static auto Packed(const v1::Val& val) {
    const auto& values = (val.*kList)().values();
    return PackedNumbers{values.data(), static_cast<uint64_t>(values.size())};
  }
  // Makes `val` a packed list of `size` numbers and returns where the caller must write them.
  static auto* MakePacked(v1::Val& val, uint32_t size) {
    auto* values = (val.*kMutableList)()->mutable_values();
    values->Reserve(static_cast<int>(size));
    return size == 0 ? values->mutable_data() : values->AddNAlreadyReserved(static_cast<int>(size));
  }
};

template <typename T>
struct ValNumber;

template <>
struct ValNumber<int8_t>
    : NumberCases<int8_t, v1::Val::kS8, &v1::Val::s8, &v1::Val::set_s8, v1::Val::kS8List,
                  &v1::Val::s8_list, &v1::Val::mutable_s8_list> {};
template <>
struct ValNumber<int16_t>
    : NumberCases<int16_t, v1::Val::kS16, &v1::Val::s16, &v1::Val::set_s16, v1::Val::kS16List,
                  &v1::Val::s16_list, &v1::Val::mutable_s16_list> {};
template <>
struct ValNumber<uint16_t>
    : NumberCases<uint16_t, v1::Val::kU16, &v1::Val::u16, &v1::Val::set_u16, v1::Val::kU16List,
                  &v1::Val::u16_list, &v1::Val::mutable_u16_list> {};
template <>
struct ValNumber<int32_t>
    : NumberCases<int32_t, v1::Val::kS32, &v1::Val::s32, &v1::Val::set_s32, v1::Val::kS32List,
                  &v1::Val::s32_list, &v1::Val::mutable_s32_list> {};
template <>
struct ValNumber<uint32_t>
    : NumberCases<uint32_t, v1::Val::kU32, &v1::Val::u32, &v1::Val::set_u32, v1::Val::kU32List,
                  &v1::Val::u32_list, &v1::Val::mutable_u32_list> {};
template <>
struct ValNumber<int64_t>
    : NumberCases<int64_t, v1::Val::kS64, &v1::Val::s64, &v1::Val::set_s64, v1::Val::kS64List,
                  &v1::Val::s64_list, &v1::Val::mutable_s64_list> {};
template <>
struct ValNumber<uint64_t>
    : NumberCases<uint64_t, v1::Val::kU64, &v1::Val::u64, &v1::Val::set_u64, v1::Val::kU64List,
                  &v1::Val::u64_list, &v1::Val::mutable_u64_list> {};
template <>
struct ValNumber<float>
    : NumberCases<float, v1::Val::kF32, &v1::Val::f32, &v1::Val::set_f32, v1::Val::kF32List,
                  &v1::Val::f32_list, &v1::Val::mutable_f32_list> {};
template <>
struct ValNumber<double>
    : NumberCases<double, v1::Val::kF64, &v1::Val::f64, &v1::Val::set_f64, v1::Val::kF64List,
                  &v1::Val::f64_list, &v1::Val::mutable_f64_list> {};

// list<u8> is `bytes`.
template <>
struct ValNumber<uint8_t> {
  static constexpr v1::Val::KindCase kCase = v1::Val::kU8;
  static constexpr v1::Val::KindCase kPackedCase = v1::Val::kU8List;

  static uint32_t Get(const v1::Val& val) { return val.u8(); }
  static void Set(v1::Val& val, uint8_t value) { val.set_u8(value); }
  static PackedNumbers<uint8_t> Packed(const v1::Val& val) {
    const std::string& bytes = val.u8_list();
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  }
  static uint8_t* MakePacked(v1::Val& val, uint32_t size) {
    std::string* bytes = val.mutable_u8_list();
    bytes->resize_and_overwrite(size, [](char*, size_t room) { return room; });
    return reinterpret_cast<uint8_t*>(bytes->data());
  }
};

}  // namespace davit::canon

#endif  // DAVIT_RUNTIME_CANON_VALS_VAL_NUMBERS_H_
