#ifndef DAVIT_RUNTIME_BINARY_DECODE_DECODE_H_
#define DAVIT_RUNTIME_BINARY_DECODE_DECODE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/features.h"

namespace davit::binary {

// Decodes a component binary into its syntax tree; nothing is validated beyond the grammar, the
// counts of base/limits.h, the feature switches and the section structure of core modules. `bytes`
// is kept by the result.
//
// Errors: BinaryError(kMalformed) with the absolute offset, which says so when the bytes are a core
// module; BinaryError(kInvalid) for the few breaches that the tree cannot hold (a repeated option
// or attribute, a resource or context slot of another core type than i32 or i64); FeatureError when
// a gated construct is met whose switch is off.
// Time and memory are linear in the length of `bytes`.
// Spec: Binary.md
absl::StatusOr<std::shared_ptr<const Component>> Decode(std::shared_ptr<const std::string> bytes,
                                                        const Features& features);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_DECODE_DECODE_H_
