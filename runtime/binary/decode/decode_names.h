#ifndef DAVIT_RUNTIME_BINARY_DECODE_DECODE_NAMES_H_
#define DAVIT_RUNTIME_BINARY_DECODE_DECODE_NAMES_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "runtime/binary/ast.h"

namespace davit::binary {

inline constexpr std::string_view kNameSection = "component-name";

// Reads the contents of a component-name section, after its name. What is malformed ends the
// reading and is left out: such a section never makes a component malformed. Views point into
// `contents`. Spec: Binary.md#name-section
NameSection ReadComponentNames(std::span<const uint8_t> contents);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_DECODE_DECODE_NAMES_H_
