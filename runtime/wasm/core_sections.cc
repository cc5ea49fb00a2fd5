#include "runtime/wasm/core_sections.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_types.h"

namespace davit::wasm {
namespace {

using base::BinaryError;
using base::BinaryFault;

constexpr uint8_t kLastSectionId = static_cast<uint8_t>(CoreSectionId::kTag);

absl::Status CheckPreamble(base::ByteReader& reader) {
  const uint64_t offset = reader.offset();
  DAVIT_ASSIGN_OR_RETURN(const std::span<const uint8_t> preamble,
                         reader.Bytes(std::size(kCorePreamble), "preamble of a core module"));
  if (std::ranges::equal(preamble, kCorePreamble)) return absl::OkStatus();
  return BinaryError(BinaryFault::kMalformed, offset, "this is no preamble of a core module");
}

absl::StatusOr<CoreSection> ReadSection(base::ByteReader& reader) {
  const uint64_t id_offset = reader.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t id, reader.Byte("core section id"));
  if (id > kLastSectionId) {
    return BinaryError(BinaryFault::kMalformed, id_offset,
                       absl::StrCat("invalid core section id ", static_cast<int>(id)));
  }
  DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("size of a core section"));
  CoreSection section{.id = static_cast<CoreSectionId>(id), .offset = reader.offset()};
  DAVIT_ASSIGN_OR_RETURN(section.contents, reader.Bytes(size, "core section"));
  return section;
}

// A custom section is a name and any bytes.
absl::Status CheckCustomSection(const CoreSection& section) {
  base::ByteReader contents(section.contents, section.offset);
  return contents.Name("name of a custom section", kMaxCoreNameBytes).status();
}

}  // namespace

int OrderOf(CoreSectionId id) {
  switch (id) {
    case CoreSectionId::kCustom:
      return 0;
    case CoreSectionId::kType:
      return 1;
    case CoreSectionId::kImport:
      return 2;
    case CoreSectionId::kFunction:
      return 3;
    case CoreSectionId::kTable:
      return 4;
    case CoreSectionId::kMemory:
      return 5;
    case CoreSectionId::kTag:
      return 6;
    case CoreSectionId::kGlobal:
      return 7;
    case CoreSectionId::kExport:
      return 8;
    case CoreSectionId::kStart:
      return 9;
    case CoreSectionId::kElement:
      return 10;
    case CoreSectionId::kDataCount:
      return 11;
    case CoreSectionId::kCode:
      return 12;
    case CoreSectionId::kData:
      return 13;
  }
  return 0;
}

absl::StatusOr<std::vector<CoreSection>> ReadCoreSections(std::span<const uint8_t> bytes,
                                                          uint64_t base_offset) {
  base::ByteReader reader(bytes, base_offset);
  DAVIT_RETURN_IF_ERROR(CheckPreamble(reader));
  std::vector<CoreSection> sections;
  int last_order = 0;
  while (!reader.done()) {
    const uint64_t offset = reader.offset();
    DAVIT_ASSIGN_OR_RETURN(const CoreSection section, ReadSection(reader));
    if (section.id == CoreSectionId::kCustom) {
      DAVIT_RETURN_IF_ERROR(CheckCustomSection(section));
    } else if (OrderOf(section.id) <= last_order) {
      return BinaryError(BinaryFault::kMalformed, offset, "core section out of order");
    } else {
      last_order = OrderOf(section.id);
    }
    sections.push_back(section);
  }
  return sections;
}

absl::StatusOr<uint32_t> CountCoreFunctions(std::span<const uint8_t> bytes) {
  DAVIT_ASSIGN_OR_RETURN(const std::vector<CoreSection> sections, ReadCoreSections(bytes, 0));
  const auto section = std::ranges::find(sections, CoreSectionId::kFunction, &CoreSection::id);
  if (section == sections.end()) return 0;
  base::ByteReader contents(section->contents, section->offset);
  return contents.Count("core functions", base::kMaxExternsAndFunctions);
}

}  // namespace davit::wasm
