#ifndef DAVIT_CLIENT_VAL_H_
#define DAVIT_CLIENT_VAL_H_

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "davit/v1/val.pb.h"
#include "runtime/base/status_macros.h"

// C++ values to Vals and back, for callers that know the types of a function:
//
//   bool, int8_t ... uint64_t, float, double    the WIT type of the same name
//   char32_t                                    char
//   std::string, std::string_view, const char*  string
//   std::vector<uint8_t>, span of it            list<u8>; of other types: list<T>
//   std::optional<T>                            option<T>
//   std::expected<T, E>                         result<T, E>
//   std::tuple<T...>                            tuple<T...>
//   v1::Val                                     anything
//
// A Val of another shape is INVALID_ARGUMENT "want u32, got string".
namespace davit::client {

namespace internal {

inline std::string_view CaseName(const v1::Val& val) {
  const auto* field = v1::Val::descriptor()->FindFieldByNumber(val.kind_case());
  return field == nullptr ? "nothing" : std::string_view(field->name());
}

inline absl::Status Mismatch(std::string_view want, const v1::Val& got) {
  return absl::InvalidArgumentError(absl::StrCat("want ", want, ", got ", CaseName(got)));
}

template <typename T>
struct Codec;

// The codec of a scalar that has a case of its own.
#define DAVIT_SCALAR_CODEC_(Type, Case, name, setter, getter)           \
  template <>                                                           \
  struct Codec<Type> {                                                  \
    static void Encode(Type value, v1::Val& val) { val.setter(value); } \
    static absl::StatusOr<Type> Decode(const v1::Val& val) {            \
      if (val.kind_case() != v1::Val::Case) return Mismatch(name, val); \
      return static_cast<Type>(val.getter());                           \
    }                                                                   \
  }
DAVIT_SCALAR_CODEC_(bool, kBool, "bool", set_bool_, bool_);
DAVIT_SCALAR_CODEC_(int8_t, kS8, "s8", set_s8, s8);
DAVIT_SCALAR_CODEC_(uint8_t, kU8, "u8", set_u8, u8);
DAVIT_SCALAR_CODEC_(int16_t, kS16, "s16", set_s16, s16);
DAVIT_SCALAR_CODEC_(uint16_t, kU16, "u16", set_u16, u16);
DAVIT_SCALAR_CODEC_(int32_t, kS32, "s32", set_s32, s32);
DAVIT_SCALAR_CODEC_(uint32_t, kU32, "u32", set_u32, u32);
DAVIT_SCALAR_CODEC_(int64_t, kS64, "s64", set_s64, s64);
DAVIT_SCALAR_CODEC_(uint64_t, kU64, "u64", set_u64, u64);
DAVIT_SCALAR_CODEC_(float, kF32, "f32", set_f32, f32);
DAVIT_SCALAR_CODEC_(double, kF64, "f64", set_f64, f64);
DAVIT_SCALAR_CODEC_(char32_t, kChar, "char", set_char_, char_);
#undef DAVIT_SCALAR_CODEC_

template <>
struct Codec<v1::Val> {
  static void Encode(const v1::Val& value, v1::Val& val) { val = value; }
  static absl::StatusOr<v1::Val> Decode(const v1::Val& val) { return val; }
};

template <>
struct Codec<std::string_view> {
  static void Encode(std::string_view value, v1::Val& val) { val.set_string(std::string(value)); }
};
template <>
struct Codec<const char*> : Codec<std::string_view> {};
template <>
struct Codec<std::string> : Codec<std::string_view> {
  static absl::StatusOr<std::string> Decode(const v1::Val& val) {
    if (val.kind_case() != v1::Val::kString) return Mismatch("string", val);
    return val.string();
  }
};

// Lists of numbers come back packed; the plain form is understood too.
template <typename T>
bool DecodePacked(const v1::Val& val, std::vector<T>& items) {
  const auto take = [&items](const auto& values) {
    items.assign(values.begin(), values.end());
    return true;
  };
  const auto kind = val.kind_case();
  if constexpr (std::is_same_v<T, uint8_t>) return kind == v1::Val::kU8List && take(val.u8_list());
  if constexpr (std::is_same_v<T, int8_t>)
    return kind == v1::Val::kS8List && take(val.s8_list().values());
  if constexpr (std::is_same_v<T, uint16_t>)
    return kind == v1::Val::kU16List && take(val.u16_list().values());
  if constexpr (std::is_same_v<T, int16_t>)
    return kind == v1::Val::kS16List && take(val.s16_list().values());
  if constexpr (std::is_same_v<T, uint32_t>)
    return kind == v1::Val::kU32List && take(val.u32_list().values());
  if constexpr (std::is_same_v<T, int32_t>)
    return kind == v1::Val::kS32List && take(val.s32_list().values());
  if constexpr (std::is_same_v<T, uint64_t>)
    return kind == v1::Val::kU64List && take(val.u64_list().values());
  if constexpr (std::is_same_v<T, int64_t>)
    return kind == v1::Val::kS64List && take(val.s64_list().values());
  if constexpr (std::is_same_v<T, float>)
    return kind == v1::Val::kF32List && take(val.f32_list().values());
  if constexpr (std::is_same_v<T, double>)
    return kind == v1::Val::kF64List && take(val.f64_list().values());
  return false;
}

template <typename T>
struct Codec<std::span<const T>> {
  static void Encode(std::span<const T> items, v1::Val& val) {
    if constexpr (std::is_same_v<T, uint8_t>) {
      val.set_u8_list(std::string(items.begin(), items.end()));
    } else {
      for (const T& item : items) Codec<T>::Encode(item, *val.mutable_list()->add_items());
      val.mutable_list();  // An empty list is a list too.
    }
  }
};
template <typename T>
struct Codec<std::vector<T>> {
  static void Encode(const std::vector<T>& items, v1::Val& val) {
    Codec<std::span<const T>>::Encode(items, val);
  }
  static absl::StatusOr<std::vector<T>> Decode(const v1::Val& val) {
    std::vector<T> items;
    if (DecodePacked(val, items)) return items;
    if (val.kind_case() != v1::Val::kList) return Mismatch("list", val);
    items.reserve(val.list().items_size());
    for (const v1::Val& item : val.list().items()) {
      DAVIT_ASSIGN_OR_RETURN(T value, Codec<T>::Decode(item));
      items.push_back(std::move(value));
    }
    return items;
  }
};

template <typename T>
struct Codec<std::optional<T>> {
  static void Encode(const std::optional<T>& value, v1::Val& val) {
    auto* option = val.mutable_option();
    if (value) Codec<T>::Encode(*value, *option->mutable_some());
  }
  static absl::StatusOr<std::optional<T>> Decode(const v1::Val& val) {
    if (val.kind_case() != v1::Val::kOption) return Mismatch("option", val);
    if (!val.option().has_some()) return std::optional<T>();
    DAVIT_ASSIGN_OR_RETURN(T some, Codec<T>::Decode(val.option().some()));
    return std::optional<T>(std::move(some));
  }
};

// One side of a result; void where it has no payload.
template <typename T>
absl::StatusOr<T> DecodePayload(const v1::ResultVal::Payload& payload) {
  return Codec<T>::Decode(payload.value());
}

template <typename T, typename E>
struct Codec<std::expected<T, E>> {
  using Result = std::expected<T, E>;
  static void Encode(const Result& value, v1::Val& val) {
    auto* result = val.mutable_result();
    auto* payload = value.has_value() ? result->mutable_ok() : result->mutable_err();
    if (!value.has_value()) {
      Codec<E>::Encode(value.error(), *payload->mutable_value());
    } else if constexpr (!std::is_void_v<T>) {
      Codec<T>::Encode(*value, *payload->mutable_value());
    }
  }
  static absl::StatusOr<Result> Decode(const v1::Val& val) {
    if (val.kind_case() != v1::Val::kResult) return Mismatch("result", val);
    if (val.result().has_err()) {
      DAVIT_ASSIGN_OR_RETURN(E error, DecodePayload<E>(val.result().err()));
      return Result(std::unexpected(std::move(error)));
    }
    if constexpr (std::is_void_v<T>) {
      return Result();
    } else {
      DAVIT_ASSIGN_OR_RETURN(T ok, DecodePayload<T>(val.result().ok()));
      return Result(std::move(ok));
    }
  }
};

template <typename... T>
struct Codec<std::tuple<T...>> {
  using Tuple = std::tuple<T...>;
  static void Encode(const Tuple& value, v1::Val& val) {
    auto* tuple = val.mutable_tuple();
    std::apply([&](const T&... member) { (Codec<T>::Encode(member, *tuple->add_items()), ...); },
               value);
  }
  static absl::StatusOr<Tuple> Decode(const v1::Val& val) {
    if (val.kind_case() != v1::Val::kTuple || val.tuple().items_size() != sizeof...(T)) {
      return Mismatch(absl::StrCat("tuple of ", sizeof...(T)), val);
    }
    return DecodeMembers(val.tuple(), std::index_sequence_for<T...>());
  }

 private:
  template <size_t... I>
  static absl::StatusOr<Tuple> DecodeMembers(const v1::TupleVal& tuple, std::index_sequence<I...>) {
    auto members = std::make_tuple(Codec<T>::Decode(tuple.items(I))...);
    absl::Status status;
    ((status.Update(std::get<I>(members).status())), ...);
    DAVIT_RETURN_IF_ERROR(status);
    return Tuple(*std::move(std::get<I>(members))...);
  }
};

}  // namespace internal

template <typename T>
v1::Val ToVal(const T& value) {
  v1::Val val;
  internal::Codec<std::decay_t<const T>>::Encode(value, val);
  return val;
}

template <typename T>
absl::StatusOr<T> FromVal(const v1::Val& val) {
  return internal::Codec<T>::Decode(val);
}

}  // namespace davit::client

#endif  // DAVIT_CLIENT_VAL_H_
