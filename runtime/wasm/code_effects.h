#ifndef DAVIT_RUNTIME_WASM_CODE_EFFECTS_H_
#define DAVIT_RUNTIME_WASM_CODE_EFFECTS_H_

#include "runtime/base/byte_reader.h"

namespace davit::wasm {

// Whether the functions of a code section can change no state of an instance but memories and
// globals: no element of a table, no segment (dropped), no object of the GC proposal, nothing that
// other threads share. False also for instructions that are not known here, and where the section
// is not structurally sound. Spec: WebAssembly core, Binary Format, Instructions
bool ChangesOnlyMemoriesAndGlobals(base::ByteReader code_section);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CODE_EFFECTS_H_
