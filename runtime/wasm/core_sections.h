#ifndef DAVIT_RUNTIME_WASM_CORE_SECTIONS_H_
#define DAVIT_RUNTIME_WASM_CORE_SECTIONS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"

namespace davit::wasm {

enum class CoreSectionId : uint8_t {
  kCustom = 0,
  kType = 1,
  kImport = 2,
  kFunction = 3,
  kTable = 4,
  kMemory = 5,
  kGlobal = 6,
  kExport = 7,
  kStart = 8,
  kElement = 9,
  kCode = 10,
  kData = 11,
  kDataCount = 12,
  kTag = 13,
};

// Where a section stands in the order of a module; 0 for custom sections, which stand anywhere.
int OrderOf(CoreSectionId id);

struct CoreSection {
  CoreSectionId id = CoreSectionId::kCustom;
  std::span<const uint8_t> contents;
  uint64_t offset = 0;  // absolute, of the contents
};

// The 8 bytes that a core module starts with.
inline constexpr uint8_t kCorePreamble[] = {0x00, 'a', 's', 'm', 0x01, 0x00, 0x00, 0x00};

// Splits a core module into its sections, in file order; contents are not looked at. Time is
// linear in the number of sections.
// Errors: BinaryError(kMalformed) for a wrong preamble, an unknown, repeated or misplaced section,
// or one that ends past the module. Spec: WebAssembly core, Binary Format, Modules.
absl::StatusOr<std::vector<CoreSection>> ReadCoreSections(std::span<const uint8_t> bytes,
                                                          uint64_t base_offset);

// How many functions a core module defines, as its function section says.
// Errors: as ReadCoreSections; BinaryError(kMalformed) when the section has fewer.
absl::StatusOr<uint32_t> CountCoreFunctions(std::span<const uint8_t> bytes);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_SECTIONS_H_
