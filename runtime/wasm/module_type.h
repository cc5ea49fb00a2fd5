#ifndef DAVIT_RUNTIME_WASM_MODULE_TYPE_H_
#define DAVIT_RUNTIME_WASM_MODULE_TYPE_H_

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "runtime/wasm/core_type.h"
#include "runtime/wasm/core_type_table.h"

namespace davit::wasm {

// The core type space of the scope that is `count` scopes further out than the one that a module
// type is defined in.
using OuterCoreTypes =
    absl::FunctionRef<absl::StatusOr<const std::vector<CoreTypeId>*>(uint32_t count)>;

// The type that `def` describes, its core types in `table`. Names point into the binary.
// Errors: a violation, with the offset of the declarator; those of `outer`.
// Spec: Binary.md#type-definitions (core:moduletype)
absl::StatusOr<ModuleType> MakeModuleType(const CoreModuleType& def, CoreTypeTable& table,
                                          OuterCoreTypes outer);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_MODULE_TYPE_H_
