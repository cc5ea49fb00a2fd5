#include "runtime/binary/decode_types.h"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/binary/core_types.h"
#include "runtime/binary/decode_core.h"

namespace davit::binary {
namespace {

using types::Kind;

enum TypeOpcode : uint8_t {
  kResource = 0x3f,
  kFunc = 0x40,
  kComponentType = 0x41,
  kInstanceType = 0x42,
  kAsyncFunc = 0x43,
};

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
      type_.members.push_back(std::move(member));
    }
    return absl::OkStatus();
  }

  absl::Status Result() {
    type_.kind = Kind::kResult;
    for (int i = 0; i < 2; ++i) {
      DAVIT_ASSIGN_OR_RETURN(LabelledType member, OptionalUnnamed());
      type_.members.push_back(std::move(member));
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
    type_.members.push_back(std::move(element));
    return absl::OkStatus();
  }

  base::ByteReader& reader_;
  const DecodeContext& context_;
  DefValType type_;
};

absl::StatusOr<ResourceTypeDef> ReadResourceTail(base::ByteReader& reader,
                                                 const DecodeContext& context) {
  ResourceTypeDef type;
  DAVIT_ASSIGN_OR_RETURN(type.rep64, ReadIs64(reader, context, "representation of a resource"));
  DAVIT_ASSIGN_OR_RETURN(const bool has_destructor, ReadFlag(reader, "presence of a destructor"));
  if (has_destructor) {
    DAVIT_ASSIGN_OR_RETURN(type.destructor, reader.U32("destructor"));
  }
  return type;
}

absl::StatusOr<FuncTypeDef> ReadFuncTail(base::ByteReader& reader, const DecodeContext& context) {
  FuncTypeDef type;
  DAVIT_ASSIGN_OR_RETURN(type.params,
                         ReadVec(reader, "function parameters", base::kMaxFuncParams,
                                 [&]() -> absl::StatusOr<LabelledType> {
                                   LabelledType param{.offset = reader.offset()};
                                   DAVIT_ASSIGN_OR_RETURN(param.label, ReadName(reader, "label"));
                                   DAVIT_ASSIGN_OR_RETURN(param.type, ReadValType(reader, context));
                                   return param;
                                 }));
  DAVIT_ASSIGN_OR_RETURN(type.result, ReadResultList(reader, context));
  return type;
}

absl::StatusOr<FuncTypeDef> ReadAsyncFuncTail(base::ByteReader& reader,
                                              const DecodeContext& context, uint64_t offset) {
  DAVIT_RETURN_IF_ERROR(
      RequireFeature(context.features.async, "async", "an async function type", offset));
  DAVIT_ASSIGN_OR_RETURN(FuncTypeDef type, ReadFuncTail(reader, context));
  type.is_async = true;
  return type;
}

enum class DeclaratorsOf : uint8_t { kComponentType, kInstanceType };

// A type inside a type; nested ones are shared so that a declarator stays small.
absl::StatusOr<std::shared_ptr<TypeDef>> ReadTypeDeclarator(base::ByteReader& reader,
                                                            const DecodeContext& context) {
  DAVIT_ASSIGN_OR_RETURN(TypeDef type, ReadTypeDef(reader, context));
  return std::make_shared<TypeDef>(std::move(type));
}

template <typename Decl>
absl::StatusOr<Decl> ReadExternDecl(base::ByteReader& reader, const DecodeContext& context) {
  Decl decl;
  DAVIT_ASSIGN_OR_RETURN(decl.name, ReadExternName(reader, context));
  DAVIT_ASSIGN_OR_RETURN(decl.desc, ReadExternDesc(reader, context));
  return decl;
}

absl::StatusOr<TypeDecl> ReadDeclarator(base::ByteReader& reader, const DecodeContext& context,
                                        DeclaratorsOf scope) {
  TypeDecl decl{.offset = reader.offset()};
  DAVIT_RETURN_IF_ERROR(context.CountDefinition(decl.offset));
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "type declarator"));
  switch (opcode.value) {
    case 0x00: {
      DAVIT_ASSIGN_OR_RETURN(decl.decl, ReadCoreTypeDef(reader, context));
      return decl;
    }
    case 0x01: {
      DAVIT_ASSIGN_OR_RETURN(decl.decl, ReadTypeDeclarator(reader, context));
      return decl;
    }
    case 0x02: {
      DAVIT_ASSIGN_OR_RETURN(decl.decl, ReadAlias(reader, context));
      return decl;
    }
    case 0x03: {
      if (scope != DeclaratorsOf::kComponentType) {
        return opcode.Unknown("declarator of an instance type");
      }
      DAVIT_ASSIGN_OR_RETURN(decl.decl, ReadExternDecl<ImportDecl>(reader, context));
      return decl;
    }
    case 0x04: {
      DAVIT_ASSIGN_OR_RETURN(decl.decl, ReadExternDecl<ExportDecl>(reader, context));
      return decl;
    }
    default:
      return opcode.Unknown("type declarator");
  }
}

absl::StatusOr<std::vector<TypeDecl>> ReadDeclarators(base::ByteReader& reader,
                                                      const DecodeContext& context,
                                                      DeclaratorsOf scope) {
  DAVIT_ASSIGN_OR_RETURN(const DecodeContext nested, context.Nested(reader.offset()));
  return ReadVec(reader, "type declarators", base::kMaxDeclarators,
                 [&] { return ReadDeclarator(reader, nested, scope); });
}

absl::StatusOr<TypeBound> ReadTypeBound(base::ByteReader& reader) {
  TypeBound bound;
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "type bound"));
  switch (opcode.value) {
    case 0x00: {
      DAVIT_ASSIGN_OR_RETURN(bound.type, reader.U32("index of a type bound"));
      return bound;
    }
    case 0x01:
      bound.kind = TypeBoundKind::kSubResource;
      return bound;
    default:
      return opcode.Unknown("type bound");
  }
}

absl::Status ReadValueBound(base::ByteReader& reader, const DecodeContext& context,
                            const Opcode& sort, ExternDesc& desc) {
  DAVIT_RETURN_IF_ERROR(
      RequireFeature(context.features.values, "values", "a value import or export", sort.offset));
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "value bound"));
  switch (opcode.value) {
    case 0x00: {
      DAVIT_ASSIGN_OR_RETURN(desc.value, reader.U32("index of a value bound"));
      return absl::OkStatus();
    }
    case 0x01: {
      DAVIT_ASSIGN_OR_RETURN(desc.value, ReadValType(reader, context));
      return absl::OkStatus();
    }
    default:
      return opcode.Unknown("value bound");
  }
}

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

absl::StatusOr<std::optional<ValType>> ReadResultList(base::ByteReader& reader,
                                                      const DecodeContext& context) {
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "result list"));
  switch (opcode.value) {
    case 0x00:
      return ReadValType(reader, context);
    case 0x01:
      DAVIT_RETURN_IF_ERROR(ExpectByte(reader, 0x00, "number of results"));
      return std::nullopt;
    default:
      return opcode.Unknown("result list");
  }
}

absl::StatusOr<ExternDesc> ReadExternDesc(base::ByteReader& reader, const DecodeContext& context) {
  ExternDesc desc;
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "extern type"));
  switch (opcode.value) {
    case 0x00:
      DAVIT_RETURN_IF_ERROR(ExpectByte(reader, 0x11, "core extern type"));
      desc.sort = Sort::kCoreModule;
      break;
    case 0x01:
      desc.sort = Sort::kFunc;
      break;
    case 0x02:
      desc.sort = Sort::kValue;
      DAVIT_RETURN_IF_ERROR(ReadValueBound(reader, context, opcode, desc));
      return desc;
    case 0x03: {
      desc.sort = Sort::kType;
      DAVIT_ASSIGN_OR_RETURN(desc.bound, ReadTypeBound(reader));
      return desc;
    }
    case 0x04:
      desc.sort = Sort::kComponent;
      break;
    case 0x05:
      desc.sort = Sort::kInstance;
      break;
    default:
      return opcode.Unknown("extern type");
  }
  DAVIT_ASSIGN_OR_RETURN(desc.type, reader.U32("type index of an extern type"));
  return desc;
}

absl::StatusOr<TypeDef> ReadTypeDef(base::ByteReader& reader, const DecodeContext& context) {
  TypeDef type{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "component type"));
  switch (opcode.value) {
    case kResource: {
      DAVIT_ASSIGN_OR_RETURN(type.def, ReadResourceTail(reader, context));
      return type;
    }
    case kFunc: {
      DAVIT_ASSIGN_OR_RETURN(type.def, ReadFuncTail(reader, context));
      return type;
    }
    case kAsyncFunc: {
      DAVIT_ASSIGN_OR_RETURN(type.def, ReadAsyncFuncTail(reader, context, opcode.offset));
      return type;
    }
    case kComponentType: {
      ComponentTypeDef& def = type.def.emplace<ComponentTypeDef>();
      DAVIT_ASSIGN_OR_RETURN(def.decls,
                             ReadDeclarators(reader, context, DeclaratorsOf::kComponentType));
      return type;
    }
    case kInstanceType: {
      InstanceTypeDef& def = type.def.emplace<InstanceTypeDef>();
      DAVIT_ASSIGN_OR_RETURN(def.decls,
                             ReadDeclarators(reader, context, DeclaratorsOf::kInstanceType));
      return type;
    }
    default: {
      DAVIT_ASSIGN_OR_RETURN(type.def, DefValTypeReader(reader, context).Read(opcode));
      return type;
    }
  }
}

absl::StatusOr<bool> ReadIs64(base::ByteReader& reader, const DecodeContext& context,
                              std::string_view what) {
  const uint64_t offset = reader.offset();
  DAVIT_ASSIGN_OR_RETURN(const CoreValType type, CoreTypeReader(reader).ValType());
  if (type.code == 0x7f) return false;
  if (type.code != 0x7e) {
    return base::BinaryError(base::BinaryFault::kInvalid, offset,
                             absl::StrCat(what, " is neither i32 nor i64"));
  }
  DAVIT_RETURN_IF_ERROR(RequireFeature(context.features.memory64, "memory64",
                                       absl::StrCat("i64 as the ", what), offset));
  return true;
}

}  // namespace davit::binary
