#ifndef DAVIT_RUNTIME_WASM_INSTRUCTION_COST_H_
#define DAVIT_RUNTIME_WASM_INSTRUCTION_COST_H_

#include <cstdint>

#include "runtime/wasm/core_instructions.h"

// What V8's compilers make of one instruction, as measured (tests/bench/compile_cost). A unit
// stands for 64 bytes that the optimising compiler keeps for a moment, or two bytes of code, or a
// microsecond, whichever is most; the operands that an instruction finds on the stack are not in
// it.
namespace davit::wasm {

uint32_t UnitsOf(Opcode opcode);

// Of each param and result of a call: it is moved to where the callee wants it.
inline constexpr uint32_t kUnitsPerOperand = 16;
// Of each value that is thrown, or caught: it is written into, or read from, an object.
inline constexpr uint32_t kUnitsPerThrown = 24;
// Of each label of a br_table, and each clause of a try_table.
inline constexpr uint32_t kUnitsPerLabel = 32;
// Of a call besides its own, where something catches what it throws.
inline constexpr uint32_t kUnitsPerCaughtCall = 128;

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_INSTRUCTION_COST_H_
