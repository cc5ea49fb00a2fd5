// Whatever the bytes: decoding ends, reads inside them, and what it accepts has sane offsets.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <variant>

#include "runtime/binary/ast.h"
#include "runtime/binary/decode/decode.h"
#include "runtime/binary/decode/decode_test_util.h"

namespace davit::binary {
namespace {

void Expect(bool condition) {
  if (!condition) std::abort();
}

void CheckOffsets(const Component& component, uint64_t begin, uint64_t end) {
  for (const Definition& definition : component.definitions) {
    Expect(definition.offset >= begin && definition.offset <= end);
    if (const auto* module = std::get_if<CoreModule>(&definition.def)) {
      Expect(module->offset + module->bytes.size() <= end);
    } else if (const auto* nested =
                   std::get_if<std::shared_ptr<const Component>>(&definition.def)) {
      CheckOffsets(**nested, (*nested)->offset, end);
    }
  }
}

}  // namespace
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  const auto component = Decode(bytes, kAllFeatures);
  if (component.ok()) CheckOffsets(**component, 8, size);
  // A switch only ever refuses.
  if (Decode(bytes, Features()).ok()) Expect(component.ok());
  return 0;
}

}  // namespace davit::binary
