#ifndef DAVIT_RUNTIME_WASM_CORE_TYPES_H_
#define DAVIT_RUNTIME_WASM_CORE_TYPES_H_

#include <cstdint>
#include <limits>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"
#include "runtime/wasm/core_type.h"

// The type grammar of core WebAssembly 3.0, which core modules and the core types of components
// share. Spec: WebAssembly core, Binary Format, Types.
namespace davit::wasm {

// Limits of the WebAssembly JavaScript API, which V8 enforces as well.
inline constexpr uint32_t kMaxCoreTypes = 1'000'000;
inline constexpr uint32_t kMaxCoreFuncParams = 1'000;
inline constexpr uint32_t kMaxCoreFuncResults = 1'000;
inline constexpr uint32_t kMaxCoreStructFields = 10'000;
inline constexpr uint32_t kMaxCoreTables = 100;
inline constexpr uint32_t kMaxCoreMemories = 100;
inline constexpr uint32_t kMaxCoreSegments = 100'000;
inline constexpr uint32_t kMaxCoreNameBytes = 100'000;

// What the body of a struct or array type begins with: CoreSubType::composite.
inline constexpr uint8_t kCoreStructOpcode = 0x5f;
inline constexpr uint8_t kCoreArrayOpcode = 0x5e;

// Reads types from `reader`, which must outlive it. Not thread-safe.
//
// Errors of every method: BinaryError(kMalformed) where the grammar is broken, kInvalid for a type
// index out of bounds.
class CoreTypeReader {
 public:
  // Without a call of BoundIndices any type index passes: the index space of a component's core
  // types is known to the validator only.
  explicit CoreTypeReader(base::ByteReader& reader) : reader_(reader) {}

  // From now on type indices must be below `type_count`, to which RecType() adds what it reads.
  void BoundIndices(uint64_t type_count) { type_count_ = type_count; }

  absl::StatusOr<uint32_t> TypeIndex(std::string_view what);
  absl::StatusOr<CoreValType> ValType();
  absl::StatusOr<CoreValType> RefType();
  // A negative abstract heap type, or a type index.
  absl::StatusOr<int64_t> HeapType();
  absl::StatusOr<CoreLimits> Limits();
  absl::StatusOr<CoreTableType> TableType();
  absl::StatusOr<CoreMemoryType> MemoryType();
  absl::StatusOr<CoreGlobalType> GlobalType();
  absl::StatusOr<CoreTagType> TagType();
  absl::StatusOr<CoreExternDesc> ExternDesc();
  absl::StatusOr<CoreImport> Import();
  // A rec group, or a single type as a group of one. Its members may refer to each other.
  absl::StatusOr<CoreRecType> RecType();
  // What follows the opcode of an explicit `sub` or `sub final`.
  absl::StatusOr<CoreSubType> SubTypeTail(bool is_final);

 private:
  absl::StatusOr<CoreRecType> RecGroupTail();
  absl::StatusOr<CoreSubType> SubType();
  absl::Status CompositeInto(CoreSubType& type);
  absl::StatusOr<CoreFuncType> FuncTypeTail();
  absl::Status SkipStructTail();
  absl::Status SkipFieldType();
  absl::StatusOr<bool> Mutability();
  void AddTypes(uint64_t n);

  static constexpr uint64_t kUnbounded = std::numeric_limits<uint64_t>::max();

  base::ByteReader& reader_;
  uint64_t type_count_ = kUnbounded;
};

// The validation rules of a memory type: page size, min <= max <= the address space.
// Errors: BinaryError(kInvalid) at `offset`.
absl::Status CheckMemoryType(const CoreMemoryType& type, uint64_t offset);
// min <= max <= the address space. Errors: BinaryError(kInvalid) at `offset`.
absl::Status CheckTableType(const CoreTableType& type, uint64_t offset);

// Whether it is a reference type, with a heap type.
constexpr bool IsReference(const CoreValType& type) {
  constexpr uint8_t kRefNull = 0x63, kRef = 0x64;
  return type.code == kRef || type.code == kRefNull;
}

// Bytes per page of `memory`.
uint64_t PageBytes(const CoreMemoryType& memory);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_TYPES_H_
