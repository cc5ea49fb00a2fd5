#ifndef DAVIT_TESTS_HOSTILE_CORE_CODE_H_
#define DAVIT_TESTS_HOSTILE_CORE_CODE_H_

#include <cstdint>
#include <string_view>

#include "runtime/wasm/core_encoder.h"
#include "runtime/wasm/core_instructions.h"

namespace davit::hostile {

enum ValType : uint8_t {
  kI32 = 0x7f,
  kI64 = 0x7e,
  kF32 = 0x7d,
  kF64 = 0x7c,
  kV128 = 0x7b,
  kFuncRef = 0x70,
  kExternRef = 0x6f,
};

inline constexpr wasm::Opcode kDrop = 0x1a, kLocalGet = 0x20, kLocalSet = 0x21, kGlobalGet = 0x23,
                              kBrIf = 0x0d, kTableGet = 0x25, kMemorySize = 0x3f,
                              kMemoryGrow = 0x40, kI32Eqz = 0x45, kI32Add = 0x6a, kI32Sub = 0x6b,
                              kRefNull = 0xd0, kRefFunc = 0xd2, kMemoryInit = 0xfc'0008,
                              kMemoryCopy = 0xfc'000a, kMemoryFill = 0xfc'000b;

// Instructions of core WebAssembly, one after the other. Calls chain.
class Code {
 public:
  Code& I32(int32_t value) { return Byte(0x41).S64(value); }
  Code& I64(int64_t value) { return Byte(0x42).S64(value); }
  // An instruction with up to two indices after it.
  Code& Op(wasm::Opcode opcode) {
    if (opcode > 0xff) return Byte(static_cast<uint8_t>(opcode >> 16)).U32(opcode & 0xffff);
    return Byte(static_cast<uint8_t>(opcode));
  }
  Code& Op(wasm::Opcode opcode, uint32_t index) { return Op(opcode).U32(index); }
  Code& Op(wasm::Opcode opcode, uint32_t first, uint32_t second) {
    return Op(opcode).U32(first).U32(second);
  }
  Code& Get(uint32_t local) { return Op(kLocalGet, local); }
  Code& Set(uint32_t local) { return Op(kLocalSet, local); }
  Code& Call(uint32_t func) { return Op(wasm::kCall, func); }
  // Blocks without parameters and results; each wants its End().
  Code& Block() { return Byte(wasm::kBlock).Byte(0x40); }
  Code& Loop() { return Byte(wasm::kLoop).Byte(0x40); }
  Code& If() { return Byte(wasm::kIf).Byte(0x40); }
  Code& End() { return Byte(wasm::kEnd); }
  // `part` so many times in a straight line.
  Code& Times(uint32_t count, const Code& part) {
    for (uint32_t i = 0; i < count; ++i) bytes_.Append(part.bytes_);
    return *this;
  }
  // `part` again and again, for ever.
  Code& Forever(const Code& part) { return Loop().Times(1, part).Op(wasm::kBr, 0).End(); }
  // `part` as often as the value of `local` says, at least once; the local is 0 then.
  Code& Repeat(uint32_t local, const Code& part) {
    Loop().Times(1, part).Get(local).I32(1).Op(kI32Sub).Op(0x22, local);  // local.tee
    return Op(kBrIf, 0).End();
  }

  Code& Byte(uint8_t byte) {
    bytes_.Byte(byte);
    return *this;
  }
  Code& U32(uint32_t value) {
    bytes_.U32(value);
    return *this;
  }
  Code& S64(int64_t value) {
    bytes_.S64(value);
    return *this;
  }
  Code& Bytes(std::string_view bytes) {
    bytes_.Bytes(bytes);
    return *this;
  }
  std::string_view view() const { return bytes_.view(); }

 private:
  wasm::CoreEncoder bytes_;
};

}  // namespace davit::hostile

#endif  // DAVIT_TESTS_HOSTILE_CORE_CODE_H_
