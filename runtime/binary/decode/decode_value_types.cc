#include "runtime/binary/decode/decode_value_types.h"

#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/limits.h"

namespace davit::binary {
namespace {

using types::Kind;

constexpr uint8_t kErrorContextOpcode = 0x64;

// bool 0x7f, s8 0x7e, ... string 0x73: the kinds in their order.
constexpr bool IsPrimitiveOpcode(uint8_t opcode) { return opcode >= 0x73 && opcode <= 0x7f; }
constexpr Kind PrimitiveOf(uint8_t opcode) { return static_cast<Kind>(0x7f - opcode); }
static_assert(PrimitiveOf(0x7f) == Kind::kBool && PrimitiveOf(0x79) == Kind::kU32 &&
                  PrimitiveOf(0x76) == Kind::kF32 && PrimitiveOf(0x73) == Kind::kString,
              "the opcodes of primitive types follow the order of types::Kind");

// The kind that a one-byte primvaltype names; nullopt when it is none.
absl::StatusOr<std::optional<Kind>> PrimitiveKind(const Opcode& opcode,
                                                  const DecodeContext& context) {
  if (IsPrimitiveOpcode(opcode.value)) return PrimitiveOf(opcode.value);
  if (opcode.value != kErrorContextOpcode) return std::nullopt;
  DAVIT_RETURN_IF_ERROR(RequireFeature(context.features.error_context, "error_context",
                                       "the type error-context", opcode.offset));
  return Kind::kErrorContext;
}

absl::StatusOr<std::optional<ValType>> ReadOptionalValType(base::ByteReader& reader,
                                                           const DecodeContext& context) {
  DAVIT_ASSIGN_OR_RETURN(const bool present, ReadFlag(reader, "presence of an optional type"));
  if (!present) return std::nullopt;
  return ReadValType(reader, context);
}

// The parts of a defined value type that follow its opcode.
class DefValTypeReader {
 public:
  DefValTypeReader(base::ByteReader& reader, const DecodeContext& context)
      : reader_(reader), context_(context) {}

  absl::StatusOr<DefValType> Read(const Opcode& opcode) {
    DAVIT_ASSIGN_OR_RETURN(const std::optional<Kind> primitive, PrimitiveKind(opcode, context_));
    if (primitive.has_value()) {
      type_.kind = *primitive;
    } else {
      DAVIT_RETURN_IF_ERROR(ReadCompound(opcode));
    }
    return std::move(type_);
  }

 private:
  absl::Status ReadCompound(const Opcode& opcode) {
    switch (opcode.value) {
      case 0x72:
        return Fields(Kind::kRecord);
      case 0x71:
        return Cases();
      case 0x70:
        return Elements(Kind::kList, 1);
      case 0x6f:
        return TupleMembers();
      case 0x6e:
        return Labels(Kind::kFlags);
      case 0x6d:
        return Labels(Kind::kEnum);
      case 0x6b:
        return Elements(Kind::kOption, 1);
      case 0x6a:
        return Result();
      case 0x69:
        return Handle(Kind::kOwn);
      case 0x68:
        return Handle(Kind::kBorrow);
      case 0x67:
        return FixedList(opcode);
      case 0x66:
        return AsyncElement(Kind::kStream, opcode);
      case 0x65:
        return AsyncElement(Kind::kFuture, opcode);
      case 0x63:
        DAVIT_RETURN_IF_ERROR(
            RequireFeature(context_.features.map, "map", "the type map", opcode.offset));
        return Elements(Kind::kMap, 2);
      default:
        return opcode.Unknown("component type");
    }
  }

  absl::StatusOr<LabelledType> Label() {
    LabelledType member{.offset = reader_.offset()};
    DAVIT_ASSIGN_OR_RETURN(member.label, ReadName(reader_, "label"));
    return member;
  }

  absl::StatusOr<LabelledType> Unnamed() {
    LabelledType member{.offset = reader_.offset()};
    DAVIT_ASSIGN_OR_RETURN(member.type, ReadValType(reader_, context_));
    return member;
  }

  absl::StatusOr<LabelledType> OptionalUnnamed() {
    LabelledType member{.offset = reader_.offset()};
    DAVIT_ASSIGN_OR_RETURN(member.type, ReadOptionalValType(reader_, context_));
    return member;
  }

  template <typename ReadMember>
  absl::Status Members(Kind kind, std::string_view what, ReadMember read_member) {
    type_.kind = kind;
    DAVIT_ASSIGN_OR_RETURN(type_.members, ReadVec(reader_, what, base::kMaxFields, read_member));
    return absl::OkStatus();
  }

  absl::Status Fields(Kind kind) {
    return Members(kind, "record fields", [this]() -> absl::StatusOr<LabelledType> {
      DAVIT_ASSIGN_OR_RETURN(LabelledType field, Label());
      DAVIT_ASSIGN_OR_RETURN(field.type, ReadValType(reader_, context_));
      return field;
    });
  }

  absl::Status Cases() {
    return Members(Kind::kVariant, "variant cases", [this]() -> absl::StatusOr<LabelledType> {
      DAVIT_ASSIGN_OR_RETURN(LabelledType variant_case, Label());
      DAVIT_ASSIGN_OR_RETURN(variant_case.type, ReadOptionalValType(reader_, context_));
      DAVIT_RETURN_IF_ERROR(ExpectByte(reader_, 0x00, "end of a variant case"));
      return variant_case;
    });
  }

  absl::Status TupleMembers() {
    return Members(Kind::kTuple, "tuple members", [this] { return Unnamed(); });
  }

  absl::Status Labels(Kind kind) {
    return Members(kind, kind == Kind::kFlags ? "flags labels" : "enum cases",
                   [this] { return Label(); });
  }

  // A fixed number of unnamed types.
  absl::Status Elements(Kind kind, int count) {
    type_.kind = kind;
    for (int i = 0; i < count; ++i) {
      DAVIT_ASSIGN_OR_RETURN(LabelledType member, Unnamed());
      type_.members.push_back(member);
    }
    return absl::OkStatus();
  }

  absl::Status Result() {
    type_.kind = Kind::kResult;
    for (int i = 0; i < 2; ++i) {
      DAVIT_ASSIGN_OR_RETURN(LabelledType member, OptionalUnnamed());
      type_.members.push_back(member);
    }
    return absl::OkStatus();
  }

  absl::Status Handle(Kind kind) {
    type_.kind = kind;
    DAVIT_ASSIGN_OR_RETURN(type_.resource, reader_.U32("resource type of a handle"));
    return absl::OkStatus();
  }

  absl::Status FixedList(const Opcode& opcode) {
    DAVIT_RETURN_IF_ERROR(RequireFeature(context_.features.fixed_length_lists, "fixed_length_lists",
                                         "a list of fixed length", opcode.offset));
    DAVIT_RETURN_IF_ERROR(Elements(Kind::kFixedList, 1));
    DAVIT_ASSIGN_OR_RETURN(type_.length, reader_.U32("length of a list"));
    return absl::OkStatus();
  }

  absl::Status AsyncElement(Kind kind, const Opcode& opcode) {
    DAVIT_RETURN_IF_ERROR(RequireFeature(context_.features.async, "async",
                                         absl::StrCat("the type ", types::KindName(kind)),
                                         opcode.offset));
    type_.kind = kind;
    DAVIT_ASSIGN_OR_RETURN(LabelledType element, OptionalUnnamed());
    type_.members.push_back(element);
    return absl::OkStatus();
  }

  base::ByteReader& reader_;
  const DecodeContext& context_;
  DefValType type_;
};

}  // namespace

absl::StatusOr<ValType> ReadValType(base::ByteReader& reader, const DecodeContext& context) {
  DAVIT_ASSIGN_OR_RETURN(const uint8_t first, reader.Peek("value type"));
  const Opcode opcode{.value = first, .offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(const std::optional<Kind> primitive, PrimitiveKind(opcode, context));
  if (primitive.has_value()) {
    DAVIT_RETURN_IF_ERROR(reader.Byte("value type").status());
    return ValType{.primitive = *primitive};
  }
  // Opcodes are the negative one-byte integers of the encoding that indices share.
  DAVIT_ASSIGN_OR_RETURN(const int64_t index, reader.S33("value type"));
  if (index < 0) return opcode.Unknown("value type");
  return ValType{.is_index = true, .index = static_cast<uint32_t>(index)};
}

absl::StatusOr<DefValType> ReadDefValType(base::ByteReader& reader, const DecodeContext& context,
                                          const Opcode& opcode) {
  return DefValTypeReader(reader, context).Read(opcode);
}

}  // namespace davit::binary
