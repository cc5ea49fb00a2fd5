#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_INSTANCE_RULES_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_INSTANCE_RULES_H_

#include "absl/status/status.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/validate/scope.h"

// Core modules, core instances and instances. Private to the validator.
// Errors: BinaryError(kInvalid), or a violation where the caller knows the place; LimitError.
// Spec: Binary.md#instance-definitions, Explainer.md#instance-definitions
namespace davit::binary {

absl::Status DefineCoreModule(Scope& scope, const CoreModule& module);
absl::Status DefineCoreInstance(Scope& scope, const CoreInstance& instance);
absl::Status DefineInstance(Scope& scope, const Instance& instance);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_INSTANCE_RULES_H_
