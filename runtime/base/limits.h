#ifndef DAVIT_RUNTIME_BASE_LIMITS_H_
#define DAVIT_RUNTIME_BASE_LIMITS_H_

#include <cstdint>

// Limits that the specification fixes, and those that davit adds so that no binary costs more than
// time and memory linear in its length. Limits that an operator may change live in option structs.
namespace davit::base {

// Spec: CanonicalABI.md#flattening
inline constexpr uint32_t kMaxFlatParams = 16;
inline constexpr uint32_t kMaxFlatResults = 1;
inline constexpr uint32_t kMaxFlatAsyncParams = 4;

// Spec: CanonicalABI.md#loading (MAX_STRING_BYTE_LENGTH, MAX_LIST_BYTE_LENGTH)
inline constexpr uint32_t kMaxStringByteLength = (1u << 28) - 1;
inline constexpr uint32_t kMaxListByteLength = (1u << 28) - 1;
// Spec: CanonicalABI.md#table-state (Table.MAX_LENGTH)
inline constexpr uint32_t kMaxHandleTableLength = (1u << 28) - 1;
// Spec: Binary.md#type-definitions: elem_size(t, 'i64') of every value type stays below this.
inline constexpr uint64_t kMaxValueSize = 1u << 28;
inline constexpr uint32_t kMaxFlagsLabels = 32;

// The component binary (values as the other implementations have them).
inline constexpr uint32_t kMaxTypes = 1'000'000;
inline constexpr uint64_t kMaxTypeSize = 1'000'000;  // effective size of one type, in nodes
inline constexpr uint32_t kMaxTypeDepth = 100;
inline constexpr uint32_t kMaxFields = 10'000;  // record fields, variant or enum cases, tuple
inline constexpr uint32_t kMaxCanonOptions = 10;
inline constexpr uint32_t kMaxInstantiationArgs = 100'000;
inline constexpr uint32_t kMaxModules = 1'000;
inline constexpr uint32_t kMaxComponents = 1'000;
inline constexpr uint32_t kMaxInstances = 1'000;
inline constexpr uint32_t kMaxFuncParams = 1'000;
inline constexpr uint32_t kMaxDeclarators = 1'000'000;
inline constexpr uint32_t kMaxIndexSpaceItems = 1'000'000;
inline constexpr uint32_t kMaxExternsAndFunctions = 1'000'000;
inline constexpr uint64_t kMaxModuleBytes = 1ull << 30;
inline constexpr uint32_t kMaxNameBytes = 100'000;
// davit's own: nesting of components in components, and of component or instance types.
inline constexpr uint32_t kMaxComponentNesting = 100;
// davit's own: component and core instances after inlining the whole tree, and steps to get there.
inline constexpr uint32_t kMaxInlinedInstances = 10'000;
inline constexpr uint64_t kMaxInlinedDefinitions = 4'000'000;
// davit's own: steps that the validation of one component may take, and the comparison of the core
// modules that a composition links: far above what real components need, and low enough to bound
// its memory, for each step keeps some hundred bytes at most.
inline constexpr uint64_t kMaxValidationSteps = 4'000'000;
// davit's own: entries of element segments, each as often as its core module is instantiated.
inline constexpr uint64_t kMaxInlinedElements = 10'000'000;
// davit's own: names of what a component imports and exports, each as often as it is unfolded.
inline constexpr uint64_t kMaxInlinedNameBytes = 64 << 20;
// davit's own: functions that a component exports for calling. One instance may be exported under
// many names, so that their number can grow with the square of the binary's size.
inline constexpr uint32_t kMaxExportedFuncs = 100'000;
// davit's own: imports, exports and items of instances in the description of one world, likewise.
inline constexpr uint32_t kMaxWorldItems = 200'000;

inline constexpr uint32_t kWasmPageBytes = 65'536;

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_LIMITS_H_
