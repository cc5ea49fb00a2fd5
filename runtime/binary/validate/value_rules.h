#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_VALUE_RULES_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_VALUE_RULES_H_

#include "absl/status/status.h"
#include "runtime/base/byte_reader.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/validate/scope.h"

// Value and start definitions, and the rule that every value is consumed exactly once. Private to
// the validator.
// Errors: BinaryError, or a violation where the caller knows the place; LimitError.
// Spec: Binary.md#-value-definitions, #-start-definitions
namespace davit::binary {

absl::Status DefineValue(Scope& scope, const ValueDef& def);
absl::Status DefineStart(Scope& scope, const Start& start);

// A violation when a value of the component has not been consumed.
absl::Status CheckValuesConsumed(const Scope& scope);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_VALUE_RULES_H_
