// Whatever the bytes: the readers of core modules end, and their indices are in bounds.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <variant>

#include "runtime/wasm/core_module.h"
#include "runtime/wasm/core_names.h"
#include "runtime/wasm/function_cost.h"

namespace davit::wasm {
namespace {

void Expect(bool condition) {
  if (!condition) std::abort();
}

void CheckTypeIndex(const CoreModuleInfo& info, const CoreExternDesc& desc) {
  if (const auto* func = std::get_if<CoreFuncRef>(&desc)) {
    Expect(std::holds_alternative<CoreFuncType>(info.types.at(func->type).composite));
  }
}

void Check(const CoreModuleInfo& info) {
  Expect(info.rec_group_of.size() == info.types.size());
  for (size_t i = 0; i < info.types.size(); ++i) Expect(info.rec_group_of[i] <= i);
  for (const CoreImport& import : info.imports) CheckTypeIndex(info, import.desc);
  for (const CoreExport& exported : info.exports) CheckTypeIndex(info, exported.desc);
}

}  // namespace
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> bytes(data, size);
  if (const auto info = ReadCoreModule(bytes, 0); info.ok()) {
    Check(*info);
    (void)CheckFunctionCosts(bytes, *info, {.bytes = size, .values = 1'000'000'000, .gc = true});
  }
  const CoreNames names = CoreNames::Read(bytes);
  for (uint32_t i = 0; i < 16; ++i) Expect(names.function(i).size() <= size);
  return 0;
}

}  // namespace davit::wasm
