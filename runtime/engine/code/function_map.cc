#include "runtime/engine/code/function_map.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"
#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_module.h"
#include "runtime/wasm/core_sections.h"

namespace davit::engine {
namespace {

using base::ByteReader;
using wasm::CoreSection;
using wasm::CoreSectionId;

// Names come from the guest; a trap report is no place for a long one.
constexpr size_t kMaxNameBytes = 256;
constexpr uint32_t kAnyCount = std::numeric_limits<uint32_t>::max();

uint32_t CountImportedFunctions(std::span<const uint8_t> module) {
  const auto info = wasm::ReadCoreModule(module, /*base_offset=*/0);
  if (!info.ok()) return 0;
  return static_cast<uint32_t>(std::ranges::count_if(info->imports, [](const auto& import) {
    return std::holds_alternative<wasm::CoreFuncRef>(import.desc);
  }));
}

absl::StatusOr<std::vector<uint32_t>> ReadBodyOffsets(const CoreSection& section) {
  ByteReader reader(section.contents, section.offset);
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.Count("function count", kAnyCount));
  std::vector<uint32_t> bodies;
  bodies.reserve(count);
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t size, reader.U32("function size"));
    bodies.push_back(static_cast<uint32_t>(reader.offset()));
    DAVIT_RETURN_IF_ERROR(reader.Bytes(size, "function body").status());
  }
  return bodies;
}

// Cut at a character.
std::string Shortened(std::string_view name) {
  if (name.size() <= kMaxNameBytes) return std::string(name);
  size_t end = kMaxNameBytes;
  while (end > 0 && (static_cast<uint8_t>(name[end]) & 0xc0) == 0x80) --end;
  return std::string(name.substr(0, end));
}

}  // namespace

FunctionMap FunctionMap::Read(std::span<const uint8_t> module) {
  FunctionMap map(wasm::CoreNames::Read(module));
  map.imported_ = CountImportedFunctions(module);
  const auto sections = wasm::ReadCoreSections(module, /*base_offset=*/0);
  if (!sections.ok()) return map;
  for (const CoreSection& section : *sections) {
    if (section.id != CoreSectionId::kCode) continue;
    map.bodies_ = ReadBodyOffsets(section).value_or(std::vector<uint32_t>());
  }
  return map;
}

base::TrapFrame FunctionMap::Frame(uint64_t offset) const {
  base::TrapFrame frame;
  frame.module = Shortened(names_.module());
  frame.offset = offset;
  const auto after = std::upper_bound(bodies_.begin(), bodies_.end(), offset);
  if (after == bodies_.begin()) return frame;
  frame.function_index = imported_ + static_cast<uint32_t>(after - bodies_.begin()) - 1;
  frame.function = Shortened(names_.function(frame.function_index));
  return frame;
}

}  // namespace davit::engine
