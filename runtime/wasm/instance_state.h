#ifndef DAVIT_RUNTIME_WASM_INSTANCE_STATE_H_
#define DAVIT_RUNTIME_WASM_INSTANCE_STATE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/wasm/core_sections.h"

namespace davit::wasm {

// Each global of an instance's state costs something at every instantiation; compilers make a
// handful.
inline constexpr size_t kMaxStateGlobals = 64;

// The mutable globals that a module defines (indices, ascending), where they and the contents of
// memories are all that an instance's code can change. Unset where it can change more: tables,
// segments, objects of the GC proposal; where a start function has run, whose effects nobody knows;
// where such a global is no number, where they are more than kMaxStateGlobals, and where an export
// has a name that the rewriter gives (kGlobalExportPrefix) or there is no room for more of them.
// `imported_globals`: how many come before those that are defined. What a memory holds at first is
// not looked at. REQUIRES: the module is valid. Errors: BinaryError where a section is not
// structurally sound.
absl::StatusOr<std::optional<std::vector<uint32_t>>> GlobalsThatAreAllState(
    const std::vector<CoreSection>& sections, uint32_t imported_globals);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_INSTANCE_STATE_H_
