#include "runtime/wasi/io/streams.h"

#include <algorithm>
#include <expected>
#include <utility>

#include "runtime/base/trap.h"

namespace davit::wasi::io {
namespace {

size_t AtOnce(uint64_t length) {
  return static_cast<size_t>(std::min<uint64_t>(length, kMostBytesAtOnce));
}

absl::Status WriteWithoutPermit() {
  return base::TrapStatus(base::TrapCode::kHostError,
                          "a write of more bytes than check-write has permitted");
}

}  // namespace

StreamResult<std::vector<uint8_t>> InputStream::Read(uint64_t length) {
  std::vector<uint8_t> bytes(source_->Ready() ? AtOnce(length) : 0);
  const StreamResult<size_t> count = source_->Read(bytes);
  if (!count) return std::unexpected(count.error());
  bytes.resize(*count);
  return bytes;
}

StreamResult<uint64_t> InputStream::Skip(uint64_t length) {
  const StreamResult<std::vector<uint8_t>> bytes = Read(length);
  if (!bytes) return std::unexpected(bytes.error());
  return bytes->size();
}

StreamResult<uint64_t> OutputStream::CheckWrite() {
  permit_ = 0;
  const StreamResult<size_t> room = sink_->Room();
  if (!room) return std::unexpected(room.error());
  permit_ = *room;
  return permit_;
}

absl::StatusOr<StreamResult<void>> OutputStream::Write(std::span<const uint8_t> bytes) {
  if (bytes.size() > std::exchange(permit_, 0)) return WriteWithoutPermit();
  if (bytes.empty()) return StreamResult<void>();
  return sink_->Write(bytes);
}

absl::StatusOr<StreamResult<void>> OutputStream::WriteZeroes(uint64_t length) {
  if (length > std::exchange(permit_, 0)) return WriteWithoutPermit();
  if (length == 0) return StreamResult<void>();
  return sink_->Write(std::vector<uint8_t>(length));  // Which the permit bounds.
}

StreamResult<void> OutputStream::Flush() {
  permit_ = 0;
  return sink_->Flush();
}

StreamResult<uint64_t> OutputStream::Splice(InputStream& source, uint64_t length) {
  const StreamResult<uint64_t> room = CheckWrite();
  if (!room) return room;
  permit_ = 0;
  const StreamResult<std::vector<uint8_t>> bytes = source.Read(std::min(length, *room));
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->empty()) return 0;
  if (const StreamResult<void> written = sink_->Write(*bytes); !written) {
    return std::unexpected(written.error());
  }
  return bytes->size();
}

bool BlockingWrite::Advance(StreamResult<void>& result) {
  result = StreamResult<void>();
  while (written_ < bytes_.size()) {
    const StreamResult<uint64_t> room = stream_.CheckWrite();
    if (!room) {
      result = std::unexpected(room.error());
      return true;
    }
    if (*room == 0) return false;
    const std::span<const uint8_t> rest = std::span(bytes_).subspan(written_);
    const std::span<const uint8_t> now = rest.first(std::min<uint64_t>(rest.size(), *room));
    result = stream_.sink()->Write(now);
    if (!result) return true;
    written_ += now.size();
  }
  if (!std::exchange(is_flushing_, true)) {
    result = stream_.Flush();
    if (!result) return true;
  }
  const StreamResult<bool> flushed = stream_.sink()->IsFlushed();
  if (!flushed) result = std::unexpected(flushed.error());
  return flushed.value_or(true);
}

}  // namespace davit::wasi::io
