#include "runtime/wasm/rewrite.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/code_rewrite.h"
#include "runtime/wasm/const_expr.h"
#include "runtime/wasm/core_encoder.h"
#include "runtime/wasm/core_sections.h"
#include "runtime/wasm/core_types.h"
#include "runtime/wasm/instance_state.h"
#include "runtime/wasm/table_limits.h"

namespace davit::wasm {
namespace {

using base::BinaryError;
using base::BinaryFault;
using base::ByteReader;

constexpr uint8_t kMemoryKind = 0x02;
constexpr uint8_t kGlobalKind = 0x03;
constexpr uint8_t kPassiveSegment = 0x01;

// The bytes that `read` consumes of `reader`.
template <typename Read>
absl::StatusOr<std::span<const uint8_t>> BytesOf(ByteReader& reader, Read read) {
  const std::span<const uint8_t> start = reader.rest();
  DAVIT_RETURN_IF_ERROR(read());
  return start.first(start.size() - reader.remaining());
}

struct ImportSection {
  uint32_t count = 0;
  uint32_t memories = 0;
  uint32_t globals = 0;
  std::span<const uint8_t> entries;
};

enum class ReservedNames : uint8_t { kAllowed, kRefused };

absl::StatusOr<ImportSection> ReadImports(const CoreSection& section, ReservedNames reserved) {
  ByteReader reader(section.contents, section.offset);
  ImportSection imports;
  DAVIT_ASSIGN_OR_RETURN(imports.count,
                         reader.Count("core imports", base::kMaxExternsAndFunctions));
  imports.entries = reader.rest();
  for (uint32_t i = 0; i < imports.count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const CoreImport import, CoreTypeReader(reader).Import());
    if (reserved == ReservedNames::kRefused && import.module == kMemoryImportModule) {
      return BinaryError(
          BinaryFault::kInvalid, import.offset,
          absl::StrCat("the import module name `", kMemoryImportModule, "` is reserved"));
    }
    imports.memories += std::holds_alternative<CoreMemoryType>(import.desc) ? 1 : 0;
    imports.globals += std::holds_alternative<CoreGlobalType>(import.desc) ? 1 : 0;
  }
  DAVIT_RETURN_IF_ERROR(reader.ExpectDone("core import section"));
  return imports;
}

struct DefinedMemory {
  CoreMemoryType type;
  std::span<const uint8_t> encoded;  // its type, as the module has it
};

absl::StatusOr<DefinedMemory> ReadMemory(ByteReader& reader) {
  const uint64_t offset = reader.offset();
  DefinedMemory memory;
  DAVIT_ASSIGN_OR_RETURN(memory.encoded, BytesOf(reader, [&]() -> absl::Status {
                           DAVIT_ASSIGN_OR_RETURN(memory.type, CoreTypeReader(reader).MemoryType());
                           return absl::OkStatus();
                         }));
  DAVIT_RETURN_IF_ERROR(CheckMemoryType(memory.type, offset));
  if (memory.type.limits.shared) {
    return base::FeatureError("threads", "a core module defines a shared memory");
  }
  return memory;
}

absl::StatusOr<std::vector<DefinedMemory>> ReadMemories(const CoreSection& section) {
  ByteReader reader(section.contents, section.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count("core memories", kMaxCoreMemories));
  std::vector<DefinedMemory> memories;
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(memories.emplace_back(), ReadMemory(reader));
  }
  DAVIT_RETURN_IF_ERROR(reader.ExpectDone("core memory section"));
  return memories;
}

struct DataSegment {
  bool is_active = false;
  uint32_t memory = 0;              // active only
  std::optional<uint64_t> address;  // active with a constant offset only
  std::span<const uint8_t> data;
  std::span<const uint8_t> encoded;  // the whole segment
};

absl::Status ReadSegmentInto(ByteReader& reader, DataSegment& segment) {
  const uint64_t offset = reader.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint32_t flags, reader.U32("data segment"));
  if (flags > 2)
    return BinaryError(BinaryFault::kMalformed, offset, "invalid kind of a data segment");
  segment.is_active = flags != kPassiveSegment;
  if (flags == 2) {
    DAVIT_ASSIGN_OR_RETURN(segment.memory, reader.U32("memory of a data segment"));
  }
  if (segment.is_active) {
    DAVIT_ASSIGN_OR_RETURN(const ConstExpr address, ReadConstExpr(reader));
    segment.address = address.value;
  }
  DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("size of a data segment"));
  DAVIT_ASSIGN_OR_RETURN(segment.data, reader.Bytes(size, "data segment"));
  return absl::OkStatus();
}

absl::StatusOr<DataSegment> ReadSegment(ByteReader& reader) {
  DataSegment segment;
  DAVIT_ASSIGN_OR_RETURN(segment.encoded,
                         BytesOf(reader, [&] { return ReadSegmentInto(reader, segment); }));
  return segment;
}

uint64_t SaturatingMultiply(uint64_t a, uint64_t b) {
  uint64_t product = 0;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<uint64_t>::max() : product;
}

// The images of the defined memories while data segments are moved into them.
class Images {
 public:
  Images(const std::vector<DefinedMemory>& memories, uint32_t first_index, uint64_t max_bytes)
      : first_index_(first_index), budget_(max_bytes) {
    images_.reserve(memories.size());
    for (const DefinedMemory& memory : memories) {
      images_.push_back(
          {.memory_bytes = SaturatingMultiply(memory.type.limits.min, PageBytes(memory.type))});
    }
  }

  // Moves an active segment into its memory's image; false when it has to stay.
  bool Take(const DataSegment& segment) {
    if (segment.memory < first_index_ || segment.memory - first_index_ >= images_.size()) {
      return false;
    }
    Image& image = images_[segment.memory - first_index_];
    // Segments are written in order, so none may overtake one that stays.
    image.closed = image.closed || !Fits(segment, image);
    if (!image.closed) Add(segment, image);
    return !image.closed;
  }

  RewrittenMemory Build(size_t i, const CoreMemoryType& type) const {
    const Image& image = images_[i];
    RewrittenMemory memory{.type = type, .image_address = image.begin};
    memory.image.resize(image.end - image.begin);
    for (const DataSegment& segment : image.segments) {
      std::ranges::copy(segment.data, memory.image.begin() +
                                          static_cast<ptrdiff_t>(*segment.address - image.begin));
    }
    return memory;
  }

 private:
  struct Image {
    uint64_t memory_bytes = 0;
    bool closed = false;
    uint64_t begin = 0, end = 0;  // what the segments touch
    std::vector<DataSegment> segments;
  };

  bool Fits(const DataSegment& segment, const Image& image) const {
    if (!segment.address.has_value() || *segment.address > image.memory_bytes) return false;
    if (segment.data.size() > image.memory_bytes - *segment.address) return false;
    return Growth(segment, image) <= budget_;
  }

  static uint64_t EndOf(const DataSegment& segment) {
    return *segment.address + segment.data.size();
  }

  // Bytes by which the segment lengthens the image.
  static uint64_t Growth(const DataSegment& segment, const Image& image) {
    if (segment.data.empty()) return 0;
    if (image.segments.empty()) return segment.data.size();
    const uint64_t before = image.begin - std::min(image.begin, *segment.address);
    const uint64_t after = std::max(image.end, EndOf(segment)) - image.end;
    return before + after;
  }

  void Add(const DataSegment& segment, Image& image) {
    if (segment.data.empty()) return;
    budget_ -= Growth(segment, image);
    const bool is_first = image.segments.empty();
    image.begin = is_first ? *segment.address : std::min(image.begin, *segment.address);
    image.end = std::max(image.end, EndOf(segment));
    image.segments.push_back(segment);
  }

  const uint32_t first_index_;
  uint64_t budget_;  // bytes that all images may still grow by
  std::vector<Image> images_;
};

// The active segments that stay.
struct StayingData {
  bool any = false;
  uint64_t bytes = 0;
};

absl::StatusOr<CoreEncoder> RewriteData(const CoreSection& section, Images& images,
                                        StayingData& staying) {
  ByteReader reader(section.contents, section.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count("data segments", kMaxCoreSegments));
  CoreEncoder rewritten;
  rewritten.U32(count);
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const DataSegment segment, ReadSegment(reader));
    if (segment.is_active && images.Take(segment)) {
      rewritten.U32(kPassiveSegment).U32(0);
    } else {
      rewritten.Bytes(segment.encoded);
      if (!segment.is_active) continue;
      staying.any = true;
      staying.bytes += segment.data.size();
    }
  }
  DAVIT_RETURN_IF_ERROR(reader.ExpectDone("core data section"));
  return rewritten;
}

CoreEncoder RewriteImports(const ImportSection& imports,
                           const std::vector<DefinedMemory>& memories) {
  CoreEncoder rewritten;
  rewritten.U32(imports.count + static_cast<uint32_t>(memories.size())).Bytes(imports.entries);
  for (size_t i = 0; i < memories.size(); ++i) {
    rewritten.Name(kMemoryImportModule).Name(absl::StrCat(i));
    rewritten.Byte(kMemoryKind).Bytes(memories[i].encoded);
  }
  return rewritten;
}

const CoreSection* FindSection(const std::vector<CoreSection>& sections, CoreSectionId id) {
  const auto it = std::ranges::find(sections, id, &CoreSection::id);
  return it == sections.end() ? nullptr : &*it;
}

// Writes the module section by section; what is not rewritten is copied.
class ModuleRewriter {
 public:
  ModuleRewriter(const ImportSection& imports, const std::vector<DefinedMemory>& memories,
                 const std::optional<std::vector<uint32_t>>& globals,
                 const std::optional<RewrittenCode>& code, const RewriteLimits& limits)
      : imports_(imports),
        memories_(memories),
        globals_(globals),
        code_(code),
        limits_(limits),
        images_(memories, imports.memories, limits.image_bytes) {}

  absl::StatusOr<RewrittenModule> Rewrite(const std::vector<CoreSection>& sections) {
    out_.Preamble();
    for (const CoreSection& section : sections) DAVIT_RETURN_IF_ERROR(WriteSection(section));
    if (!wrote_exports_) DAVIT_RETURN_IF_ERROR(WriteExports({}));
    RewrittenModule result{.bytes = out_.Take(),
                           .table_elements = table_elements_,
                           .active_data_bytes = staying_data_.bytes,
                           .code = std::move(code_map_)};
    if (globals_ && !staying_data_.any) {
      result.globals.emplace();
      for (const uint32_t global : *globals_) result.globals->push_back(ExportName(global));
    }
    for (size_t i = 0; i < memories_.size(); ++i) {
      result.memories.push_back(images_.Build(i, memories_[i].type));
    }
    return result;
  }

 private:
  absl::Status WriteSection(const CoreSection& section) {
    // A module without imports gets its import section before what follows types.
    if (!wrote_imports_ && OrderOf(section.id) >= OrderOf(CoreSectionId::kImport)) {
      if (imports_.count > 0 || !memories_.empty()) {
        out_.Section(CoreSectionId::kImport, RewriteImports(imports_, memories_));
      }
      wrote_imports_ = true;
    }
    if (!wrote_exports_ && OrderOf(section.id) >= OrderOf(CoreSectionId::kExport)) {
      DAVIT_RETURN_IF_ERROR(WriteExports(section));
    }
    switch (section.id) {
      case CoreSectionId::kImport:
      case CoreSectionId::kMemory:
      case CoreSectionId::kExport:
        return absl::OkStatus();
      case CoreSectionId::kType:
        return code_ ? WriteLonger(section, code_->functions.type_count(), code_->functions.types())
                     : Copy(section);
      case CoreSectionId::kFunction:
        return code_ ? WriteLonger(section, code_->functions.count(),
                                   code_->functions.function_types())
                     : Copy(section);
      case CoreSectionId::kCode:
        WriteCode(section);
        return absl::OkStatus();
      case CoreSectionId::kTable: {
        DAVIT_ASSIGN_OR_RETURN(const LimitedTables tables,
                               LimitTables(section, {.elements = limits_.table_elements,
                                                     .growth = limits_.table_growth}));
        out_.Section(section.id, tables.section);
        table_elements_ = tables.elements;
        return absl::OkStatus();
      }
      case CoreSectionId::kData: {
        DAVIT_ASSIGN_OR_RETURN(const CoreEncoder data,
                               RewriteData(section, images_, staying_data_));
        out_.Section(section.id, data);
        return absl::OkStatus();
      }
      default:
        return Copy(section);
    }
  }

  absl::Status Copy(const CoreSection& section) {
    out_.Byte(static_cast<uint8_t>(section.id));
    out_.U32(static_cast<uint32_t>(section.contents.size())).Bytes(section.contents);
    return absl::OkStatus();
  }

  // The section, a vector, with `count` more entries behind those that it has.
  absl::Status WriteLonger(const CoreSection& section, uint32_t count, const CoreEncoder& entries) {
    ByteReader reader(section.contents, section.offset);
    DAVIT_ASSIGN_OR_RETURN(const uint32_t before, reader.U32("entries of a core section"));
    CoreEncoder longer;
    longer.U32(before + count).Bytes(reader.rest()).Append(entries);
    out_.Section(section.id, longer);
    return absl::OkStatus();
  }

  void WriteCode(const CoreSection& section) {
    const CoreEncoder& contents = code_->contents;
    out_.Section(section.id, contents);
    code_map_ = code_->map;
    code_map_.SetBegin(out_.view().size() - contents.view().size(), section.offset);
  }

  static std::string ExportName(uint32_t global) {
    return absl::StrCat(kGlobalExportPrefix, global);
  }

  // The module's exports, which `section` holds if it is that section, and those of its globals.
  absl::Status WriteExports(const CoreSection& section) {
    wrote_exports_ = true;
    ByteReader reader(section.contents, section.offset);
    uint32_t count = 0;
    const bool has_exports = section.id == CoreSectionId::kExport;
    if (has_exports) {
      DAVIT_ASSIGN_OR_RETURN(count, reader.Count("core exports", base::kMaxExternsAndFunctions));
    }
    const auto added = static_cast<uint32_t>(globals_ ? globals_->size() : 0);
    if (count + added == 0) return absl::OkStatus();
    CoreEncoder exports;
    exports.U32(count + added);
    if (has_exports) exports.Bytes(reader.rest());
    for (uint32_t i = 0; i < added; ++i) {
      exports.Name(ExportName((*globals_)[i])).Byte(kGlobalKind).U32((*globals_)[i]);
    }
    out_.Section(CoreSectionId::kExport, exports);
    return absl::OkStatus();
  }

  const ImportSection& imports_;
  const std::vector<DefinedMemory>& memories_;
  const std::optional<std::vector<uint32_t>>& globals_;
  const std::optional<RewrittenCode>& code_;  // of the code section, if there is one
  CodeMap code_map_;
  const RewriteLimits& limits_;
  Images images_;
  uint64_t table_elements_ = 0;
  StayingData staying_data_;
  CoreEncoder out_;
  bool wrote_imports_ = false;
  bool wrote_exports_ = false;
};

}  // namespace

absl::StatusOr<RewrittenModule> RewriteCoreModule(std::span<const uint8_t> bytes,
                                                  const CoreModuleInfo& info,
                                                  const RewriteLimits& limits) {
  DAVIT_ASSIGN_OR_RETURN(const std::vector<CoreSection> sections, ReadCoreSections(bytes, 0));
  std::vector<DefinedMemory> memories;
  if (const CoreSection* section = FindSection(sections, CoreSectionId::kMemory)) {
    DAVIT_ASSIGN_OR_RETURN(memories, ReadMemories(*section));
  }
  ImportSection imports;
  if (const CoreSection* section = FindSection(sections, CoreSectionId::kImport)) {
    DAVIT_ASSIGN_OR_RETURN(
        imports, ReadImports(*section,
                             memories.empty() ? ReservedNames::kAllowed : ReservedNames::kRefused));
  }
  DAVIT_ASSIGN_OR_RETURN(const std::optional<std::vector<uint32_t>> globals,
                         GlobalsThatAreAllState(sections, imports.globals));
  std::optional<RewrittenCode> code;
  if (const CoreSection* section = FindSection(sections, CoreSectionId::kCode)) {
    DAVIT_ASSIGN_OR_RETURN(code, RewriteCode(*section, info));
  }
  return ModuleRewriter(imports, memories, globals, code, limits).Rewrite(sections);
}

}  // namespace davit::wasm
