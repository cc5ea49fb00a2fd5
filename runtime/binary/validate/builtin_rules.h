#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_BUILTIN_RULES_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_BUILTIN_RULES_H_

#include "absl/status/statusor.h"
#include "runtime/binary/canon_def.h"
#include "runtime/binary/validate/scope.h"
#include "runtime/wasm/core_type.h"

namespace davit::binary {

// Validates the definition of a built-in; the type of the core function that it makes. Private to
// the validator.
//
// Errors: a violation; FeatureError for what a feature that is off would allow.
// Spec: CanonicalABI.md#canonical-definitions
absl::StatusOr<wasm::CoreFuncType> BuiltinType(Scope& scope, const CanonBuiltin& builtin);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_BUILTIN_RULES_H_
