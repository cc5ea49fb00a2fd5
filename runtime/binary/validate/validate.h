#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATE_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATE_H_

#include <functional>
#include <span>

#include "absl/status/status.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/features.h"

namespace davit::binary {

// Validates the bytes of a core module (the engine's job); returns its error text on failure.
using CoreModuleValidator = std::function<absl::Status(std::span<const uint8_t>)>;

// Proves that a decoded component obeys every static rule: index bounds, types, subtyping of
// instantiation arguments and ascriptions, names, external visibility, canonical options and
// signatures, value sizes. After OK, linking may index the tree without checks. `core_validator`
// is called once per core module, nested ones included; null skips function-body validation.
//
// Errors: BinaryError(kInvalid) with the offset of the definition and the rule in words;
// LimitError when a budget of base/limits.h is exceeded; FeatureError for a gated feature.
// Time and memory are linear in the length of the binary (budgets bound the rest).
absl::Status Validate(const Component& component, const Features& features,
                      const CoreModuleValidator& core_validator);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_VALIDATE_H_
