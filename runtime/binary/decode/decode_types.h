#ifndef DAVIT_RUNTIME_BINARY_DECODE_DECODE_TYPES_H_
#define DAVIT_RUNTIME_BINARY_DECODE_DECODE_TYPES_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/decode/decode_common.h"

// Types of functions, resources, components and instances. Private to the decoder. Errors are those
// of Decode(). Spec: Binary.md#type-definitions
namespace davit::binary {

// resultlist; nullopt for none.
absl::StatusOr<std::optional<ValType>> ReadResultList(base::ByteReader& reader,
                                                      const DecodeContext& context);

// externtype.
absl::StatusOr<ExternDesc> ReadExternDesc(base::ByteReader& reader, const DecodeContext& context);

// type.
absl::StatusOr<TypeDef> ReadTypeDef(base::ByteReader& reader, const DecodeContext& context);

// core:valtype where only i32 and, with memory64, i64 are valid: whether it is i64. `what` has it.
absl::StatusOr<bool> ReadIs64(base::ByteReader& reader, const DecodeContext& context,
                              std::string_view what);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_DECODE_DECODE_TYPES_H_
