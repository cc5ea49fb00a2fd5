#ifndef DAVIT_RUNTIME_TYPES_STRING_ENCODING_H_
#define DAVIT_RUNTIME_TYPES_STRING_ENCODING_H_

#include <cstdint>

namespace davit::types {

// How strings are kept in a memory. Spec: CanonicalABI.md#canonical-options
enum class StringEncoding : uint8_t { kUtf8, kUtf16, kLatin1Utf16 };

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_STRING_ENCODING_H_
