#ifndef DAVIT_RUNTIME_BINARY_DECODE_DECODE_CORE_H_
#define DAVIT_RUNTIME_BINARY_DECODE_DECODE_CORE_H_

#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/decode/decode_common.h"

// The core definitions of a component. Private to the decoder. Errors are those of Decode().
namespace davit::binary {

// core:type. Spec: Binary.md#type-definitions
absl::StatusOr<wasm::CoreTypeDef> ReadCoreTypeDef(base::ByteReader& reader,
                                                  const DecodeContext& context);

// core:instance. Spec: Binary.md#instance-definitions
absl::StatusOr<CoreInstance> ReadCoreInstance(base::ByteReader& reader);

// The bytes of a core module, which take up all of `reader`; only their section structure is
// checked.
absl::StatusOr<CoreModule> ReadCoreModuleBytes(base::ByteReader& reader);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_DECODE_DECODE_CORE_H_
