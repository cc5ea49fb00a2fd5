#ifndef DAVIT_RUNTIME_BASE_BYTE_READER_H_
#define DAVIT_RUNTIME_BASE_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace davit::base {

// Reads the primitives of the WebAssembly binary formats from a byte span, which must outlive it.
// Every read says what it wanted; every error is a BinaryError(kMalformed) with the absolute
// offset at which that read began. A failed read leaves the position unspecified. Not thread-safe;
// cheap to copy.
class ByteReader {
 public:
  explicit ByteReader(std::span<const uint8_t> bytes, uint64_t base_offset = 0)
      : begin_(bytes.data()),
        pos_(bytes.data()),
        end_(bytes.data() + bytes.size()),
        base_(base_offset) {}

  // Absolute offset of the next byte.
  uint64_t offset() const { return base_ + static_cast<uint64_t>(pos_ - begin_); }
  size_t remaining() const { return static_cast<size_t>(end_ - pos_); }
  bool done() const { return pos_ == end_; }
  std::span<const uint8_t> rest() const { return {pos_, remaining()}; }

  absl::StatusOr<uint8_t> Byte(std::string_view what);
  // The next byte without consuming it.
  absl::StatusOr<uint8_t> Peek(std::string_view what) const;
  // LEB128 as the core specification bounds it: at most ceil(N/7) bytes, unused bits zero (u) or
  // sign-extended (s). Spec: WebAssembly core, Binary Format, Integers.
  absl::StatusOr<uint32_t> U32(std::string_view what);
  absl::StatusOr<uint64_t> U64(std::string_view what);
  absl::StatusOr<int32_t> S32(std::string_view what);
  absl::StatusOr<int64_t> S33(std::string_view what);
  absl::StatusOr<int64_t> S64(std::string_view what);
  // A count of items that take at least one byte each: an error when it exceeds `limit` or the
  // remaining bytes, so that it may be reserved.
  absl::StatusOr<uint32_t> Count(std::string_view what, uint32_t limit);
  absl::StatusOr<std::span<const uint8_t>> Bytes(size_t n, std::string_view what);
  // u32 length + that many bytes of valid UTF-8; the view lives as long as the underlying span.
  absl::StatusOr<std::string_view> Name(std::string_view what, uint32_t max_bytes);
  // A reader over the next `n` bytes, which are consumed here.
  absl::StatusOr<ByteReader> Sub(size_t n, std::string_view what);
  // kMalformed unless everything was consumed.
  absl::Status ExpectDone(std::string_view what) const;
  // A kMalformed error at the current offset.
  absl::Status Error(std::string_view rule) const;

 private:
  // All lengths; the inlined readers take the single-byte case, which is nearly every one.
  template <typename T, int kBits, bool kSigned>
  absl::StatusOr<T> Leb(std::string_view what);
  absl::Status UnexpectedEnd(std::string_view what) const;

  const uint8_t* begin_;
  const uint8_t* pos_;
  const uint8_t* end_;
  uint64_t base_;
};

inline absl::StatusOr<uint8_t> ByteReader::Byte(std::string_view what) {
  if (pos_ == end_) [[unlikely]]
    return UnexpectedEnd(what);
  return *pos_++;
}

inline absl::StatusOr<uint8_t> ByteReader::Peek(std::string_view what) const {
  if (pos_ == end_) [[unlikely]]
    return UnexpectedEnd(what);
  return *pos_;
}

inline absl::StatusOr<uint32_t> ByteReader::U32(std::string_view what) {
  if (pos_ != end_ && *pos_ < 0x80) [[likely]]
    return uint32_t{*pos_++};
  return Leb<uint32_t, 32, false>(what);
}

inline absl::StatusOr<uint64_t> ByteReader::U64(std::string_view what) {
  if (pos_ != end_ && *pos_ < 0x80) [[likely]]
    return uint64_t{*pos_++};
  return Leb<uint64_t, 64, false>(what);
}

inline absl::StatusOr<int32_t> ByteReader::S32(std::string_view what) {
  return Leb<int32_t, 32, true>(what);
}

inline absl::StatusOr<int64_t> ByteReader::S33(std::string_view what) {
  return Leb<int64_t, 33, true>(what);
}

inline absl::StatusOr<int64_t> ByteReader::S64(std::string_view what) {
  return Leb<int64_t, 64, true>(what);
}

inline absl::StatusOr<std::span<const uint8_t>> ByteReader::Bytes(size_t n, std::string_view what) {
  if (n > remaining()) [[unlikely]]
    return UnexpectedEnd(what);
  const std::span<const uint8_t> bytes(pos_, n);
  pos_ += n;
  return bytes;
}

}  // namespace davit::base

#endif  // DAVIT_RUNTIME_BASE_BYTE_READER_H_
