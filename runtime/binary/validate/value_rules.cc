#include "runtime/binary/validate/value_rules.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/violation.h"

namespace davit::binary {
namespace {

using types::Kind;

// Checks the encoding of a value against its type, whose depth bounds the recursion.
class ValueReader {
 public:
  ValueReader(base::ByteReader& bytes, TypeStore& store) : bytes_(bytes), store_(store) {}

  absl::Status Read(const ValueType& type) {
    DAVIT_RETURN_IF_ERROR(store_.Charge(1));
    const ValueShape& shape = *type.shape;
    switch (shape.kind) {
      case Kind::kBool:
        return Below(2, "bool");
      case Kind::kS8:
      case Kind::kU8:
        return bytes_.Byte("byte").status();
      case Kind::kS16:
        return Signed(std::numeric_limits<int16_t>::min(), std::numeric_limits<int16_t>::max(),
                      "s16");
      case Kind::kU16:
        return Unsigned(std::numeric_limits<uint16_t>::max(), "u16");
      case Kind::kS32:
        return bytes_.S32("s32").status();
      case Kind::kU32:
        return bytes_.U32("u32").status();
      case Kind::kS64:
        return bytes_.S64("s64").status();
      case Kind::kU64:
        return bytes_.U64("u64").status();
      case Kind::kF32:
        return Float<uint32_t, float>(0x7fc0'0000, "f32");
      case Kind::kF64:
        return Float<uint64_t, double>(0x7ff8'0000'0000'0000, "f64");
      case Kind::kChar:
        return Char();
      case Kind::kString:
        return bytes_.Name("string", kAnyLength).status();
      case Kind::kRecord:
      case Kind::kTuple:
        return Members(shape);
      case Kind::kVariant:
      case Kind::kEnum:
        return Case(shape);
      case Kind::kOption:
        return Optional(shape.members[0].type);
      case Kind::kResult:
        return Result(shape);
      case Kind::kFlags:
        return Flags(shape.members.size());
      case Kind::kList:
        return List(shape, std::nullopt);
      case Kind::kFixedList:
        return List(shape, shape.length);
      default:
        return wasm::Violation(
            absl::StrCat("a ", types::KindName(shape.kind), " has no literal value"));
    }
  }

 private:
  static constexpr uint32_t kAnyLength = std::numeric_limits<uint32_t>::max();

  absl::Status Below(uint8_t limit, std::string_view what) {
    DAVIT_ASSIGN_OR_RETURN(const uint8_t byte, bytes_.Byte(what));
    return byte < limit ? absl::OkStatus() : bytes_.Error(absl::StrCat("invalid ", what));
  }

  absl::Status Unsigned(uint32_t max, std::string_view what) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t value, bytes_.U32(what));
    return value <= max ? absl::OkStatus() : bytes_.Error(absl::StrCat(what, " is out of range"));
  }

  absl::Status Signed(int32_t min, int32_t max, std::string_view what) {
    DAVIT_ASSIGN_OR_RETURN(const int32_t value, bytes_.S32(what));
    if (value >= min && value <= max) return absl::OkStatus();
    return bytes_.Error(absl::StrCat(what, " is out of range"));
  }

  // Little-endian; the only NaN is the canonical one.
  template <typename Bits, typename T>
  absl::Status Float(Bits canonical_nan, std::string_view what) {
    DAVIT_ASSIGN_OR_RETURN(const std::span<const uint8_t> raw, bytes_.Bytes(sizeof(Bits), what));
    Bits bits;
    T value;
    std::memcpy(&bits, raw.data(), sizeof(bits));
    std::memcpy(&value, raw.data(), sizeof(value));
    if (!std::isnan(value) || bits == canonical_nan) return absl::OkStatus();
    return bytes_.Error(absl::StrCat("the ", what, " is not the canonical NaN"));
  }

  // The UTF-8 bytes of one scalar value, without a length.
  absl::Status Char() {
    DAVIT_ASSIGN_OR_RETURN(const uint8_t first, bytes_.Peek("char"));
    const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    DAVIT_ASSIGN_OR_RETURN(const std::span<const uint8_t> raw, bytes_.Bytes(size, "char"));
    uint32_t scalar = size == 1 ? first : first & (0x7fu >> size);
    for (uint8_t byte : raw.subspan(1)) {
      if ((byte & 0xc0) != 0x80) return bytes_.Error("the char is not valid UTF-8");
      scalar = scalar << 6 | (byte & 0x3fu);
    }
    constexpr uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x1'0000};
    const bool surrogate = scalar >= 0xd800 && scalar < 0xe000;
    const bool stray = (first & 0xc0) == 0x80 || first >= 0xf8;
    if (!stray && scalar >= kLeast[size] && scalar < 0x11'0000 && !surrogate) {
      return absl::OkStatus();
    }
    return bytes_.Error("the char is not a Unicode scalar value");
  }

  absl::Status Members(const ValueShape& shape) {
    for (const Member& member : shape.members) DAVIT_RETURN_IF_ERROR(Read(*member.type));
    return absl::OkStatus();
  }

  absl::Status Case(const ValueShape& shape) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t index, bytes_.U32("case"));
    if (index >= shape.members.size()) return bytes_.Error("the case is out of range");
    const std::optional<ValueType>& payload = shape.members[index].type;
    return payload.has_value() ? Read(*payload) : absl::OkStatus();
  }

  absl::Status Optional(const std::optional<ValueType>& payload) {
    DAVIT_ASSIGN_OR_RETURN(const uint8_t is_some, bytes_.Peek("option"));
    DAVIT_RETURN_IF_ERROR(Below(2, "option"));
    return is_some == 1 ? Read(*payload) : absl::OkStatus();
  }

  absl::Status Result(const ValueShape& shape) {
    DAVIT_ASSIGN_OR_RETURN(const uint8_t is_error, bytes_.Peek("result"));
    DAVIT_RETURN_IF_ERROR(Below(2, "result"));
    const std::optional<ValueType>& payload = shape.members[is_error].type;
    return payload.has_value() ? Read(*payload) : absl::OkStatus();
  }

  absl::Status Flags(size_t count) {
    DAVIT_ASSIGN_OR_RETURN(const std::span<const uint8_t> raw,
                           bytes_.Bytes((count + 7) / 8, "flags"));
    if (count % 8 != 0 && raw.back() >> (count % 8) != 0) {
      return bytes_.Error("flags that do not exist are set");
    }
    return absl::OkStatus();
  }

  absl::Status List(const ValueShape& shape, std::optional<uint32_t> length) {
    if (!length.has_value()) {
      DAVIT_ASSIGN_OR_RETURN(length, bytes_.U32("length of a list"));
    }
    // Every value takes a byte at least, so that the bytes bound the loop.
    for (uint32_t i = 0; i < *length; ++i) DAVIT_RETURN_IF_ERROR(Read(*shape.members[0].type));
    return absl::OkStatus();
  }

  base::ByteReader& bytes_;
  TypeStore& store_;
};

}  // namespace

absl::Status DefineValue(Scope& scope, const ValueDef& def) {
  DAVIT_ASSIGN_OR_RETURN(const ValueType type, ResolveValType(scope, def.type));
  base::ByteReader bytes(def.bytes, def.offset);
  DAVIT_RETURN_IF_ERROR(ValueReader(bytes, scope.validation.types).Read(type));
  DAVIT_RETURN_IF_ERROR(bytes.ExpectDone("value"));
  scope.values.push_back({.type = type});
  return absl::OkStatus();
}

absl::Status DefineStart(Scope& scope, const Start& start) {
  DAVIT_ASSIGN_OR_RETURN(const FuncType* func, ItemAt(scope.funcs, start.func, Sort::kFunc));
  if (start.args.size() != func->params.size()) {
    return wasm::Violation(absl::StrCat("the start function takes ", func->params.size(),
                                        " arguments, not ", start.args.size()));
  }
  for (size_t i = 0; i < start.args.size(); ++i) {
    DAVIT_ASSIGN_OR_RETURN(const Entity argument, EntityAt(scope, {Sort::kValue, start.args[i]}));
    if (std::get<ValueEntity>(argument).type.structure() != func->params[i].type->structure()) {
      return wasm::Violation(
          absl::StrCat("argument ", i, " of the start function has the wrong type"));
    }
  }
  if (start.results != (func->result.has_value() ? 1 : 0)) {
    return wasm::Violation("the number of results of the start function is wrong");
  }
  if (!func->result.has_value()) return absl::OkStatus();
  scope.values.push_back({.type = *func->result});
  return absl::OkStatus();
}

absl::Status CheckValuesConsumed(const Scope& scope) {
  for (size_t i = 0; i < scope.values.size(); ++i) {
    if (!scope.values[i].consumed)
      return wasm::Violation(absl::StrCat("value ", i, " is never used"));
  }
  return absl::OkStatus();
}

}  // namespace davit::binary
