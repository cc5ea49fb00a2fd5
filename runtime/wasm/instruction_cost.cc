#include "runtime/wasm/instruction_cost.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace davit::wasm {
namespace {

// Instructions with neighbouring opcodes that cost alike. Later ranges overrule earlier ones.
struct Range {
  uint16_t first, last;
  uint16_t units;
};

// What only names a value, or nothing at all.
constexpr uint16_t kName = 2;
// An operation that becomes an instruction of the machine or two.
constexpr uint16_t kSimple = 4;
// An access to memory, with its address and bounds.
constexpr uint16_t kAccess = 16;
// Anything with a trap or a slow path, or a call.
constexpr uint16_t kTrap = 64;
// Conversions for which the machine has no instruction: several blocks each.
constexpr uint16_t kConversion = 160;
// Loops, and what catches exceptions.
constexpr uint16_t kScope = 256;
// The optimiser's time for these may grow with the square of their number in a function.
constexpr uint16_t kJump = 128;
constexpr uint16_t kReference = 400;
constexpr uint16_t kTableAccess = 800;

constexpr Range kPlain[] = {
    {0x00, 0xff, kSimple},       // what is not named below
    {0x00, 0x02, kName},         // unreachable, nop, block
    {0x03, 0x03, kScope},        // loop
    {0x04, 0x04, kJump},         // if
    {0x05, 0x05, kName},         // else
    {0x06, 0x07, kScope},        // try, catch
    {0x08, 0x0a, kTrap},         // throw, rethrow, throw_ref
    {0x0b, 0x0b, kName},         // end
    {0x0c, 0x0d, kJump},         // br, br_if
    {0x0e, 0x0f, kTrap},         // br_table, return
    {0x10, 0x10, kTrap},         // call
    {0x11, 0x11, kJump},         // call_indirect
    {0x12, 0x12, kTrap},         // return_call
    {0x13, 0x13, kJump},         // return_call_indirect
    {0x14, 0x15, kReference},    // call_ref, return_call_ref
    {0x18, 0x19, kScope},        // delegate, catch_all
    {0x1a, 0x1a, kName},         // drop
    {0x1f, 0x1f, kScope},        // try_table
    {0x20, 0x22, kName},         // local.get, .set, .tee
    {0x23, 0x24, kAccess},       // global.get, .set
    {0x25, 0x26, kTableAccess},  // table.get, .set
    {0x28, 0x3f, kAccess},       // loads and stores
    {0x40, 0x40, 32},            // memory.grow
    {0x41, 0x44, kName},         // constants
    {0x6d, 0x70, kTrap},         // i32: div, rem
    {0x7f, 0x82, kTrap},         // i64: div, rem
    {0x98, 0x98, 24},            // f32.copysign
    {0xa6, 0xa6, 24},            // f64.copysign
    {0xa8, 0xab, kTrap},         // i32.trunc
    {0xae, 0xaf, kTrap},         // i64.trunc_f32_s
    {0xb0, 0xb1, kConversion},   // i64.trunc_f64
    {0xaf, 0xaf, kConversion},   // i64.trunc_f32_u
    {0xb5, 0xb5, kConversion},   // f32.convert_i64_u
    {0xba, 0xba, kConversion},   // f64.convert_i64_u
    {0xd0, 0xd0, kName},         // ref.null
    {0xd3, 0xd4, kTrap},         // ref.eq, ref.as_non_null
    {0xd5, 0xd6, kJump},         // br_on_null, br_on_non_null
};

constexpr Range kGc[] = {
    {0, 30, kTrap},
};

constexpr Range kBulk[] = {
    {0, 3, 96},           // i32.trunc_sat
    {4, 7, kConversion},  // i64.trunc_sat
    {8, 17, kJump},       // calls of generated functions (bulk_functions.h)
    {9, 9, kTrap},        // data.drop
    {13, 13, kTrap},      // elem.drop
    {16, 16, kSimple},    // table.size
};

constexpr Range kVector[] = {
    {0x00, 0x113, kAccess},
    {0x62, 0x62, 32},  // i8x16.popcnt
    {0xf8, 0xff, 32},  // conversions
    {0x101, 0x104, 32},
};

constexpr Range kAtomic[] = {
    {0x00, 0x4e, kTrap},
};

template <size_t kSize, size_t kRanges>
constexpr std::array<uint16_t, kSize> Expand(const Range (&ranges)[kRanges]) {
  std::array<uint16_t, kSize> table = {};
  for (const Range& range : ranges) {
    for (size_t i = range.first; i <= range.last; ++i) table[i] = range.units;
  }
  return table;
}

constexpr auto kPlainTable = Expand<0x100>(kPlain);
constexpr auto kGcTable = Expand<31>(kGc);
constexpr auto kBulkTable = Expand<18>(kBulk);
constexpr auto kVectorTable = Expand<0x114>(kVector);
constexpr auto kAtomicTable = Expand<0x4f>(kAtomic);

std::span<const uint16_t> TableOf(uint32_t prefix) {
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

uint32_t UnitsOf(Opcode opcode) {
  constexpr int kPrefixShift = 16;
  const auto table = TableOf(opcode >> kPrefixShift);
  const uint32_t index = opcode & ((1u << kPrefixShift) - 1);
  return index < table.size() ? table[index] : 0;
}

}  // namespace davit::wasm
