#include "tests/conformance/val_json.h"

#include <simdutf.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::conformance {
namespace {

using google::protobuf::Value;
using v1::Val;

const Value& Field(const Value& object, const char* name) {
  const auto& fields = object.struct_value().fields();
  const auto found = fields.find(name);
  return found == fields.end() ? Value::default_instance() : found->second;
}

bool HasField(const Value& object, const char* name) {
  return object.struct_value().fields().contains(name);
}

absl::Status Unreadable(const Value& json) {
  return absl::InvalidArgumentError(absl::StrCat("not a component value: ", json.DebugString()));
}

template <typename T>
absl::StatusOr<T> Number(const Value& json) {
  T number = 0;
  if (!absl::SimpleAtoi(json.string_value(), &number)) return Unreadable(json);
  return number;
}

absl::StatusOr<uint32_t> Char(const Value& json) {
  const std::string& utf8 = json.string_value();
  std::array<char32_t, 4> scalars;
  if (utf8.size() > scalars.size() ||
      simdutf::convert_utf8_to_utf32(utf8.data(), utf8.size(), scalars.data()) != 1) {
    return Unreadable(json);
  }
  return scalars[0];
}

template <typename T>
absl::Status SetNumber(const Value& json, Val& val, void (Val::*set)(T)) {
  DAVIT_ASSIGN_OR_RETURN(const T number, Number<T>(json));
  (val.*set)(number);
  return absl::OkStatus();
}

// A float is written as its bits.
template <typename Bits, typename T>
absl::Status SetFloat(const Value& json, Val& val, void (Val::*set)(T)) {
  DAVIT_ASSIGN_OR_RETURN(const Bits bits, Number<Bits>(json));
  (val.*set)(std::bit_cast<T>(bits));
  return absl::OkStatus();
}

absl::Status SetItems(const Value& json, google::protobuf::RepeatedPtrField<Val>& items) {
  for (const Value& item : json.list_value().values()) {
    DAVIT_ASSIGN_OR_RETURN(*items.Add(), ValFromJson(item));
  }
  return absl::OkStatus();
}

absl::Status SetRecord(const Value& json, v1::RecordVal& record) {
  for (const Value& pair : json.list_value().values()) {
    if (pair.list_value().values_size() != 2) return Unreadable(json);
    v1::FieldVal& field = *record.add_fields();
    field.set_name(pair.list_value().values(0).string_value());
    DAVIT_ASSIGN_OR_RETURN(*field.mutable_value(), ValFromJson(pair.list_value().values(1)));
  }
  return absl::OkStatus();
}

absl::Status SetVariant(const Value& json, v1::VariantVal& variant) {
  variant.set_case_(Field(json, "case").string_value());
  if (!HasField(json, "payload")) return absl::OkStatus();
  DAVIT_ASSIGN_OR_RETURN(*variant.mutable_payload(), ValFromJson(Field(json, "payload")));
  return absl::OkStatus();
}

absl::Status SetOption(const Value& json, v1::OptionVal& option) {
  if (json.kind_case() == Value::kNullValue) return absl::OkStatus();
  DAVIT_ASSIGN_OR_RETURN(*option.mutable_some(), ValFromJson(json));
  return absl::OkStatus();
}

absl::Status SetResult(const Value& json, v1::ResultVal& result) {
  const bool is_ok = HasField(json, "Ok");
  const Value& payload = Field(json, is_ok ? "Ok" : "Err");
  v1::ResultVal::Payload& side = is_ok ? *result.mutable_ok() : *result.mutable_err();
  if (payload.kind_case() == Value::kNullValue) return absl::OkStatus();
  DAVIT_ASSIGN_OR_RETURN(*side.mutable_value(), ValFromJson(payload));
  return absl::OkStatus();
}

absl::Status SetFlags(const Value& json, v1::FlagsVal& flags) {
  for (const Value& label : json.list_value().values()) flags.add_labels(label.string_value());
  return absl::OkStatus();
}

absl::Status SetVal(std::string_view type, const Value& json, Val& val) {
  if (type == "bool") return val.set_bool_(json.bool_value()), absl::OkStatus();
  if (type == "u8") return SetNumber<uint32_t>(json, val, &Val::set_u8);
  if (type == "s8") return SetNumber<int32_t>(json, val, &Val::set_s8);
  if (type == "u16") return SetNumber<uint32_t>(json, val, &Val::set_u16);
  if (type == "s16") return SetNumber<int32_t>(json, val, &Val::set_s16);
  if (type == "u32") return SetNumber<uint32_t>(json, val, &Val::set_u32);
  if (type == "s32") return SetNumber<int32_t>(json, val, &Val::set_s32);
  if (type == "u64") return SetNumber<uint64_t>(json, val, &Val::set_u64);
  if (type == "s64") return SetNumber<int64_t>(json, val, &Val::set_s64);
  if (type == "f32") return SetFloat<uint32_t, float>(json, val, &Val::set_f32);
  if (type == "f64") return SetFloat<uint64_t, double>(json, val, &Val::set_f64);
  if (type == "string") return val.set_string(json.string_value()), absl::OkStatus();
  if (type == "enum") return val.set_enum_(json.string_value()), absl::OkStatus();
  if (type == "list") return SetItems(json, *val.mutable_list()->mutable_items());
  if (type == "tuple") return SetItems(json, *val.mutable_tuple()->mutable_items());
  if (type == "record") return SetRecord(json, *val.mutable_record());
  if (type == "variant") return SetVariant(json, *val.mutable_variant());
  if (type == "option") return SetOption(json, *val.mutable_option());
  if (type == "result") return SetResult(json, *val.mutable_result());
  if (type == "flags") return SetFlags(json, *val.mutable_flags());
  if (type != "char") return Unreadable(json);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t scalar, Char(json));
  val.set_char_(scalar);
  return absl::OkStatus();
}

// The items of a packed list, each as a Val of its own.
template <typename Values, typename T>
void Unpack(const Values& values, void (Val::*set)(T), Val& val) {
  v1::ListVal& list = *val.mutable_list();
  for (const auto value : values) (list.add_items()->*set)(static_cast<T>(value));
}

Val Unpacked(const Val& val) {
  Val plain;
  switch (val.kind_case()) {
    case Val::kU8List:
      for (const char byte : val.u8_list()) {
        plain.mutable_list()->add_items()->set_u8(static_cast<uint8_t>(byte));
      }
      break;
    case Val::kS8List:
      Unpack(val.s8_list().values(), &Val::set_s8, plain);
      break;
    case Val::kU16List:
      Unpack(val.u16_list().values(), &Val::set_u16, plain);
      break;
    case Val::kS16List:
      Unpack(val.s16_list().values(), &Val::set_s16, plain);
      break;
    case Val::kU32List:
      Unpack(val.u32_list().values(), &Val::set_u32, plain);
      break;
    case Val::kS32List:
      Unpack(val.s32_list().values(), &Val::set_s32, plain);
      break;
    case Val::kU64List:
      Unpack(val.u64_list().values(), &Val::set_u64, plain);
      break;
    case Val::kS64List:
      Unpack(val.s64_list().values(), &Val::set_s64, plain);
      break;
    case Val::kF32List:
      Unpack(val.f32_list().values(), &Val::set_f32, plain);
      break;
    case Val::kF64List:
      Unpack(val.f64_list().values(), &Val::set_f64, plain);
      break;
    default:
      return val;
  }
  plain.mutable_list();
  return plain;
}

template <typename Items>
void NormalizeAll(Items& items) {
  for (Val& item : items) item = Normalized(item);
}

}  // namespace

absl::StatusOr<Val> ValFromJson(const Value& json) {
  Val val;
  // A variant has its members beside the type.
  const std::string& type = Field(json, "type").string_value();
  const Value& value = HasField(json, "value") ? Field(json, "value") : json;
  DAVIT_RETURN_IF_ERROR(SetVal(type, value, val));
  return val;
}

Val Normalized(const Val& val) {
  Val plain = Unpacked(val);
  switch (plain.kind_case()) {
    case Val::kList:
      NormalizeAll(*plain.mutable_list()->mutable_items());
      break;
    case Val::kTuple:
      NormalizeAll(*plain.mutable_tuple()->mutable_items());
      break;
    case Val::kRecord:
      for (v1::FieldVal& field : *plain.mutable_record()->mutable_fields()) {
        // The analyzer takes a message's part for null.
        // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage)
        *field.mutable_value() = Normalized(field.value());
      }
      break;
    case Val::kVariant:
      if (v1::VariantVal& variant = *plain.mutable_variant(); variant.has_payload()) {
        *variant.mutable_payload() = Normalized(variant.payload());
      }
      break;
    case Val::kOption:
      if (plain.option().has_some()) {
        *plain.mutable_option()->mutable_some() = Normalized(plain.option().some());
      }
      break;
    case Val::kResult: {
      v1::ResultVal& result = *plain.mutable_result();
      auto& side = result.has_ok() ? *result.mutable_ok() : *result.mutable_err();
      if (side.has_value()) *side.mutable_value() = Normalized(side.value());
      break;
    }
    case Val::kFlags:
      std::ranges::sort(*plain.mutable_flags()->mutable_labels());
      break;
    default:
      break;
  }
  return plain;
}

bool SameVal(const Val& a, const Val& b) {
  return Normalized(a).SerializeAsString() == Normalized(b).SerializeAsString();
}

std::string ValText(const Val& val) { return val.ShortDebugString(); }

}  // namespace davit::conformance
