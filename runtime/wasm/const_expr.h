#ifndef DAVIT_RUNTIME_WASM_CONST_EXPR_H_
#define DAVIT_RUNTIME_WASM_CONST_EXPR_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"

namespace davit::wasm {

// A constant expression. `value` is what it evaluates to when it consists of integer constants and
// their sums, differences and products alone; an i32 is zero-extended.
struct ConstExpr {
  std::optional<uint64_t> value;
};

// Reads the constant expression at `reader`, its `end` included. Types are not checked.
// Errors: BinaryError(kMalformed) where the bytes are no instructions, kInvalid for an instruction
// that is not constant. Spec: WebAssembly core, Validation, Constant Expressions.
absl::StatusOr<ConstExpr> ReadConstExpr(base::ByteReader& reader);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CONST_EXPR_H_
