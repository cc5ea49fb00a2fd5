#include "runtime/binary/decode/decode_core.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/wasm/core_sections.h"
#include "runtime/wasm/core_types.h"

namespace davit::binary {
namespace {

constexpr uint8_t kModuleTypeOpcode = 0x50, kSubOpcode = 0x50;

// A non-final `sub` behind the prefix 0x00, which tells it from a module type.
absl::StatusOr<wasm::CoreRecType> ReadPrefixedSubType(base::ByteReader& reader) {
  DAVIT_RETURN_IF_ERROR(reader.Byte("subtype").status());
  DAVIT_RETURN_IF_ERROR(ExpectByte(reader, kSubOpcode, "subtype"));
  wasm::CoreRecType group;
  DAVIT_ASSIGN_OR_RETURN(group.types.emplace_back(),
                         wasm::CoreTypeReader(reader).SubTypeTail(/*is_final=*/false));
  return group;
}

// A core type that is no module type. In a module type none can be, so 0x50 is a subtype there.
absl::StatusOr<wasm::CoreRecType> ReadRecType(base::ByteReader& reader) {
  DAVIT_ASSIGN_OR_RETURN(const uint8_t opcode, reader.Peek("core type"));
  return opcode == 0x00 ? ReadPrefixedSubType(reader) : wasm::CoreTypeReader(reader).RecType();
}

absl::StatusOr<wasm::CoreExport> ReadExportDecl(base::ByteReader& reader) {
  wasm::CoreExport decl{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(decl.name, ReadName(reader, "name of an export"));
  DAVIT_ASSIGN_OR_RETURN(decl.desc, wasm::CoreTypeReader(reader).ExternDesc());
  return decl;
}

absl::StatusOr<wasm::CoreOuterAlias> ReadOuterAlias(base::ByteReader& reader) {
  DAVIT_RETURN_IF_ERROR(ExpectByte(reader, 0x10, "sort of an alias in a module type"));
  DAVIT_RETURN_IF_ERROR(ExpectByte(reader, 0x01, "target of an alias in a module type"));
  wasm::CoreOuterAlias alias;
  DAVIT_ASSIGN_OR_RETURN(alias.count, reader.U32("scope count of an outer alias"));
  DAVIT_ASSIGN_OR_RETURN(alias.index, reader.U32("index of an outer alias"));
  return alias;
}

absl::StatusOr<wasm::CoreModuleTypeDecl> ReadModuleTypeDecl(base::ByteReader& reader,
                                                            const DecodeContext& context) {
  wasm::CoreModuleTypeDecl decl{.offset = reader.offset()};
  DAVIT_RETURN_IF_ERROR(context.CountDefinition(decl.offset));
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "module type declarator"));
  switch (opcode.value) {
    case 0x00: {
      DAVIT_ASSIGN_OR_RETURN(decl.decl, wasm::CoreTypeReader(reader).Import());
      return decl;
    }
    case 0x01: {
      DAVIT_ASSIGN_OR_RETURN(decl.decl, ReadRecType(reader));
      return decl;
    }
    case 0x02: {
      DAVIT_ASSIGN_OR_RETURN(decl.decl, ReadOuterAlias(reader));
      return decl;
    }
    case 0x03: {
      DAVIT_ASSIGN_OR_RETURN(decl.decl, ReadExportDecl(reader));
      return decl;
    }
    default:
      return opcode.Unknown("module type declarator");
  }
}

absl::StatusOr<wasm::CoreModuleType> ReadModuleTypeTail(base::ByteReader& reader,
                                                        const DecodeContext& context) {
  wasm::CoreModuleType type;
  DAVIT_ASSIGN_OR_RETURN(type.decls,
                         ReadVec(reader, "module type declarators", base::kMaxDeclarators,
                                 [&] { return ReadModuleTypeDecl(reader, context); }));
  return type;
}

absl::StatusOr<CoreInstantiateArg> ReadInstantiateArg(base::ByteReader& reader) {
  CoreInstantiateArg arg{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(arg.name, ReadName(reader, "name of an instantiation argument"));
  DAVIT_RETURN_IF_ERROR(ExpectByte(reader, 0x12, "sort of a core instantiation argument"));
  DAVIT_ASSIGN_OR_RETURN(arg.instance, reader.U32("index of a core instance"));
  return arg;
}

absl::StatusOr<CoreInlineExport> ReadInlineExport(base::ByteReader& reader) {
  CoreInlineExport item{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(item.name, ReadName(reader, "name of an inline export"));
  DAVIT_ASSIGN_OR_RETURN(item.item, ReadCoreSortIdx(reader));
  return item;
}

absl::StatusOr<CoreInstantiate> ReadInstantiate(base::ByteReader& reader) {
  CoreInstantiate instantiate;
  DAVIT_ASSIGN_OR_RETURN(instantiate.module, reader.U32("index of a core module"));
  DAVIT_ASSIGN_OR_RETURN(
      instantiate.args, ReadVec(reader, "core instantiation arguments", base::kMaxInstantiationArgs,
                                [&] { return ReadInstantiateArg(reader); }));
  return instantiate;
}

}  // namespace

absl::StatusOr<wasm::CoreTypeDef> ReadCoreTypeDef(base::ByteReader& reader,
                                                  const DecodeContext& context) {
  wasm::CoreTypeDef type{.offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(const uint8_t opcode, reader.Peek("core type"));
  if (opcode == kModuleTypeOpcode) {
    DAVIT_RETURN_IF_ERROR(reader.Byte("module type").status());
    DAVIT_ASSIGN_OR_RETURN(type.def, ReadModuleTypeTail(reader, context));
  } else {
    DAVIT_ASSIGN_OR_RETURN(type.def, ReadRecType(reader));
  }
  return type;
}

absl::StatusOr<CoreInstance> ReadCoreInstance(base::ByteReader& reader) {
  CoreInstance instance;
  DAVIT_ASSIGN_OR_RETURN(const Opcode opcode, ReadOpcode(reader, "core instance"));
  if (opcode.value == 0x00) {
    DAVIT_ASSIGN_OR_RETURN(instance.expr, ReadInstantiate(reader));
    return instance;
  }
  if (opcode.value != 0x01) return opcode.Unknown("core instance");
  CoreInlineExports inline_exports;
  DAVIT_ASSIGN_OR_RETURN(inline_exports.exports,
                         ReadVec(reader, "core inline exports", base::kMaxInstantiationArgs,
                                 [&] { return ReadInlineExport(reader); }));
  instance.expr = std::move(inline_exports);
  return instance;
}

absl::StatusOr<CoreModule> ReadCoreModuleBytes(base::ByteReader& reader) {
  CoreModule module{.offset = reader.offset()};
  if (reader.remaining() > base::kMaxModuleBytes) {
    return reader.Error(
        absl::StrCat("a core module is longer than ", base::kMaxModuleBytes, " bytes"));
  }
  DAVIT_ASSIGN_OR_RETURN(module.bytes, reader.Bytes(reader.remaining(), "core module"));
  DAVIT_RETURN_IF_ERROR(wasm::ReadCoreSections(module.bytes, module.offset).status());
  return module;
}

}  // namespace davit::binary
