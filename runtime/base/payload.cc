#include "runtime/base/payload.h"

namespace davit::base {

PayloadWriter& PayloadWriter::Number(uint64_t number) {
  for (; number >= 0x80; number >>= 7) {
    bytes_.push_back(static_cast<char>(0x80 | (number & 0x7f)));
  }
  bytes_.push_back(static_cast<char>(number));
  return *this;
}

PayloadWriter& PayloadWriter::Text(std::string_view text) {
  Number(text.size());
  bytes_.append(text);
  return *this;
}

absl::Cord PayloadWriter::Take() && { return absl::Cord(std::string_view(bytes_)); }

uint64_t PayloadReader::Fail() {
  ok_ = false;
  rest_ = {};
  return 0;
}

uint64_t PayloadReader::Number() {
  uint64_t number = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) return Fail();
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    number |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return number;
  }
  return Fail();
}

uint64_t PayloadReader::NumberUpTo(uint64_t max) {
  const uint64_t number = Number();
  return number <= max ? number : Fail();
}

std::string PayloadReader::Text() {
  const uint64_t length = Number();
  if (length > rest_.size()) {
    Fail();
    return {};
  }
  std::string text(rest_.substr(0, length));
  rest_.remove_prefix(length);
  return text;
}

}  // namespace davit::base
