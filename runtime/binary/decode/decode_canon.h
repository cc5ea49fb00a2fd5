#ifndef DAVIT_RUNTIME_BINARY_DECODE_DECODE_CANON_H_
#define DAVIT_RUNTIME_BINARY_DECODE_DECODE_CANON_H_

#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"
#include "runtime/binary/canon_def.h"
#include "runtime/binary/decode/decode_common.h"

namespace davit::binary {

// canon. Private to the decoder; errors are those of Decode().
// Spec: Binary.md#canonical-definitions
absl::StatusOr<Canon> ReadCanon(base::ByteReader& reader, const DecodeContext& context);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_DECODE_DECODE_CANON_H_
