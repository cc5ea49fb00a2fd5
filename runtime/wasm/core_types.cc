#include "runtime/wasm/core_types.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"

namespace davit::wasm {
namespace {

using base::BinaryError;
using base::BinaryFault;

enum Opcode : uint8_t {
  kRefNull = 0x63,
  kRef = 0x64,
  kFunc = 0x60,
  kSub = 0x50,
  kSubFinal = 0x4f,
  kRec = 0x4e,
  kPackedI8 = 0x78,
  kPackedI16 = 0x77,
};

constexpr bool IsNumericOrVector(uint8_t code) { return code >= 0x7b && code <= 0x7f; }
// exn, array, struct, i31, eq, any, extern, func, none, noextern, nofunc, noexn.
constexpr bool IsAbstractHeapType(uint8_t code) { return code >= 0x69 && code <= 0x74; }
// The value of a one-byte signed LEB128.
constexpr int64_t SignExtend7(uint8_t code) { return static_cast<int64_t>(code) - 0x80; }

enum LimitsFlag : uint8_t { kHasMax = 1, kShared = 2, kIs64 = 4, kHasPageSize = 8 };
constexpr uint8_t kAllLimitsFlags = kHasMax | kShared | kIs64 | kHasPageSize;

absl::Status Unknown(uint64_t offset, uint8_t byte, std::string_view what) {
  return BinaryError(
      BinaryFault::kMalformed, offset,
      absl::StrCat("invalid byte 0x", absl::Hex(byte, absl::kZeroPad2), " for ", what));
}

}  // namespace

void CoreTypeReader::AddTypes(uint64_t n) {
  if (type_count_ != kUnbounded) type_count_ += n;
}

absl::StatusOr<uint32_t> CoreTypeReader::TypeIndex(std::string_view what) {
  const uint64_t offset = reader_.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint32_t index, reader_.U32(what));
  if (index >= type_count_) {
    return BinaryError(BinaryFault::kInvalid, offset,
                       absl::StrCat(what, ": type index ", index, " is out of bounds"));
  }
  return index;
}

absl::StatusOr<int64_t> CoreTypeReader::HeapType() {
  const uint64_t offset = reader_.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t first, reader_.Peek("heap type"));
  DAVIT_ASSIGN_OR_RETURN(const int64_t heap, reader_.S33("heap type"));
  if (heap < 0) {
    if (!IsAbstractHeapType(first)) return Unknown(offset, first, "heap type");
    return heap;
  }
  if (static_cast<uint64_t>(heap) >= type_count_) {
    return BinaryError(BinaryFault::kInvalid, offset,
                       absl::StrCat("heap type: type index ", heap, " is out of bounds"));
  }
  return heap;
}

absl::StatusOr<CoreValType> CoreTypeReader::ValType() {
  DAVIT_ASSIGN_OR_RETURN(const uint8_t code, reader_.Peek("core value type"));
  if (!IsNumericOrVector(code)) return RefType();
  DAVIT_RETURN_IF_ERROR(reader_.Byte("core value type").status());
  return CoreValType{.code = code};
}

absl::StatusOr<CoreValType> CoreTypeReader::RefType() {
  const uint64_t offset = reader_.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t code, reader_.Byte("reference type"));
  if (IsAbstractHeapType(code)) return CoreValType{.code = kRefNull, .heap = SignExtend7(code)};
  if (code != kRef && code != kRefNull) return Unknown(offset, code, "core value type");
  DAVIT_ASSIGN_OR_RETURN(const int64_t heap, HeapType());
  return CoreValType{.code = code, .heap = heap};
}

absl::StatusOr<CoreLimits> CoreTypeReader::Limits() {
  const uint64_t offset = reader_.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t flags, reader_.Byte("limits"));
  if ((flags & ~kAllLimitsFlags) != 0) return Unknown(offset, flags, "limits flag");
  CoreLimits limits{.shared = (flags & kShared) != 0, .is64 = (flags & kIs64) != 0};
  DAVIT_ASSIGN_OR_RETURN(limits.min, reader_.U64("minimum of limits"));
  if ((flags & kHasMax) != 0) {
    DAVIT_ASSIGN_OR_RETURN(limits.max, reader_.U64("maximum of limits"));
  }
  if ((flags & kHasPageSize) != 0) {
    DAVIT_ASSIGN_OR_RETURN(limits.page_size_log2, reader_.U32("page size"));
  }
  return limits;
}

absl::StatusOr<CoreTableType> CoreTypeReader::TableType() {
  CoreTableType type;
  DAVIT_ASSIGN_OR_RETURN(type.element, RefType());
  const uint64_t offset = reader_.offset();
  DAVIT_ASSIGN_OR_RETURN(type.limits, Limits());
  if (type.limits.shared || type.limits.page_size_log2.has_value()) {
    return BinaryError(BinaryFault::kMalformed, offset, "these limits are not those of a table");
  }
  return type;
}

absl::StatusOr<CoreMemoryType> CoreTypeReader::MemoryType() {
  CoreMemoryType type;
  DAVIT_ASSIGN_OR_RETURN(type.limits, Limits());
  return type;
}

absl::StatusOr<bool> CoreTypeReader::Mutability() {
  const uint64_t offset = reader_.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t byte, reader_.Byte("mutability"));
  if (byte > 1) return Unknown(offset, byte, "mutability");
  return byte == 1;
}

absl::StatusOr<CoreGlobalType> CoreTypeReader::GlobalType() {
  CoreGlobalType type;
  DAVIT_ASSIGN_OR_RETURN(type.type, ValType());
  DAVIT_ASSIGN_OR_RETURN(type.is_mutable, Mutability());
  return type;
}

absl::StatusOr<CoreTagType> CoreTypeReader::TagType() {
  const uint64_t offset = reader_.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t attribute, reader_.Byte("tag attribute"));
  if (attribute != 0) return Unknown(offset, attribute, "tag attribute");
  DAVIT_ASSIGN_OR_RETURN(const uint32_t type, TypeIndex("type of a tag"));
  return CoreTagType{.type = type};
}

absl::StatusOr<CoreExternDesc> CoreTypeReader::ExternDesc() {
  const uint64_t offset = reader_.offset();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t kind, reader_.Byte("core extern type"));
  switch (kind) {
    case 0x00: {
      DAVIT_ASSIGN_OR_RETURN(const uint32_t type, TypeIndex("type of a function"));
      return CoreFuncRef{.type = type};
    }
    case 0x01:
      return TableType();
    case 0x02:
      return MemoryType();
    case 0x03:
      return GlobalType();
    case 0x04:
      return TagType();
    default:
      return Unknown(offset, kind, "core extern type");
  }
}

absl::StatusOr<CoreImport> CoreTypeReader::Import() {
  CoreImport import{.offset = reader_.offset()};
  DAVIT_ASSIGN_OR_RETURN(import.module, reader_.Name("module of an import", kMaxCoreNameBytes));
  DAVIT_ASSIGN_OR_RETURN(import.name, reader_.Name("name of an import", kMaxCoreNameBytes));
  DAVIT_ASSIGN_OR_RETURN(import.desc, ExternDesc());
  return import;
}

absl::StatusOr<CoreRecType> CoreTypeReader::RecType() {
  DAVIT_ASSIGN_OR_RETURN(const uint8_t opcode, reader_.Peek("core type"));
  if (opcode == kRec) {
    DAVIT_RETURN_IF_ERROR(reader_.Byte("rec group").status());
    return RecGroupTail();
  }
  AddTypes(1);
  CoreRecType group;
  DAVIT_ASSIGN_OR_RETURN(group.types.emplace_back(), SubType());
  return group;
}

absl::StatusOr<CoreRecType> CoreTypeReader::RecGroupTail() {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                         reader_.Count("types of a rec group", kMaxCoreTypes));
  AddTypes(count);
  CoreRecType group{.explicit_rec = true};
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(group.types.emplace_back(), SubType());
  }
  return group;
}

absl::StatusOr<CoreSubType> CoreTypeReader::SubType() {
  DAVIT_ASSIGN_OR_RETURN(const uint8_t opcode, reader_.Peek("core type"));
  if (opcode == kSub || opcode == kSubFinal) {
    DAVIT_RETURN_IF_ERROR(reader_.Byte("subtype").status());
    return SubTypeTail(/*is_final=*/opcode == kSubFinal);
  }
  CoreSubType type;
  DAVIT_RETURN_IF_ERROR(CompositeInto(type));
  return type;
}

absl::StatusOr<CoreSubType> CoreTypeReader::SubTypeTail(bool is_final) {
  CoreSubType type{.is_final = is_final};
  // The specification allows at most one; more are decoded for the validator to refuse.
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader_.Count("supertypes", kMaxCoreTypes));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t supertype, TypeIndex("supertype"));
    type.supertypes.push_back(supertype);
  }
  DAVIT_RETURN_IF_ERROR(CompositeInto(type));
  return type;
}

absl::Status CoreTypeReader::CompositeInto(CoreSubType& type) {
  const uint64_t offset = reader_.offset();
  const std::span<const uint8_t> start = reader_.rest();
  DAVIT_ASSIGN_OR_RETURN(const uint8_t opcode, reader_.Byte("core type"));
  switch (opcode) {
    case kFunc: {
      DAVIT_ASSIGN_OR_RETURN(type.composite, FuncTypeTail());
      return absl::OkStatus();
    }
    case kCoreStructOpcode:
      DAVIT_RETURN_IF_ERROR(SkipStructTail());
      break;
    case kCoreArrayOpcode:
      DAVIT_RETURN_IF_ERROR(SkipFieldType());
      break;
    default:
      return Unknown(offset, opcode, "core type");
  }
  type.composite = start.first(start.size() - reader_.remaining());
  return absl::OkStatus();
}

absl::StatusOr<CoreFuncType> CoreTypeReader::FuncTypeTail() {
  CoreFuncType type;
  const auto read = [this](std::string_view what, uint32_t limit,
                           std::vector<CoreValType>& types) -> absl::Status {
    DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader_.Count(what, limit));
    types.reserve(count);
    for (uint32_t i = 0; i < count; ++i) {
      DAVIT_ASSIGN_OR_RETURN(const CoreValType value_type, ValType());
      types.push_back(value_type);
    }
    return absl::OkStatus();
  };
  DAVIT_RETURN_IF_ERROR(read("core function parameters", kMaxCoreFuncParams, type.params));
  DAVIT_RETURN_IF_ERROR(read("core function results", kMaxCoreFuncResults, type.results));
  return type;
}

absl::Status CoreTypeReader::SkipStructTail() {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count,
                         reader_.Count("struct fields", kMaxCoreStructFields));
  for (uint32_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(SkipFieldType());
  return absl::OkStatus();
}

absl::Status CoreTypeReader::SkipFieldType() {
  DAVIT_ASSIGN_OR_RETURN(const uint8_t code, reader_.Peek("field type"));
  if (code == kPackedI8 || code == kPackedI16) {
    DAVIT_RETURN_IF_ERROR(reader_.Byte("field type").status());
  } else {
    DAVIT_RETURN_IF_ERROR(ValType().status());
  }
  return Mutability().status();
}

uint64_t PageBytes(const CoreMemoryType& memory) {
  if (!memory.limits.page_size_log2.has_value()) return base::kWasmPageBytes;
  return uint64_t{1} << *memory.limits.page_size_log2;
}

absl::Status CheckMemoryType(const CoreMemoryType& type, uint64_t offset) {
  const CoreLimits& limits = type.limits;
  const uint32_t page_log2 = limits.page_size_log2.value_or(16);
  if (page_log2 != 0 && page_log2 != 16) {
    return BinaryError(BinaryFault::kInvalid, offset, "the page size of a memory is 1 or 65536");
  }
  // 64-bit memories of one-byte pages have 2^64 - 1 pages, for 2^64 has no encoding.
  const uint32_t pages_log2 = (limits.is64 ? 64 : 32) - page_log2;
  const uint64_t most = pages_log2 == 64 ? std::numeric_limits<uint64_t>::max()
                                         : (uint64_t{1} << pages_log2) - (page_log2 == 0 ? 1 : 0);
  if (limits.min > most || limits.max.value_or(0) > most) {
    return BinaryError(BinaryFault::kInvalid, offset,
                       absl::StrCat("memory size must be at most ", most, " pages"));
  }
  if (limits.max.has_value() && *limits.max < limits.min) {
    return BinaryError(BinaryFault::kInvalid, offset, "memory minimum is above its maximum");
  }
  if (limits.shared && !limits.max.has_value()) {
    return BinaryError(BinaryFault::kInvalid, offset, "a shared memory needs a maximum");
  }
  return absl::OkStatus();
}

absl::Status CheckTableType(const CoreTableType& type, uint64_t offset) {
  const CoreLimits& limits = type.limits;
  const uint64_t most =
      limits.is64 ? std::numeric_limits<uint64_t>::max() : std::numeric_limits<uint32_t>::max();
  if (limits.min > most || limits.max.value_or(0) > most) {
    return BinaryError(BinaryFault::kInvalid, offset,
                       absl::StrCat("table size must be at most ", most, " elements"));
  }
  if (limits.max.has_value() && *limits.max < limits.min) {
    return BinaryError(BinaryFault::kInvalid, offset, "table minimum is above its maximum");
  }
  return absl::OkStatus();
}

}  // namespace davit::wasm
