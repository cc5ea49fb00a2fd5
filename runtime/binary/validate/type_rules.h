#ifndef DAVIT_RUNTIME_BINARY_VALIDATE_TYPE_RULES_H_
#define DAVIT_RUNTIME_BINARY_VALIDATE_TYPE_RULES_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/binary/ast.h"
#include "runtime/binary/validate/scope.h"

// Type definitions. Private to the validator.
// Errors: BinaryError(kInvalid), or a violation where the caller knows the place; LimitError.
// Spec: Binary.md#type-definitions
namespace davit::binary {

// Appends the type that `def` defines in `scope` to its type index space.
absl::Status DefineType(Scope& scope, const TypeDef& def);
// Appends a core type, or a module type.
absl::Status DefineCoreType(Scope& scope, const wasm::CoreTypeDef& def);

enum class ExternUse : uint8_t { kImport, kExport };

// The type that `desc` gives to an import or export. Fresh resources and names are made where it
// says so and are recorded in `scope` as imported or defined.
absl::StatusOr<Entity> ResolveExternDesc(Scope& scope, const ExternDesc& desc, ExternUse use);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_VALIDATE_TYPE_RULES_H_
