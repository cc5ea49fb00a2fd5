#ifndef DAVIT_RUNTIME_WASM_CORE_GROUPS_H_
#define DAVIT_RUNTIME_WASM_CORE_GROUPS_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"

// The rec groups of a core module as an engine canonicalises them: which of them are the same, in
// this module and in any other.
namespace davit::wasm {

using CoreGroupName = std::array<uint8_t, 16>;
// Names a group by its CoreGroupKey. Distinct keys must have distinct names.
using NameCoreGroup = absl::FunctionRef<CoreGroupName(std::string_view key)>;

struct CoreGroup {
  CoreGroupName name;
  uint64_t types = 0;
  uint64_t values = 0;  // params, results and fields of all of them
};

// The rec groups of the type section of a core module in their order, those without a member left
// out. Nothing else of the module is looked at but that it consists of sections in their order.
// `admit` is asked about each group before the next one is read, and ends the reading by an error.
// Errors: of `admit`; as ReadCoreSections and CoreTypeReader, with offsets.
absl::StatusOr<std::vector<CoreGroup>> ReadCoreGroups(
    std::span<const uint8_t> module, NameCoreGroup name,
    absl::FunctionRef<absl::Status(const CoreGroup&)> admit);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_GROUPS_H_
