#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_ALIAS_RULES_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_ALIAS_RULES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/validate/scope.h"

// Alias definitions and declarators. Private to the validator.
// Spec: Binary.md#alias-definitions
namespace davit::binary {

// Appends what `alias` refers to, to the index space of its sort.
// Errors: a violation; LimitError where types are too much work.
absl::Status DefineAlias(Scope& scope, const Alias& alias);

struct OuterScope {
  const Scope* scope = nullptr;
  bool crosses_component = false;  // the way there leaves a component, not only types
};
// The scope `count` levels outside of `scope`. Error: a violation when there are fewer.
absl::StatusOr<OuterScope> FindOuter(const Scope& scope, uint32_t count);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_ALIAS_RULES_H_
