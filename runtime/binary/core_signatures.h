#ifndef DAVIT_RUNTIME_BINARY_CORE_SIGNATURES_H_
#define DAVIT_RUNTIME_BINARY_CORE_SIGNATURES_H_

#include <cstdint>

#include "runtime/binary/canon_def.h"
#include "runtime/types/type.h"
#include "runtime/wasm/core_type.h"

// The types of core functions that the Canonical ABI fixes, apart from those of component functions
// (types/flatten.h): validation demands them, and linking makes functions of them. Memories and
// tables are 32-bit ones. Spec: CanonicalABI.md#canonical-definitions
namespace davit::binary {

// The signature of the built-in `op`. `open` is the type that its definition leaves open: that of
// the slot for context.get and context.set, the representation's for resource.new and
// resource.rep; the others ignore it. REQUIRES: `op` is neither lift nor lower, nor task.return
// (types::FlattenTaskReturn), nor thread.spawn-ref (ThreadSpawnRefSignature).
types::CoreSignature BuiltinSignature(CanonOp op, types::CoreType open = types::CoreType::kI32);

// The signature of thread.spawn-ref, which takes a reference to a start function. `start_type`
// tells the type of that function, as type indices do where the signature is used.
wasm::CoreFuncType ThreadSpawnRefSignature(uint32_t start_type);
// What a thread starts with.
types::CoreSignature ThreadStartSignature();

// Core functions that canonical options name. Spec: CanonicalABI.md#canonopt-validation
types::CoreSignature ReallocSignature();
types::CoreSignature CallbackSignature();
// The destructor of a resource type whose representation is of type `rep`.
types::CoreSignature DestructorSignature(types::CoreType rep);

// The same type in the encoding of core modules.
wasm::CoreFuncType CoreFuncTypeOf(const types::CoreSignature& signature);

}  // namespace davit::binary

#endif  // DAVIT_RUNTIME_BINARY_CORE_SIGNATURES_H_
