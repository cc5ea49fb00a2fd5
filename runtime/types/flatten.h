#ifndef DAVIT_RUNTIME_TYPES_FLATTEN_H_
#define DAVIT_RUNTIME_TYPES_FLATTEN_H_

#include <cstdint>
#include <span>

#include "runtime/types/type.h"

// How the values of a component function cross into core WebAssembly: as core values while they are
// few, else through linear memory. Memories are 32-bit ones, so that a pointer is an i32.
// Spec: CanonicalABI.md#flattening
namespace davit::types {

// Which side of the component function the core function is on.
enum class Direction : uint8_t {
  kLift,   // It implements the component function, by canon lift.
  kLower,  // It calls the component function, and is made by canon lower.
};

// The calling convention, which the canonical options `async` and `callback` choose.
enum class Abi : uint8_t {
  kSync,
  kAsyncStackful,  // `async` alone.
  kAsyncCallback,  // `async` and `callback`, which only canon lift takes.
};

struct Flattening {
  CoreSignature signature;
  // Whether the parameters are core values. Else one parameter points to a tuple of them.
  bool params_are_flat = true;
  // The same of the result. Else a lift returns the pointer and a lower is given it, after its
  // other parameters. An asynchronous lift has its result passed to task.return as a parameter.
  bool result_is_flat = true;
};

// Flattens a function of these parameters; `result` is null when there is none.
// Spec: CanonicalABI.md#flattening (flatten_functype)
Flattening Flatten(std::span<const Type* const> params, const Type* result, Direction direction,
                   Abi abi);
Flattening Flatten(const FuncType& type, Direction direction, Abi abi);

// Flattens task.return of a function whose result is `result`, null when there is none: the result
// is its parameter. Spec: CanonicalABI.md#-canon-taskreturn
Flattening FlattenTaskReturn(const Type* result);

}  // namespace davit::types

#endif  // DAVIT_RUNTIME_TYPES_FLATTEN_H_
