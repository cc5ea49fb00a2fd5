#ifndef DAVIT_RUNTIME_LINK_BUILTINS_H_
#define DAVIT_RUNTIME_LINK_BUILTINS_H_

#include "runtime/binary/ast.h"
#include "runtime/link/scope.h"
#include "runtime/types/type.h"

namespace davit::link {

// The core signature of a canonical built-in: everything but lift and lower. `scope` is where it is
// defined. Spec: CanonicalABI.md#canonical-definitions
types::CoreSignature BuiltinSignature(const binary::Canon& canon, const Scope& scope);

// Flattening for the async ABI's lower: at most 4 flat params, results through a pointer, and the
// subtask state as the core result. Spec: CanonicalABI.md#flattening
types::CoreSignature FlattenAsyncLower(const types::FuncType& type);

}  // namespace davit::link

#endif  // DAVIT_RUNTIME_LINK_BUILTINS_H_
