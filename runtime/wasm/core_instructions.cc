#include "runtime/wasm/core_instructions.h"

#include <array>
#include <cstddef>
#include <span>

#include "runtime/base/status_macros.h"
#include "runtime/wasm/core_types.h"

namespace davit::wasm {
namespace {

// Instructions with neighbouring opcodes that are alike.
struct Range {
  uint16_t first, last;
  Immediates immediates;
  int8_t net = 0;
  bool keeps_state = false;
};

using enum Immediates;

constexpr Range kPlain[] = {
    {0x00, 0x01, kNone},
    {0x02, 0x02, kBlockType},
    {0x03, 0x03, kBlockType, 0, true},
    {0x04, 0x04, kBlockType, -1, true},
    {0x05, 0x05, kNone},
    {0x06, 0x06, kBlockType, 0, true},
    {0x07, 0x07, kIndex, 0, true},
    {0x08, 0x09, kIndex, 0, true},  // throw, rethrow
    {0x0a, 0x0a, kNone, 0, true},   // throw_ref
    {0x0b, 0x0b, kNone},
    {0x0c, 0x0c, kIndex, 0, true},   // br
    {0x0d, 0x0d, kIndex, -1, true},  // br_if
    {0x0e, 0x0e, kLabels},           // what it keeps depends on its labels
    {0x0f, 0x0f, kNone, 0, true},
    {0x10, 0x10, kIndex, 0, true},
    {0x11, 0x11, kTwoIndices, -1, true},
    {0x12, 0x12, kIndex, 0, true},
    {0x13, 0x13, kTwoIndices, 0, true},
    {0x14, 0x14, kIndex, -1, true},
    {0x15, 0x15, kIndex, 0, true},
    {0x18, 0x18, kIndex},
    {0x19, 0x19, kNone, 0, true},
    {0x1a, 0x1a, kNone, -1},  // drop
    {0x1b, 0x1b, kNone, -2},  // select
    {0x1c, 0x1c, kTypes, -2},
    {0x1f, 0x1f, kTryHandlers, 0, true},
    {0x20, 0x20, kIndex, 1},  // local.get, .set, .tee
    {0x21, 0x21, kIndex, -1},
    {0x22, 0x22, kIndex},
    {0x23, 0x23, kIndex, 1},  // global.get, .set
    {0x24, 0x24, kIndex, -1},
    {0x25, 0x25, kIndex, 0, true},  // table.get, .set
    {0x26, 0x26, kIndex, -2, true},
    {0x28, 0x35, kMemory},  // loads and stores
    {0x36, 0x3e, kMemory, -2},
    {0x3f, 0x3f, kIndex, 1},
    {0x40, 0x40, kIndex, 0, true},  // memory.grow
    {0x41, 0x42, kSigned, 1},
    {0x43, 0x43, kBytes4, 1},
    {0x44, 0x44, kBytes8, 1},
    {0x45, 0x45, kNone},  // i32: eqz, comparisons; the same for i64
    {0x46, 0x4f, kNone, -1},
    {0x50, 0x50, kNone},
    {0x51, 0x66, kNone, -1},
    {0x67, 0x69, kNone},  // of one operand, of two; for each number type
    {0x6a, 0x78, kNone, -1},
    {0x79, 0x7b, kNone},
    {0x7c, 0x8a, kNone, -1},
    {0x8b, 0x91, kNone},
    {0x92, 0x98, kNone, -1},
    {0x99, 0x9f, kNone},
    {0xa0, 0xa6, kNone, -1},
    {0xa7, 0xc4, kNone},  // conversions
    {0xd0, 0xd0, kHeapType, 1},
    {0xd1, 0xd1, kNone},
    {0xd2, 0xd2, kIndex, 1, true},  // ref.func
    {0xd3, 0xd3, kNone, -1},
    {0xd4, 0xd4, kNone},
    {0xd5, 0xd5, kIndex, 0, true},  // br_on_null, br_on_non_null
    {0xd6, 0xd6, kIndex, -1, true},
};

constexpr Range kGc[] = {
    {0, 0, kIndex, 1, true},  // struct.new, which pops its fields
    {1, 1, kIndex, 1, true},
    {2, 4, kTwoIndices},  // struct.get, .set
    {5, 5, kTwoIndices, -2},
    {6, 6, kIndex, -1, true},  // array.new and its variants
    {7, 7, kIndex, 0, true},
    {8, 8, kTwoIndices, 1, true},  // pops as many as it says
    {9, 10, kTwoIndices, -1, true},
    {11, 13, kIndex, -1},  // array.get, .set, .len
    {14, 14, kIndex, -3},
    {15, 15, kNone},
    {16, 16, kIndex, -4, true},  // array.fill, .copy, .init
    {17, 17, kTwoIndices, -5, true},
    {18, 19, kTwoIndices, -4, true},
    {20, 23, kHeapType, 0, true},  // ref.test, ref.cast
    {24, 25, kCast, 0, true},
    {26, 30, kNone},
};

constexpr Range kBulk[] = {
    {0, 7, kNone},  // saturating conversions
    {8, 8, kTwoIndices, -3, true},
    {9, 9, kIndex, 0, true},
    {10, 10, kTwoIndices, -3, true},
    {11, 11, kIndex, -3, true},
    {12, 12, kTwoIndices, -3, true},
    {13, 13, kIndex, 0, true},
    {14, 14, kTwoIndices, -3, true},
    {15, 15, kIndex, -1, true},
    {16, 16, kIndex, 1},
    {17, 17, kIndex, -3, true},
};

// Those of two operands fill what the ranges before leave.
constexpr Range kVector[] = {
    {0x00, 0x0a, kMemory},         {0x0b, 0x0b, kMemory, -2},
    {0x0c, 0x0c, kBytes16, 1},     {0x0d, 0x0d, kBytes16, -1},
    {0x0e, 0x0e, kNone, -1},       {0x0f, 0x14, kNone},  // splats
    {0x15, 0x16, kByte},                                 // extract, replace a lane
    {0x17, 0x17, kByte, -1},       {0x18, 0x19, kByte},
    {0x1a, 0x1a, kByte, -1},       {0x1b, 0x1b, kByte},
    {0x1c, 0x1c, kByte, -1},       {0x1d, 0x1d, kByte},
    {0x1e, 0x1e, kByte, -1},       {0x1f, 0x1f, kByte},
    {0x20, 0x20, kByte, -1},       {0x21, 0x21, kByte},
    {0x22, 0x22, kByte, -1},       {0x23, 0x4c, kNone, -1},  // comparisons
    {0x4d, 0x4d, kNone},           {0x4e, 0x51, kNone, -1},
    {0x52, 0x52, kNone, -2},  // bitselect
    {0x53, 0x53, kNone},           {0x54, 0x57, kMemoryLane, -1},
    {0x58, 0x5b, kMemoryLane, -2}, {0x5c, 0x5d, kMemory},
    {0x5e, 0x64, kNone},  // of one operand and of two, shape by shape
    {0x65, 0x66, kNone, -1},       {0x67, 0x6a, kNone},
    {0x6b, 0x73, kNone, -1},       {0x74, 0x75, kNone},
    {0x76, 0x79, kNone, -1},       {0x7a, 0x7a, kNone},
    {0x7b, 0x7b, kNone, -1},       {0x7c, 0x81, kNone},
    {0x82, 0x82, kNone, -1},       {0x83, 0x84, kNone},
    {0x85, 0x86, kNone, -1},       {0x87, 0x8a, kNone},
    {0x8b, 0x93, kNone, -1},       {0x94, 0x94, kNone},
    {0x95, 0x9f, kNone, -1},       {0xa0, 0xa1, kNone},
    {0xa3, 0xa4, kNone},           {0xa7, 0xaa, kNone},
    {0xab, 0xbf, kNone, -1},       {0xc0, 0xc1, kNone},
    {0xc3, 0xc4, kNone},           {0xc7, 0xca, kNone},
    {0xcb, 0xdf, kNone, -1},       {0xe0, 0xe1, kNone},
    {0xe3, 0xe3, kNone},           {0xe4, 0xeb, kNone, -1},
    {0xec, 0xed, kNone},           {0xef, 0xef, kNone},
    {0xf0, 0xf7, kNone, -1},       {0xf8, 0xff, kNone},
    {0x100, 0x100, kNone, -1},  // relaxed
    {0x101, 0x104, kNone},         {0x105, 0x10c, kNone, -2},
    {0x10d, 0x112, kNone, -1},     {0x113, 0x113, kNone, -2},
};

constexpr Range kAtomic[] = {
    {0x00, 0x00, kMemory, -1, true},                       // notify, wait
    {0x01, 0x02, kMemory, -2, true}, {0x03, 0x03, kByte},  // fence
    {0x10, 0x16, kMemory},           {0x17, 0x1d, kMemory, -2},
    {0x1e, 0x47, kMemory, -1},       {0x48, 0x4e, kMemory, -2},
};

template <size_t kSize, size_t kRanges>
constexpr std::array<Instruction, kSize> Expand(const Range (&ranges)[kRanges]) {
  std::array<Instruction, kSize> table;
  for (const Range& range : ranges) {
    for (size_t i = range.first; i <= range.last; ++i) {
      table[i] = {range.immediates, range.net, range.keeps_state};
    }
  }
  return table;
}

constexpr auto kPlainTable = Expand<0x100>(kPlain);
constexpr auto kGcTable = Expand<31>(kGc);
constexpr auto kBulkTable = Expand<18>(kBulk);
constexpr auto kVectorTable = Expand<0x114>(kVector);
constexpr auto kAtomicTable = Expand<0x4f>(kAtomic);

constexpr uint8_t kFirstPrefix = 0xfb, kLastPrefix = 0xfe;
constexpr int kPrefixShift = 16;

std::span<const Instruction> TableOf(uint32_t prefix) {
  switch (prefix) {
    case 0:
      return kPlainTable;
    case 0xfb:
      return kGcTable;
    case 0xfc:
      return kBulkTable;
    case 0xfd:
      return kVectorTable;
    case 0xfe:
      return kAtomicTable;
    default:
      return {};
  }
}

}  // namespace

absl::Status SkipLocals(base::ByteReader& body) {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t groups, body.U32("locals"));
  for (uint32_t i = 0; i < groups; ++i) {
    DAVIT_RETURN_IF_ERROR(body.U32("locals").status());
    DAVIT_RETURN_IF_ERROR(CoreTypeReader(body).ValType().status());
  }
  return absl::OkStatus();
}

absl::StatusOr<Opcode> ReadOpcode(base::ByteReader& reader) {
  DAVIT_ASSIGN_OR_RETURN(const uint8_t first, reader.Byte("instruction"));
  if (first < kFirstPrefix || first > kLastPrefix) return Opcode{first};
  DAVIT_ASSIGN_OR_RETURN(const uint32_t second, reader.U32("instruction"));
  if (second >> kPrefixShift != 0) return reader.Error("no such instruction");
  return (Opcode{first} << kPrefixShift) + second;
}

Instruction InstructionOf(Opcode opcode) {
  const auto table = TableOf(opcode >> kPrefixShift);
  const uint32_t index = opcode & ((1u << kPrefixShift) - 1);
  return index < table.size() ? table[index] : Instruction{};
}

namespace {

absl::Status SkipIndices(base::ByteReader& reader, uint64_t count) {
  for (uint64_t i = 0; i < count; ++i) DAVIT_RETURN_IF_ERROR(reader.U32("index").status());
  return absl::OkStatus();
}

absl::Status SkipMemoryArgument(base::ByteReader& reader) {
  constexpr uint32_t kHasMemory = 0x40;
  DAVIT_ASSIGN_OR_RETURN(const uint32_t alignment, reader.U32("alignment"));
  if ((alignment & kHasMemory) != 0) DAVIT_RETURN_IF_ERROR(reader.U32("memory").status());
  return reader.U64("offset").status();
}

absl::Status SkipBlockType(base::ByteReader& reader) {
  constexpr int64_t kRef = -0x1c, kRefNull = -0x1d;
  DAVIT_ASSIGN_OR_RETURN(const int64_t type, reader.S33("block type"));
  if (type != kRef && type != kRefNull) return absl::OkStatus();
  return reader.S33("heap type").status();
}

absl::Status SkipTypes(base::ByteReader& reader) {
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.U32("types"));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_RETURN_IF_ERROR(CoreTypeReader(reader).ValType().status());
  }
  return absl::OkStatus();
}

absl::Status SkipTryHandlers(base::ByteReader& reader) {
  constexpr uint8_t kCatchAllClause = 2;  // it and the next one have no tag
  DAVIT_RETURN_IF_ERROR(SkipBlockType(reader));
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.U32("catch clauses"));
  for (uint32_t i = 0; i < count; ++i) {
    DAVIT_ASSIGN_OR_RETURN(const uint8_t kind, reader.Byte("catch clause"));
    DAVIT_RETURN_IF_ERROR(SkipIndices(reader, kind < kCatchAllClause ? 2 : 1));
  }
  return absl::OkStatus();
}

absl::Status SkipCast(base::ByteReader& reader) {
  DAVIT_RETURN_IF_ERROR(reader.Byte("cast flags").status());
  DAVIT_RETURN_IF_ERROR(reader.U32("label").status());
  DAVIT_RETURN_IF_ERROR(reader.S33("heap type").status());
  return reader.S33("heap type").status();
}

}  // namespace

absl::Status SkipImmediates(base::ByteReader& reader, Immediates immediates) {
  switch (immediates) {
    case Immediates::kUnknownInstruction:
      return reader.Error("no such instruction");
    case Immediates::kNone:
      return absl::OkStatus();
    case Immediates::kByte:
      return reader.Byte("immediate").status();
    case Immediates::kBytes4:
      return reader.Bytes(4, "immediate").status();
    case Immediates::kBytes8:
      return reader.Bytes(8, "immediate").status();
    case Immediates::kBytes16:
      return reader.Bytes(16, "immediate").status();
    case Immediates::kSigned:
      return reader.S64("constant").status();
    case Immediates::kIndex:
      return SkipIndices(reader, 1);
    case Immediates::kTwoIndices:
      return SkipIndices(reader, 2);
    case Immediates::kMemory:
      return SkipMemoryArgument(reader);
    case Immediates::kMemoryLane:
      DAVIT_RETURN_IF_ERROR(SkipMemoryArgument(reader));
      return reader.Byte("lane").status();
    case Immediates::kHeapType:
      return reader.S33("heap type").status();
    case Immediates::kCast:
      return SkipCast(reader);
    case Immediates::kTypes:
      return SkipTypes(reader);
    case Immediates::kBlockType:
      return SkipBlockType(reader);
    case Immediates::kLabels: {
      DAVIT_ASSIGN_OR_RETURN(const uint32_t count, reader.U32("labels"));
      return SkipIndices(reader, uint64_t{count} + 1);
    }
    case Immediates::kTryHandlers:
      return SkipTryHandlers(reader);
  }
  return absl::OkStatus();
}

}  // namespace davit::wasm
