#ifndef DAVIT_RUNTIME_WASM_CORE_ENCODER_H_
#define DAVIT_RUNTIME_WASM_CORE_ENCODER_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "runtime/wasm/core_sections.h"

namespace davit::wasm {

// Appends the primitives of the core WebAssembly binary format to a string. Everything that has a
// length or count in front (a section, a function body) is encoded on its own and then appended.
// Calls chain. Not thread-safe. Spec: WebAssembly core, Binary Format.
//
//   CoreEncoder types;
//   types.U32(1).Byte(0x60).U32(0).U32(0);
//   std::string module = CoreEncoder().Preamble().Section(CoreSectionId::kType, types).Take();
class CoreEncoder {
 public:
  // The preamble of a core module.
  CoreEncoder& Preamble();
  CoreEncoder& Byte(uint8_t byte);
  CoreEncoder& Bytes(std::initializer_list<uint8_t> bytes);
  CoreEncoder& Bytes(std::span<const uint8_t> bytes);
  CoreEncoder& Bytes(std::string_view bytes);
  CoreEncoder& Append(const CoreEncoder& other) { return Bytes(other.view()); }
  // Shortest LEB128.
  CoreEncoder& U32(uint32_t value) { return U64(value); }
  CoreEncoder& U64(uint64_t value);
  CoreEncoder& S32(int32_t value) { return S64(value); }
  CoreEncoder& S64(int64_t value);
  // u32 length, then the bytes.
  CoreEncoder& Name(std::string_view name) { return U32(Size(name)).Bytes(name); }
  // u32 size, then the contents: a function body.
  CoreEncoder& Sized(const CoreEncoder& contents) { return Name(contents.view()); }
  CoreEncoder& Section(CoreSectionId id, const CoreEncoder& contents) {
    return Byte(static_cast<uint8_t>(id)).Sized(contents);
  }

  std::string_view view() const { return bytes_; }
  // What was appended; the encoder is empty afterwards.
  std::string Take();

 private:
  // REQUIRES: shorter than 4 GiB, as a module is.
  static uint32_t Size(std::string_view bytes) { return static_cast<uint32_t>(bytes.size()); }

  std::string bytes_;
};

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_CORE_ENCODER_H_
