#ifndef DAVIT_RUNTIME_WASM_CODE_REWRITE_H_
#define DAVIT_RUNTIME_WASM_CODE_REWRITE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "runtime/wasm/bulk_functions.h"
#include "runtime/wasm/code_map.h"
#include "runtime/wasm/core_encoder.h"
#include "runtime/wasm/core_module.h"
#include "runtime/wasm/core_sections.h"

namespace davit::wasm {

// A code section whose functions can be ended wherever they are.
struct RewrittenCode {
  CoreEncoder contents;     // of the section
  BulkFunctions functions;  // that it calls; their bodies are in it, at the end
  // From offsets in `contents` to offsets in the section as it was given, which has the absolute
  // ones: CoreSection::offset.
  CodeMap map;
};

// Puts looks (binary/interruption_points.h) where the bodies need them, and calls of BulkFunctions
// in place of bulk instructions. What the code does is the same, traps included.
// `info` is of the module that the section is of, and must outlive what is returned.
// REQUIRES: the module is valid. Errors: BinaryError(kMalformed) where a body cannot be read;
// LimitError "core_functions" when the functions come to be too many.
absl::StatusOr<RewrittenCode> RewriteCode(const CoreSection& code, const CoreModuleInfo& info);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CODE_REWRITE_H_
