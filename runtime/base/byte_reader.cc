#include "runtime/base/byte_reader.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "simdutf.h"

namespace davit::base {
namespace {

// Whether the last possible byte of an integer holds nothing beyond its `kBits` remaining bits:
// zero bits above them, or for a signed integer copies of its sign.
template <int kBits, bool kSigned>
bool LastByteFits(uint8_t byte) {
  if constexpr (kSigned) {
    const int value = static_cast<int8_t>(byte << 1) >> 1;
    return value >= -(1 << (kBits - 1)) && value < (1 << (kBits - 1));
  } else {
    return (byte >> kBits) == 0;
  }
}

int64_t SignExtend(uint64_t value, int bits) {
  const int unused = 64 - std::min(bits, 64);
  return static_cast<int64_t>(value << unused) >> unused;
}

}  // namespace

template <typename T, int kBits, bool kSigned>
absl::StatusOr<T> ByteReader::Leb(std::string_view what) {
  constexpr int kMaxBytes = (kBits + 6) / 7;
  constexpr int kLastBits = kBits - 7 * (kMaxBytes - 1);
  uint64_t value = 0;
  for (int i = 0; i < kMaxBytes; ++i) {
    if (pos_ + i == end_) return UnexpectedEnd(what);
    const uint8_t byte = pos_[i];
    value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if (byte & 0x80) continue;
    if (i == kMaxBytes - 1 && !LastByteFits<kLastBits, kSigned>(byte)) {
      return Error(absl::StrCat(what, ": integer too large"));
    }
    pos_ += i + 1;
    return static_cast<T>(kSigned ? SignExtend(value, 7 * (i + 1)) : static_cast<int64_t>(value));
  }
  return Error(absl::StrCat(what, ": integer representation too long"));
}

template absl::StatusOr<uint32_t> ByteReader::Leb<uint32_t, 32, false>(std::string_view);
template absl::StatusOr<uint64_t> ByteReader::Leb<uint64_t, 64, false>(std::string_view);
template absl::StatusOr<int32_t> ByteReader::Leb<int32_t, 32, true>(std::string_view);
template absl::StatusOr<int64_t> ByteReader::Leb<int64_t, 33, true>(std::string_view);
template absl::StatusOr<int64_t> ByteReader::Leb<int64_t, 64, true>(std::string_view);

absl::StatusOr<uint32_t> ByteReader::Count(std::string_view what, uint32_t limit) {
  const ByteReader start = *this;
  DAVIT_ASSIGN_OR_RETURN(const uint32_t count, U32(what));
  if (count > limit) return start.Error(absl::StrCat(what, " exceeds the limit of ", limit));
  if (count > remaining()) {
    return start.Error(absl::StrCat("unexpected end: ", what, " ", count, " exceeds the ",
                                    remaining(), " bytes left"));
  }
  return count;
}

absl::StatusOr<std::string_view> ByteReader::Name(std::string_view what, uint32_t max_bytes) {
  const ByteReader start = *this;
  DAVIT_ASSIGN_OR_RETURN(const uint32_t length, U32(what));
  if (length > max_bytes) {
    return start.Error(absl::StrCat(what, " exceeds the limit of ", max_bytes, " bytes"));
  }
  DAVIT_ASSIGN_OR_RETURN(const std::span<const uint8_t> bytes, Bytes(length, what));
  const std::string_view name(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!simdutf::validate_utf8(name.data(), name.size())) {
    return start.Error(absl::StrCat(what, ": malformed UTF-8 encoding"));
  }
  return name;
}

absl::StatusOr<ByteReader> ByteReader::Sub(size_t n, std::string_view what) {
  const uint64_t start = offset();
  DAVIT_ASSIGN_OR_RETURN(const std::span<const uint8_t> bytes, Bytes(n, what));
  return ByteReader(bytes, start);
}

absl::Status ByteReader::ExpectDone(std::string_view what) const {
  if (done()) return absl::OkStatus();
  return Error(absl::StrCat(what, ": ", remaining(), " unexpected bytes at the end"));
}

absl::Status ByteReader::Error(std::string_view rule) const {
  return BinaryError(BinaryFault::kMalformed, offset(), rule);
}

absl::Status ByteReader::UnexpectedEnd(std::string_view what) const {
  return Error(absl::StrCat("unexpected end: want ", what));
}

}  // namespace davit::base
