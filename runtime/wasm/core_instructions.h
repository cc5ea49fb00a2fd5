#ifndef DAVIT_RUNTIME_WASM_CORE_INSTRUCTIONS_H_
#define DAVIT_RUNTIME_WASM_CORE_INSTRUCTIONS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "runtime/base/byte_reader.h"

// The instructions of core WebAssembly 3.0 (and the older exception handling), as far as one must
// know them to step through a function body. Spec: WebAssembly core, Binary Format, Instructions.
namespace davit::wasm {

// What follows an opcode.
enum class Immediates : uint8_t {
  kUnknownInstruction,
  kNone,
  kByte,        // a lane, or a reserved byte
  kBytes4,      // f32.const
  kBytes8,      // f64.const
  kBytes16,     // v128.const, a shuffle
  kSigned,      // i32.const, i64.const
  kIndex,       // of anything
  kTwoIndices,  // of anything, or an index and a count
  kMemory,      // alignment, perhaps a memory, offset
  kMemoryLane,  // these and a lane
  kHeapType,
  kCast,  // of br_on_cast: flags, label, two heap types
  kTypes,
  kBlockType,
  kLabels,      // of br_table
  kTryHandlers  // of try_table: a block type and catch clauses
};

struct Instruction {
  Immediates immediates = Immediates::kUnknownInstruction;
  // Values pushed less values popped, for instructions where neither types nor control decide.
  int8_t net = 0;
  // Compilers keep something of all locals and operands at this place: a label, a call, an
  // allocation.
  bool keeps_state = false;
};

// An opcode with its prefix: the byte itself, or (prefix << 16) + what follows 0xfb to 0xfe.
using Opcode = uint32_t;

enum : Opcode {
  kUnreachable = 0x00,
  kBlock = 0x02,
  kLoop = 0x03,
  kIf = 0x04,
  kElse = 0x05,
  kTry = 0x06,
  kCatch = 0x07,
  kThrow = 0x08,
  kRethrow = 0x09,
  kThrowRef = 0x0a,
  kEnd = 0x0b,
  kBr = 0x0c,
  kBrTable = 0x0e,
  kReturn = 0x0f,
  kCall = 0x10,
  kCallIndirect = 0x11,
  kReturnCall = 0x12,
  kReturnCallIndirect = 0x13,
  kCallRef = 0x14,
  kReturnCallRef = 0x15,
  kDelegate = 0x18,
  kCatchAll = 0x19,
  kTryTable = 0x1f,
  kTableGet = 0x25,
  kTableSet = 0x26,
  kMemoryGrow = 0x40,
  kRefFunc = 0xd2,
  kStructNew = 0xfb'0000,
  kStructNewDefault = 0xfb'0001,
  kArrayNewFixed = 0xfb'0008,
  kMemoryInit = 0xfc'0008,
  kDataDrop = 0xfc'0009,
  kMemoryCopy = 0xfc'000a,
  kMemoryFill = 0xfc'000b,
  kTableInit = 0xfc'000c,
  kElemDrop = 0xfc'000d,
  kTableCopy = 0xfc'000e,
  kTableGrow = 0xfc'000f,
  kTableFill = 0xfc'0011,
};

// Passes over the locals that a function body begins with. Errors: BinaryError(kMalformed).
absl::Status SkipLocals(base::ByteReader& body);

// Reads an opcode. Errors: BinaryError(kMalformed).
absl::StatusOr<Opcode> ReadOpcode(base::ByteReader& reader);

// kUnknownInstruction for what is none.
Instruction InstructionOf(Opcode opcode);

// Passes over what follows an opcode. Errors: BinaryError(kMalformed), also for an unknown one.
absl::Status SkipImmediates(base::ByteReader& reader, Immediates immediates);

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_INSTRUCTIONS_H_
