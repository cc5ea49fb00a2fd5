// A module that can be read can still be read once rewritten, imports what it defined, and exports
// what it exported.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "runtime/wasm/core_module.h"
#include "runtime/wasm/core_sections.h"
#include "runtime/wasm/core_types.h"
#include "runtime/wasm/rewrite.h"

namespace davit::wasm {
namespace {

constexpr uint64_t kMaxImageBytes = 1 << 16;

void Expect(bool condition) {
  if (!condition) std::abort();
}

void CheckImages(const RewrittenModule& rewritten) {
  uint64_t total = 0;
  for (const RewrittenMemory& memory : rewritten.memories) {
    total += memory.image.size();
    Expect((memory.image_address + memory.image.size()) / PageBytes(memory.type) <=
           memory.type.limits.min);
  }
  Expect(total <= kMaxImageBytes);
}

void CheckAgainst(const CoreModuleInfo& before, const RewrittenModule& rewritten) {
  const auto after = ReadCoreModule(
      {reinterpret_cast<const uint8_t*>(rewritten.bytes.data()), rewritten.bytes.size()}, 0);
  Expect(after.ok());
  Expect(after->defined_memories == 0);
  Expect(rewritten.memories.size() == before.defined_memories);
  Expect(after->imports.size() == before.imports.size() + rewritten.memories.size());
  Expect(after->exports.size() == before.exports.size());
}

// Offsets of code keep their order and are those of the module as it was.
void CheckMap(std::span<const uint8_t> bytes, const RewrittenModule& rewritten) {
  const std::span<const uint8_t> after(reinterpret_cast<const uint8_t*>(rewritten.bytes.data()),
                                       rewritten.bytes.size());
  const auto sections = ReadCoreSections(after, 0);
  Expect(sections.ok());
  for (const CoreSection& section : *sections) {
    if (section.id != CoreSectionId::kCode) continue;
    uint64_t last = 0;
    for (size_t i = 0; i < section.contents.size(); ++i) {
      const uint64_t original = rewritten.code.OriginalOf(section.offset + i);
      Expect(original >= last && original < bytes.size() + rewritten.bytes.size());
      last = original;
    }
  }
}

}  // namespace
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  const auto before = ReadCoreModule(bytes, 0);
  if (!before.ok()) return 0;
  const auto rewritten = RewriteCoreModule(
      bytes, *before, {.image_bytes = kMaxImageBytes, .table_elements = 1'000'000});
  if (!rewritten.ok()) return 0;
  CheckImages(*rewritten);
  CheckAgainst(*before, *rewritten);
  CheckMap(bytes, *rewritten);
  return 0;
}

}  // namespace davit::wasm
