#include "runtime/binary/decode/decode_types.h"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/binary/decode/decode_core.h"
#include "runtime/binary/decode/decode_value_types.h"
#include "runtime/wasm/core_types.h"

namespace davit::binary {
namespace {

enum TypeOpcode : uint8_t {
  kResource = 0x3f,
  kFunc = 0x40,
  kComponentType = 0x41,
  kInstanceType = 0x42,
  kAsyncFunc = 0x43,
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

namespace {

absl::StatusOr<TypeDef> ReadTypeDefOfAnyKind(base::ByteReader& reader,
                                             const DecodeContext& context) {
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
      DAVIT_ASSIGN_OR_RETURN(type.def, ReadDefValType(reader, context, opcode));
      return type;
    }
  }
}

}  // namespace

absl::StatusOr<TypeDef> ReadTypeDef(base::ByteReader& reader, const DecodeContext& context) {
  DAVIT_ASSIGN_OR_RETURN(TypeDef type, ReadTypeDefOfAnyKind(reader, context));
  type.size = reader.offset() - type.offset;
  return type;
}

absl::StatusOr<bool> ReadIs64(base::ByteReader& reader, const DecodeContext& context,
                              std::string_view what) {
  const uint64_t offset = reader.offset();
  DAVIT_ASSIGN_OR_RETURN(const wasm::CoreValType type, wasm::CoreTypeReader(reader).ValType());
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
