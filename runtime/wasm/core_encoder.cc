#include "runtime/wasm/core_encoder.h"

#include <utility>

namespace davit::wasm {

CoreEncoder& CoreEncoder::Preamble() { return Bytes(std::span<const uint8_t>(kCorePreamble)); }

CoreEncoder& CoreEncoder::Byte(uint8_t byte) {
  bytes_.push_back(static_cast<char>(byte));
  return *this;
}

CoreEncoder& CoreEncoder::Bytes(std::initializer_list<uint8_t> bytes) {
  bytes_.append(bytes.begin(), bytes.end());
  return *this;
}

CoreEncoder& CoreEncoder::Bytes(std::span<const uint8_t> bytes) {
  bytes_.append(bytes.begin(), bytes.end());
  return *this;
}

CoreEncoder& CoreEncoder::Bytes(std::string_view bytes) {
  bytes_.append(bytes);
  return *this;
}

CoreEncoder& CoreEncoder::U64(uint64_t value) {
  while (value >= 0x80) {
    Byte(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  return Byte(static_cast<uint8_t>(value));
}

CoreEncoder& CoreEncoder::S64(int64_t value) {
  // One byte holds seven bits of which the topmost is the sign.
  while (value < -0x40 || value >= 0x40) {
    Byte(static_cast<uint8_t>(value | 0x80));
    value >>= 7;
  }
  return Byte(static_cast<uint8_t>(value & 0x7f));
}

std::string CoreEncoder::Take() { return std::exchange(bytes_, {}); }

}  // namespace davit::wasm
