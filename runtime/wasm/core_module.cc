#include "runtime/wasm/core_module.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/const_expr.h"
#include "runtime/wasm/core_sections.h"
#include "runtime/wasm/core_types.h"

namespace davit::wasm {
namespace {

using base::BinaryError;
using base::BinaryFault;
using base::ByteReader;

// The initialiser of a table: 0x40 0x00 in front of its type.
constexpr uint8_t kTableWithInit = 0x40;

// What an element segment begins with, as bits.
constexpr uint32_t kElementsNotActive = 1;  // but passive or declarative
constexpr uint32_t kElementsSayMore = 2;    // active: which table, and the type
constexpr uint32_t kElementsAreExprs = 4;
constexpr uint32_t kMostElementFlags = 7;

class CoreModuleReader {
 public:
  absl::StatusOr<CoreModuleInfo> Read(std::span<const uint8_t> bytes, uint64_t base_offset) {
    DAVIT_ASSIGN_OR_RETURN(const std::vector<CoreSection> sections,
                           ReadCoreSections(bytes, base_offset));
    for (const CoreSection& section : sections) {
      if (!IsDeclarative(section.id)) continue;
      ByteReader contents(section.contents, section.offset);
      DAVIT_RETURN_IF_ERROR(ReadSection(section.id, contents));
      DAVIT_RETURN_IF_ERROR(contents.ExpectDone("core section"));
    }
    return std::move(info_);
  }

 private:
  // The module's index spaces that info_ has not, imports first.
  struct IndexSpaces {
    std::vector<CoreGlobalType> globals;
  };

  static bool IsDeclarative(CoreSectionId id) {
    return id != CoreSectionId::kCustom && id != CoreSectionId::kStart &&
           OrderOf(id) <= OrderOf(CoreSectionId::kElement);
  }

  absl::Status ReadSection(CoreSectionId id, ByteReader& reader) {
    switch (id) {
      case CoreSectionId::kType:
        return ReadTypes(reader);
      case CoreSectionId::kImport:
        return ForEach(reader, "core imports", base::kMaxExternsAndFunctions,
                       [&] { return ReadImport(reader); });
      case CoreSectionId::kFunction:
        return ForEach(reader, "core functions", base::kMaxExternsAndFunctions,
                       [&] { return ReadFunction(reader); });
      case CoreSectionId::kTable:
        return ForEach(reader, "core tables", kMaxCoreTables, [&] { return ReadTable(reader); });
      case CoreSectionId::kMemory:
        return ForEach(reader, "core memories", kMaxCoreMemories,
                       [&] { return ReadMemory(reader); });
      case CoreSectionId::kTag:
        return ForEach(reader, "core tags", base::kMaxIndexSpaceItems,
                       [&] { return ReadTag(reader); });
      case CoreSectionId::kGlobal:
        return ForEach(reader, "core globals", base::kMaxIndexSpaceItems,
                       [&] { return ReadGlobal(reader); });
      case CoreSectionId::kExport:
        return ForEach(reader, "core exports", base::kMaxExternsAndFunctions,
                       [&] { return ReadExport(reader); });
      case CoreSectionId::kElement:
        return ForEach(reader, "element segments", kMaxCoreSegments,
                       [&] { return ReadElementSegment(reader); });
      default:
        return absl::OkStatus();
    }
  }

  template <typename ReadItem>
  static absl::Status ForEach(ByteReader& reader, std::string_view what, uint32_t limit,
                              ReadItem read_item) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count(what, limit));
    for (uint32_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(read_item());
    return absl::OkStatus();
  }

  // Bounds the type indices that are read to the types that the module has.
  CoreTypeReader Types(ByteReader& reader) const {
    CoreTypeReader types(reader);
    types.BoundIndices(info_.types.size());
    return types;
  }

  absl::Status ReadTypes(ByteReader& reader) {
    return ForEach(reader, "core types", kMaxCoreTypes, [&]() -> absl::Status {
      const uint64_t offset = reader.offset();
      DAVIT_ASSIGN_OR_RETURN(CoreRecType group, Types(reader).RecType());
      if (group.types.size() > kMaxCoreTypes - info_.types.size()) {
        return BinaryError(BinaryFault::kMalformed, offset,
                           absl::StrCat("a core module has more than ", kMaxCoreTypes, " types"));
      }
      const uint32_t first = static_cast<uint32_t>(info_.types.size());
      for (CoreSubType& type : group.types) {
        info_.types.push_back(std::move(type));
        info_.rec_group_of.push_back(first);
      }
      return absl::OkStatus();
    });
  }

  absl::Status CheckFuncType(uint32_t type, uint64_t offset) const {
    if (std::holds_alternative<CoreFuncType>(info_.types[type].composite)) return absl::OkStatus();
    return BinaryError(BinaryFault::kInvalid, offset,
                       absl::StrCat("core type ", type, " is no function type"));
  }

  absl::Status ReadImport(ByteReader& reader) {
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const CoreImport import, Types(reader).Import());
    info_.imports.push_back(import);
    return std::visit([&](const auto& desc) { return Add(desc, offset); }, import.desc);
  }

  absl::Status ReadFunction(ByteReader& reader) {
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const uint32_t type, Types(reader).TypeIndex("type of a function"));
    return Add(CoreFuncRef{.type = type}, offset);
  }

  absl::Status ReadTable(ByteReader& reader) {
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const uint8_t first, reader.Peek("core table"));
    const bool has_init = first == kTableWithInit;
    if (has_init) DAVIT_RETURN_IF_ERROR(ReadTableInitPrefix(reader));
    DAVIT_ASSIGN_OR_RETURN(const CoreTableType type, Types(reader).TableType());
    if (has_init) DAVIT_RETURN_IF_ERROR(CountConstExpr(reader));
    info_.table_elements += std::min<uint64_t>(type.limits.min, UINT32_MAX);
    return Add(type, offset);
  }

  static absl::Status ReadTableInitPrefix(ByteReader& reader) {
    DAVIT_RETURN_IF_ERROR(reader.Byte("core table").status());
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const uint8_t reserved, reader.Byte("core table"));
    if (reserved == 0x00) return absl::OkStatus();
    return BinaryError(BinaryFault::kMalformed, offset,
                       "0x00 must follow 0x40 in front of a table type");
  }

  absl::Status ReadMemory(ByteReader& reader) {
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const CoreMemoryType type, Types(reader).MemoryType());
    ++info_.defined_memories;
    return Add(type, offset);
  }

  absl::Status ReadTag(ByteReader& reader) {
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const CoreTagType type, Types(reader).TagType());
    return Add(type, offset);
  }

  absl::Status ReadGlobal(ByteReader& reader) {
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const CoreGlobalType type, Types(reader).GlobalType());
    DAVIT_RETURN_IF_ERROR(CountConstExpr(reader));
    ++info_.defined_globals;
    return Add(type, offset);
  }

  absl::Status CountConstExpr(ByteReader& reader) {
    const size_t before = reader.remaining();
    DAVIT_RETURN_IF_ERROR(ReadConstExpr(reader).status());
    info_.const_expr_bytes += before - reader.remaining();
    return absl::OkStatus();
  }

  // Spec: WebAssembly core, Binary Format, Element Section.
  absl::Status ReadElementSegment(ByteReader& reader) {
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const uint32_t flags, reader.U32("element segment"));
    if (flags > kMostElementFlags) {
      return BinaryError(BinaryFault::kMalformed, offset, "invalid kind of an element segment");
    }
    const bool is_active = (flags & kElementsNotActive) == 0;
    const bool says_more = (flags & kElementsSayMore) != 0;
    const bool has_exprs = (flags & kElementsAreExprs) != 0;
    if (is_active) {
      if (says_more) DAVIT_RETURN_IF_ERROR(reader.U32("table of an element segment").status());
      DAVIT_RETURN_IF_ERROR(CountConstExpr(reader));
    }
    if (!is_active || says_more) DAVIT_RETURN_IF_ERROR(ReadElementType(reader, has_exprs));
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.U32("entries of an element segment"));
    info_.element_entries += count;
    for (uint32_t i = 0; i < count; ++i) {
      DAVIT_RETURN_IF_ERROR(has_exprs ? CountConstExpr(reader)
                                      : reader.U32("function of an element segment").status());
    }
    return absl::OkStatus();
  }

  absl::Status ReadElementType(ByteReader& reader, bool has_exprs) const {
    if (has_exprs) return Types(reader).RefType().status();
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const uint8_t kind, reader.Byte("kind of elements"));
    if (kind == 0x00) return absl::OkStatus();
    return BinaryError(BinaryFault::kMalformed, offset, "invalid kind of elements");
  }

  absl::Status ReadExport(ByteReader& reader) {
    CoreExport exported{.offset = reader.offset()};
    DAVIT_ASSIGN_OR_RETURN(exported.name, reader.Name("name of an export", kMaxCoreNameBytes));
    const uint64_t kind_offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const uint8_t kind, reader.Byte("kind of an export"));
    const uint64_t index_offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const uint32_t index, reader.U32("index of an export"));
    switch (kind) {
      case 0x00:
        DAVIT_RETURN_IF_ERROR(Resolve(info_.funcs, index, index_offset, exported));
        break;
      case 0x01:
        DAVIT_RETURN_IF_ERROR(Resolve(info_.tables, index, index_offset, exported));
        break;
      case 0x02:
        DAVIT_RETURN_IF_ERROR(Resolve(info_.memories, index, index_offset, exported));
        break;
      case 0x03:
        DAVIT_RETURN_IF_ERROR(Resolve(spaces_.globals, index, index_offset, exported));
        break;
      case 0x04:
        DAVIT_RETURN_IF_ERROR(Resolve(info_.tags, index, index_offset, exported));
        break;
      default:
        return BinaryError(BinaryFault::kMalformed, kind_offset, "invalid kind of a core export");
    }
    return AddExport(exported);
  }

  template <typename Desc>
  static absl::Status Resolve(const std::vector<Desc>& space, uint32_t index, uint64_t offset,
                              CoreExport& exported) {
    if (index >= space.size()) {
      return BinaryError(
          BinaryFault::kInvalid, offset,
          absl::StrCat("export `", exported.name, "`: index ", index, " is out of bounds"));
    }
    exported.desc = space[index];
    return absl::OkStatus();
  }

  absl::Status AddExport(const CoreExport& exported) {
    if (!export_names_.insert(exported.name).second) {
      return BinaryError(BinaryFault::kInvalid, exported.offset,
                         absl::StrCat("export name `", exported.name, "` already defined"));
    }
    info_.exports.push_back(exported);
    return absl::OkStatus();
  }

  absl::Status Add(const CoreFuncRef& func, uint64_t offset) {
    DAVIT_RETURN_IF_ERROR(CheckFuncType(func.type, offset));
    info_.funcs.push_back(func);
    return absl::OkStatus();
  }

  absl::Status Add(const CoreTableType& table, uint64_t offset) {
    DAVIT_RETURN_IF_ERROR(CheckTableType(table, offset));
    info_.tables.push_back(table);
    return absl::OkStatus();
  }

  absl::Status Add(const CoreMemoryType& memory, uint64_t offset) {
    DAVIT_RETURN_IF_ERROR(CheckMemoryType(memory, offset));
    info_.uses_shared_memory |= memory.limits.shared;
    info_.memories.push_back(memory);
    return absl::OkStatus();
  }

  absl::Status Add(const CoreGlobalType& global, uint64_t) {
    spaces_.globals.push_back(global);
    return absl::OkStatus();
  }

  absl::Status Add(const CoreTagType& tag, uint64_t offset) {
    DAVIT_RETURN_IF_ERROR(CheckFuncType(tag.type, offset));
    info_.tags.push_back(tag);
    return absl::OkStatus();
  }

  CoreModuleInfo info_;
  IndexSpaces spaces_;
  absl::flat_hash_set<std::string_view> export_names_;
};

}  // namespace

absl::StatusOr<CoreModuleInfo> ReadCoreModule(std::span<const uint8_t> bytes,
                                              uint64_t base_offset) {
  return CoreModuleReader().Read(bytes, base_offset);
}

}  // namespace davit::wasm
