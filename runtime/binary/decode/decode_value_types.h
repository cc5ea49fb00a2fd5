#ifndef DAVIT_RUNTIME_BINARY_DECODE_DECODE_VALUE_TYPES_H_
#define DAVIT_RUNTIME_BINARY_DECODE_DECODE_VALUE_TYPES_H_

#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/decode/decode_common.h"

// Value types. Private to the decoder. Errors are those of Decode().
// Spec: Binary.md#type-definitions
namespace davit::binary {

// valtype.
absl::StatusOr<ValType> ReadValType(base::ByteReader& reader, const DecodeContext& context);

// defvaltype, whose first byte was read as `opcode`.
absl::StatusOr<DefValType> ReadDefValType(base::ByteReader& reader, const DecodeContext& context,
                                          const Opcode& opcode);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_DECODE_DECODE_VALUE_TYPES_H_
