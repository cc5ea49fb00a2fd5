#include "tests/integration/random_val.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace davit::integration {
namespace {

using types::Kind;
using types::Type;
using types::TypePtr;

constexpr size_t kMaxItems = 3;
constexpr std::array<char32_t, 8> kChars = {0, 'a', '\n', 0x7f, 0xe9, 0x20ac, 0xd7ff, 0x10ffff};
constexpr std::array<std::string_view, 8> kStrings = {
    "",       "a",  "caf\u00e9", "\u20ac uro", "\U0001f6a2", std::string_view("nul\0in", 6),
    "\t\"\\", "..."};

size_t Below(size_t bound, std::mt19937_64& random) { return random() % bound; }

// Small ones, and those at the ends of the range, are where mistakes show.
template <typename Integer>
Integer RandomInteger(std::mt19937_64& random) {
  switch (Below(4, random)) {
    case 0:
      return std::numeric_limits<Integer>::min();
    case 1:
      return std::numeric_limits<Integer>::max();
    case 2:
      return static_cast<Integer>(Below(100, random));
    default:
      return static_cast<Integer>(random());
  }
}

// Of any magnitude, infinities among them; no NaN, which need not keep its payload.
double RandomFloat(std::mt19937_64& random) {
  constexpr std::array<double, 6> kSpecial = {0.0, -0.0, 1.5, -1e30, HUGE_VAL, -HUGE_VAL};
  return kSpecial[Below(kSpecial.size(), random)];
}

void SetVariant(const Type& type, std::mt19937_64& random, v1::VariantVal& variant) {
  const types::Field& chosen = type.fields()[Below(type.fields().size(), random)];
  variant.set_case_(chosen.name);
  if (chosen.type != nullptr) *variant.mutable_payload() = RandomVal(*chosen.type, random);
}

void SetResult(const Type& type, std::mt19937_64& random, v1::ResultVal& result) {
  const bool is_ok = Below(2, random) == 0;
  auto* payload = is_ok ? result.mutable_ok() : result.mutable_err();
  const TypePtr& side = type.fields()[is_ok ? 0 : 1].type;
  if (side != nullptr) *payload->mutable_value() = RandomVal(*side, random);
}

void SetRecord(const Type& type, std::mt19937_64& random, v1::RecordVal& record) {
  for (const types::Field& field : type.fields()) {
    auto* out = record.add_fields();
    out->set_name(field.name);
    *out->mutable_value() = RandomVal(*field.type, random);
  }
}

void SetFlags(const Type& type, std::mt19937_64& random, v1::FlagsVal& flags) {
  for (const types::Field& label : type.fields()) {
    if (Below(2, random) == 0) flags.add_labels(label.name);
  }
}

}  // namespace

v1::Val RandomVal(const Type& type, std::mt19937_64& random) {
  v1::Val val;
  switch (type.kind()) {
    case Kind::kBool:
      val.set_bool_(Below(2, random) == 0);
      break;
    case Kind::kS8:
      val.set_s8(RandomInteger<int8_t>(random));
      break;
    case Kind::kU8:
      val.set_u8(RandomInteger<uint8_t>(random));
      break;
    case Kind::kS16:
      val.set_s16(RandomInteger<int16_t>(random));
      break;
    case Kind::kU16:
      val.set_u16(RandomInteger<uint16_t>(random));
      break;
    case Kind::kS32:
      val.set_s32(RandomInteger<int32_t>(random));
      break;
    case Kind::kU32:
      val.set_u32(RandomInteger<uint32_t>(random));
      break;
    case Kind::kS64:
      val.set_s64(RandomInteger<int64_t>(random));
      break;
    case Kind::kU64:
      val.set_u64(RandomInteger<uint64_t>(random));
      break;
    case Kind::kF32:
      val.set_f32(static_cast<float>(RandomFloat(random)));
      break;
    case Kind::kF64:
      val.set_f64(RandomFloat(random));
      break;
    case Kind::kChar:
      val.set_char_(kChars[Below(kChars.size(), random)]);
      break;
    case Kind::kString:
      val.set_string(std::string(kStrings[Below(kStrings.size(), random)]));
      break;
    case Kind::kRecord:
      SetRecord(type, random, *val.mutable_record());
      break;
    case Kind::kTuple:
      for (const types::Field& member : type.fields()) {
        *val.mutable_tuple()->add_items() = RandomVal(*member.type, random);
      }
      break;
    case Kind::kVariant:
      SetVariant(type, random, *val.mutable_variant());
      break;
    case Kind::kEnum:
      val.set_enum_(type.fields()[Below(type.fields().size(), random)].name);
      break;
    case Kind::kOption:
      val.mutable_option();
      if (Below(2, random) == 0) {
        *val.mutable_option()->mutable_some() = RandomVal(*type.element(), random);
      }
      break;
    case Kind::kResult:
      SetResult(type, random, *val.mutable_result());
      break;
    case Kind::kFlags:
      val.mutable_flags();
      SetFlags(type, random, *val.mutable_flags());
      break;
    default:  // A list, or nothing that the callers have.
      val.mutable_list();
      for (size_t n = Below(kMaxItems + 1, random); n > 0; --n) {
        *val.mutable_list()->add_items() = RandomVal(*type.element(), random);
      }
  }
  return val;
}

}  // namespace davit::integration
