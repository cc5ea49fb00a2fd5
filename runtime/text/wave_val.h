#ifndef DAVIT_RUNTIME_TEXT_WAVE_VAL_H_
#define DAVIT_RUNTIME_TEXT_WAVE_VAL_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "proto/davit/v1/val.pb.h"
#include "runtime/text/wave_literal.h"
#include "runtime/types/type.h"

// What printing a Val with and without its type have in common. Private to wave.h's implementation.
namespace davit::text {

// "u32", "list<u8>", "nothing", ... : what `val` holds, as an error calls it.
std::string_view CaseName(const v1::Val& val);
// The case that a value of `kind` has; of lists, the plain one. KIND_NOT_SET for kinds without
// text.
v1::Val::KindCase CaseOf(types::Kind kind);

// Separates the items of a sequence.
class Separator {
 public:
  void Before(std::string& out) {
    if (!first_) out.append(", ");
    first_ = false;
  }
  bool empty() const { return first_; }

 private:
  bool first_ = true;
};

template <typename T>
void AppendNumber(std::string& out, T number) {
  if constexpr (std::is_floating_point_v<T>) {
    AppendFloat(out, number);
  } else {
    absl::StrAppend(&out, number);
  }
}

template <typename T>
std::span<const T> Numbers(const google::protobuf::RepeatedField<T>& values) {
  return {values.data(), static_cast<size_t>(values.size())};
}

// Calls `use(element kind, values)` with the numbers of a packed list; false when `val` is none.
template <typename Use>
bool VisitPacked(const v1::Val& val, Use use) {
  switch (val.kind_case()) {
    case v1::Val::kU8List: {
      const auto* bytes = reinterpret_cast<const uint8_t*>(val.u8_list().data());
      use(types::Kind::kU8, std::span(bytes, val.u8_list().size()));
      return true;
    }
    case v1::Val::kS8List:
      use(types::Kind::kS8, Numbers(val.s8_list().values()));
      return true;
    case v1::Val::kU16List:
      use(types::Kind::kU16, Numbers(val.u16_list().values()));
      return true;
    case v1::Val::kS16List:
      use(types::Kind::kS16, Numbers(val.s16_list().values()));
      return true;
    case v1::Val::kU32List:
      use(types::Kind::kU32, Numbers(val.u32_list().values()));
      return true;
    case v1::Val::kS32List:
      use(types::Kind::kS32, Numbers(val.s32_list().values()));
      return true;
    case v1::Val::kU64List:
      use(types::Kind::kU64, Numbers(val.u64_list().values()));
      return true;
    case v1::Val::kS64List:
      use(types::Kind::kS64, Numbers(val.s64_list().values()));
      return true;
    case v1::Val::kF32List:
      use(types::Kind::kF32, Numbers(val.f32_list().values()));
      return true;
    case v1::Val::kF64List:
      use(types::Kind::kF64, Numbers(val.f64_list().values()));
      return true;
    default:
      return false;
  }
}

}  // namespace davit::text

#endif  // DAVIT_RUNTIME_TEXT_WAVE_VAL_H_
