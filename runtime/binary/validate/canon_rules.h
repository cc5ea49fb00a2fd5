#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_CANON_RULES_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_CANON_RULES_H_

#include "absl/status/status.h"
#include "runtime/binary/canon_def.h"
#include "runtime/binary/validate/scope.h"

namespace davit::binary {

// Validates a canonical definition and appends what it makes: a func for lift, else a core func.
//
// Errors: a violation; FeatureError for what a feature that is off would allow; LimitError.
// Spec: CanonicalABI.md#canonical-definitions
absl::Status DefineCanon(Scope& scope, const Canon& canon);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_CANON_RULES_H_
