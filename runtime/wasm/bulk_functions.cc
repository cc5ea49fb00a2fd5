#include "runtime/wasm/bulk_functions.h"

#include <algorithm>
#include <string_view>

#include "runtime/wasm/interruption_points.h"

namespace davit::wasm {
namespace {

// What bulk instructions work on, by what they count.
struct Space {
  bool is_table = false;
  uint32_t index = 0;
  bool is64 = false;  // the type of its addresses
};

// The instructions that the functions consist of. Spec: WebAssembly core, Binary Format,
// Instructions.
enum Op : uint8_t {
  kOpBlock = 0x02,
  kOpLoop = 0x03,
  kOpIf = 0x04,
  kOpElse = 0x05,
  kOpEnd = 0x0b,
  kOpBrIf = 0x0d,
  kOpLocalGet = 0x20,
  kOpLocalSet = 0x21,
  kOpMemorySize = 0x3f,
  kOpI32Const = 0x41,
  kOpI64Const = 0x42,
  kOpI32GtU = 0x4b,
  kOpI32LeU = 0x4d,
  kOpI64GtU = 0x56,
  kOpI64LeU = 0x58,
  kOpI32Add = 0x6a,
  kOpI32Sub = 0x6b,
  kOpI64Add = 0x7c,
  kOpI64Sub = 0x7d,
  kOpI64Shl = 0x86,
  kOpI64ExtendI32U = 0xad,
};
constexpr uint8_t kVoid = 0x40, kI32 = 0x7f, kI64 = 0x7e, kFuncType = 0x60;
constexpr uint8_t kBulkPrefix = 0xfc;
constexpr uint32_t kTableSize = 16;  // behind kBulkPrefix

// A local that holds an address, a count or an index.
struct Local {
  uint32_t index = 0;
  bool is64 = false;
};

// Writes one function.
class PieceWriter {
 public:
  PieceWriter(const BulkInstruction& instruction, uint32_t piece)
      : instruction_(instruction), piece_(piece) {}

  void Fill(const Space& space) {
    const Local to{0, space.is64}, count{2, space.is64};
    Begin(count);
    LeaveIfOutside(space, to, count);
    Pieces(count, [&] {
      Get(to).Get({1}).Piece(count).Bulk();
      Move(to);
    });
    End();
    Get(to).Get({1}).Get(count).Bulk();
  }

  void Copy(const Space& to_space, const Space& from_space) {
    const Local to{0, to_space.is64}, from{1, from_space.is64};
    const Local count{2, to_space.is64 && from_space.is64};
    Begin(count);
    LeaveIfOutside(to_space, to, count);
    LeaveIfOutside(from_space, from, count);
    GetWide(to).GetWide(from).Emit({kOpI64GtU, kOpIf, kVoid});
    Pieces(count, [&] {
      Get(to).AddOffset(to, count).Get(from).AddOffset(from, count).Piece(count).Bulk();
    });
    Emit({kOpElse});
    Pieces(count, [&] {
      Get(to).Get(from).Piece(count).Bulk();
      Move(to);
      Move(from);
    });
    Emit({kOpEnd});
    End();
    Get(to).Get(from).Get(count).Bulk();
  }

  void Init(const Space& space) {
    const Local to{0, space.is64}, from{1}, count{2};
    Begin(count);
    LeaveIfOutside(space, to, count);
    // A sum of 33 bits is out of bounds of any segment. How long the segment is only an
    // instruction can tell: one of no length at its end traps where this one would.
    GetWide(from).GetWide(count).Emit({kOpI64Add}).Const64(UINT32_MAX).Emit({kOpI64GtU});
    LeaveIf();
    Get(to).Get(from).Get(count).Emit({kOpI32Add, kOpI32Const, 0}).Bulk();
    Pieces(count, [&] {
      Get(to).Get(from).Piece(count).Bulk();
      Move(to);
      Move(from);
    });
    End();
    Get(to).Get(from).Get(count).Bulk();
  }

  // The body, which has no locals but its params.
  CoreEncoder Take() && {
    CoreEncoder body;
    body.U32(0).Append(out_).Byte(kOpEnd);
    return body;
  }

 private:
  PieceWriter& Emit(std::initializer_list<uint8_t> bytes) {
    out_.Bytes(bytes);
    return *this;
  }
  PieceWriter& Get(Local local) {
    out_.Byte(kOpLocalGet).U32(local.index);
    return *this;
  }
  PieceWriter& Set(Local local) {
    out_.Byte(kOpLocalSet).U32(local.index);
    return *this;
  }
  // As an i64.
  PieceWriter& GetWide(Local local) {
    Get(local);
    return local.is64 ? *this : Emit({kOpI64ExtendI32U});
  }
  PieceWriter& Const64(uint64_t value) {
    out_.Byte(kOpI64Const).S64(static_cast<int64_t>(value));
    return *this;
  }
  // The length of a piece, of the type of `count`.
  PieceWriter& Piece(Local count) {
    out_.Byte(count.is64 ? kOpI64Const : kOpI32Const).S64(piece_);
    return *this;
  }
  PieceWriter& Size(const Space& space) {
    if (space.is_table) {
      out_.Byte(kBulkPrefix).U32(kTableSize).U32(space.index);
    } else {
      out_.Byte(kOpMemorySize).U32(space.index);
    }
    if (!space.is64) Emit({kOpI64ExtendI32U});
    return space.is_table ? *this : Const64(16).Emit({kOpI64Shl});
  }
  PieceWriter& Bulk() {
    out_.Byte(kBulkPrefix).U32(instruction_.opcode & 0xffff).U32(instruction_.first);
    if (HasTwoIndices()) out_.U32(instruction_.second);
    return *this;
  }
  bool HasTwoIndices() const {
    return InstructionOf(instruction_.opcode).immediates == Immediates::kTwoIndices;
  }
  // Adds what is left without the last piece: where that begins.
  PieceWriter& AddOffset(Local to, Local count) {
    Get(count);
    Piece(count).Emit({count.is64 ? kOpI64Sub : kOpI32Sub});
    if (to.is64 && !count.is64) Emit({kOpI64ExtendI32U});
    return Emit({to.is64 ? kOpI64Add : kOpI32Add});
  }
  void Move(Local to) { Get(to).Piece(to).Emit({to.is64 ? kOpI64Add : kOpI32Add}).Set(to); }

  // Opens the block that is left by whatever is done as a whole.
  void Begin(Local count) {
    out_.Bytes(std::span<const uint8_t>(kLook));
    Emit({kOpBlock, kVoid});
    Get(count).Piece(count).Emit({count.is64 ? kOpI64LeU : kOpI32LeU});
    LeaveIf();
  }
  void LeaveIf() { Emit({kOpBrIf, 0}); }
  void End() { Emit({kOpEnd}); }

  void LeaveIfOutside(const Space& space, Local address, Local count) {
    GetWide(count).Size(space).Emit({kOpI64GtU});
    LeaveIf();
    GetWide(address).Size(space).GetWide(count).Emit({kOpI64Sub, kOpI64GtU});
    LeaveIf();
  }

  // Does pieces while more than one is left.
  template <typename DoPiece>
  void Pieces(Local count, DoPiece do_piece) {
    Emit({kOpLoop, kVoid});
    do_piece();
    Get(count).Piece(count).Emit({count.is64 ? kOpI64Sub : kOpI32Sub}).Set(count);
    Get(count).Piece(count).Emit({count.is64 ? kOpI64GtU : kOpI32GtU, kOpBrIf, 0, kOpEnd});
  }

  const BulkInstruction instruction_;
  const uint32_t piece_;
  CoreEncoder out_;
};

void AppendValType(const CoreValType& type, CoreEncoder& out) {
  constexpr uint8_t kRef = 0x64, kRefNull = 0x63;
  out.Byte(type.code);
  if (type.code == kRef || type.code == kRefNull) out.S64(type.heap);
}

CoreEncoder AddressType(bool is64) { return std::move(CoreEncoder().Byte(is64 ? kI64 : kI32)); }

Space Memory(const CoreModuleInfo& info, uint32_t index) {
  return {.index = index, .is64 = info.memories[index].limits.is64};
}

Space Table(const CoreModuleInfo& info, uint32_t index) {
  return {.is_table = true, .index = index, .is64 = info.tables[index].limits.is64};
}

}  // namespace

bool BulkFunctions::IsBulk(Opcode opcode) {
  switch (opcode) {
    case kMemoryFill:
    case kMemoryInit:
    case kMemoryCopy:
    case kTableFill:
    case kTableInit:
    case kTableCopy:
      return true;
    default:
      return false;
  }
}

bool BulkFunctions::IsKnown(const BulkInstruction& instruction) const {
  const size_t memories = info_->memories.size(), tables = info_->tables.size();
  switch (instruction.opcode) {
    case kMemoryFill:
      return instruction.first < memories;
    case kMemoryInit:
      return instruction.second < memories;
    case kMemoryCopy:
      return std::max(instruction.first, instruction.second) < memories;
    case kTableFill:
      return instruction.first < tables;
    case kTableInit:
      return instruction.second < tables;
    case kTableCopy:
      return std::max(instruction.first, instruction.second) < tables;
    default:
      return false;
  }
}

std::optional<uint32_t> BulkFunctions::FunctionFor(const BulkInstruction& instruction) {
  if (!IsKnown(instruction)) return std::nullopt;
  const auto next = static_cast<uint32_t>(info_->funcs.size() + functions_.size());
  const auto [known, is_new] = functions_.try_emplace(
      std::tuple(instruction.opcode, instruction.first, instruction.second), next);
  if (!is_new) return known->second;
  PieceWriter memory(instruction, kMemoryPiece), table(instruction, kTablePiece);
  PieceWriter* writer = &memory;
  switch (instruction.opcode) {
    case kMemoryFill:
      memory.Fill(Memory(*info_, instruction.first));
      break;
    case kMemoryInit:
      memory.Init(Memory(*info_, instruction.second));
      break;
    case kMemoryCopy:
      memory.Copy(Memory(*info_, instruction.first), Memory(*info_, instruction.second));
      break;
    case kTableFill:
      (writer = &table)->Fill(Table(*info_, instruction.first));
      break;
    case kTableInit:
      (writer = &table)->Init(Table(*info_, instruction.second));
      break;
    case kTableCopy:
      (writer = &table)->Copy(Table(*info_, instruction.first), Table(*info_, instruction.second));
      break;
  }
  function_entries_.U32(TypeOf(instruction));
  bodies_.Sized(std::move(*writer).Take());
  return next;
}

uint32_t BulkFunctions::TypeOf(const BulkInstruction& instruction) {
  const auto [opcode, first, second] = instruction;
  CoreEncoder params;
  switch (opcode) {
    case kMemoryFill: {
      const bool is64 = info_->memories[first].limits.is64;
      params.Append(AddressType(is64)).Byte(kI32).Append(AddressType(is64));
      break;
    }
    case kMemoryInit:
      params.Append(AddressType(info_->memories[second].limits.is64)).Bytes({kI32, kI32});
      break;
    case kTableInit:
      params.Append(AddressType(info_->tables[second].limits.is64)).Bytes({kI32, kI32});
      break;
    case kMemoryCopy:
    case kTableCopy: {
      const bool is_table = opcode == kTableCopy;
      const Space to = is_table ? Table(*info_, first) : Memory(*info_, first);
      const Space from = is_table ? Table(*info_, second) : Memory(*info_, second);
      params.Append(AddressType(to.is64)).Append(AddressType(from.is64));
      params.Append(AddressType(to.is64 && from.is64));
      break;
    }
    default: {  // table.fill
      const CoreTableType& table = info_->tables[first];
      params.Append(AddressType(table.limits.is64));
      AppendValType(table.element, params);
      params.Append(AddressType(table.limits.is64));
      break;
    }
  }
  CoreEncoder type;
  type.Byte(kFuncType).U32(3).Append(params).U32(0);
  const auto next = static_cast<uint32_t>(info_->types.size() + types_.size());
  const auto [known, is_new] = types_.try_emplace(std::string(type.view()), next);
  if (is_new) type_entries_.Append(type);
  return known->second;
}

}  // namespace davit::wasm
