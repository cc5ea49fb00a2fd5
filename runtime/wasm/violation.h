#ifndef DAVIT_RUNTIME_WASM_VIOLATION_H_
#define DAVIT_RUNTIME_WASM_VIOLATION_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace davit::wasm {

// A broken validation rule, in words: INVALID_ARGUMENT to which At() adds the place.
absl::Status Violation(std::string_view rule);

// `status`, where it is a violation, as a BinaryError(kInvalid) at `offset`; a long message is cut.
absl::Status At(uint64_t offset, absl::Status status);

// `status`, where it is a violation, with `where` before its words.
absl::Status Within(std::string_view where, absl::Status status);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_VIOLATION_H_
