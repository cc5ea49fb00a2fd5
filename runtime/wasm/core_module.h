#ifndef DAVIT_RUNTIME_WASM_CORE_MODULE_H_
#define DAVIT_RUNTIME_WASM_CORE_MODULE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/wasm/core_type.h"

namespace davit::wasm {

// What instantiation and linking must know of a core module and V8 does not tell: types, imports
// and exports with full types. Views point into the bytes given.
struct CoreModuleInfo {
  std::vector<CoreSubType> types;      // the module's type space, rec groups flattened
  std::vector<uint32_t> rec_group_of;  // first index of the rec group of each type
  std::vector<CoreImport> imports;
  std::vector<CoreExport> exports;       // desc resolved against the module's index spaces
  std::vector<CoreFuncRef> funcs;        // the module's function space, imports first
  std::vector<CoreTagType> tags;         // its tag space, likewise
  std::vector<CoreTableType> tables;     // its table space, likewise
  std::vector<CoreMemoryType> memories;  // its memory space, likewise
  uint32_t defined_memories = 0;
  uint64_t table_elements = 0;  // that the defined tables start with; of each at most 2^32 - 1
  // What instantiation works through in one go, beside imports and exports: the globals that the
  // module defines, the entries of all its element segments, and the bytes of the constant
  // expressions of globals, tables and element segments.
  uint32_t defined_globals = 0;
  uint64_t element_entries = 0;
  uint64_t const_expr_bytes = 0;
  bool uses_shared_memory = false;
};

// Reads the sections before the code section (type, import, function, table, memory, global, tag,
// export, element). Structure is checked; function bodies are the engine's to validate.
// Errors: BinaryError(kMalformed or kInvalid) with the absolute offset (base_offset added).
absl::StatusOr<CoreModuleInfo> ReadCoreModule(std::span<const uint8_t> bytes, uint64_t base_offset);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_MODULE_H_
