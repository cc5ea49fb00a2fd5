#include "runtime/wasi/filesystem/file_streams.h"

#include <algorithm>
#include <expected>
#include <string>

namespace davit::wasi::filesystem {
namespace {

// Of one read ahead, and what is written at a time.
constexpr size_t kPieceBytes = 64 * 1024;

std::span<std::byte> AsBytes(std::span<uint8_t> bytes) { return std::as_writable_bytes(bytes); }

io::StreamEnd Failed(fs::Error error) {
  return io::StreamEnd::Failed(
      {.text = std::string(fs::ErrorName(error)), .code = io::FailureCode(error)});
}

}  // namespace

FileSource::Piece FileSource::ReadPiece(const fs::FileReader& file, uint64_t offset, bool now) {
  Piece piece{.bytes = std::vector<uint8_t>(kPieceBytes)};
  const std::span<std::byte> into = AsBytes(piece.bytes);
  const fs::Result<fs::ReadResult> read =
      now ? file.ReadNow(into, offset) : file.Read(into, offset);
  piece.bytes.resize(read ? read->size : 0);
  if (!read) piece.error = read.error();
  return piece;
}

bool FileSource::ReadAhead() {
  if (is_closed_ || ahead_) return true;
  if (job_ == nullptr) {
    Piece piece = ReadPiece(file_, offset_, /*now=*/true);
    if (piece.error != fs::Error::kWouldBlock) {
      ahead_ = std::move(piece);
      return true;
    }
    job_ = io::Job<Piece>::Start(
        pool_, [file = file_, offset = offset_] { return ReadPiece(file, offset, /*now=*/false); });
  }
  if (!job_->Ready()) return false;
  ahead_ = job_->Take();
  job_ = nullptr;
  return true;
}

bool FileSource::Ready() { return !file_.MayBlock() || ReadAhead(); }

void FileSource::Arm(const io::Waker& waker) {
  if (Ready()) {
    waker.Wake();
  } else {
    job_->Arm(waker);
  }
}

io::StreamResult<size_t> FileSource::End() {
  is_closed_ = true;
  return std::unexpected(io::StreamEnd::Closed());
}

io::StreamResult<size_t> FileSource::Read(std::span<uint8_t> out) {
  if (is_closed_) return End();
  if (out.empty()) return 0;
  if (!file_.MayBlock()) {
    const fs::Result<fs::ReadResult> read = file_.Read(AsBytes(out), offset_);
    if (!read) {
      is_closed_ = true;
      return std::unexpected(Failed(read.error()));
    }
    if (read->size == 0) return End();
    offset_ += read->size;
    return read->size;
  }
  if (!ReadAhead()) return 0;
  if (ahead_->error) {
    is_closed_ = true;
    return std::unexpected(Failed(*ahead_->error));
  }
  if (ahead_->bytes.empty()) return End();
  const size_t count = std::min(out.size(), ahead_->bytes.size() - used_);
  std::copy_n(ahead_->bytes.begin() + static_cast<ptrdiff_t>(used_), count, out.begin());
  used_ += count;
  offset_ += count;
  if (used_ == ahead_->bytes.size()) {
    ahead_.reset();
    used_ = 0;
  }
  return count;
}

fs::Result<void> FileSink::WriteAll(const fs::FileWriter& file, std::optional<uint64_t> offset,
                                    std::span<const uint8_t> bytes) {
  std::span<const std::byte> rest = std::as_bytes(bytes);
  while (!rest.empty()) {
    const fs::Result<size_t> written = offset ? file.Write(rest, *offset) : file.Append(rest);
    if (!written) return std::unexpected(written.error());
    if (*written == 0) return std::unexpected(fs::Error::kIo);
    if (offset) *offset += *written;
    rest = rest.subspan(*written);
  }
  return {};
}

io::StreamResult<void> FileSink::Settle() {
  if (is_closed_) return std::unexpected(io::StreamEnd::Closed());
  if (job_ == nullptr || !job_->Ready()) return {};
  const fs::Result<void> result = std::exchange(job_, nullptr)->Take();
  if (result) return {};
  is_closed_ = true;
  return std::unexpected(Failed(result.error()));
}

bool FileSink::Ready() { return is_closed_ || job_ == nullptr || job_->Ready(); }

void FileSink::Arm(const io::Waker& waker) {
  if (Ready()) {
    waker.Wake();
  } else {
    job_->Arm(waker);
  }
}

io::StreamResult<size_t> FileSink::Room() {
  if (const io::StreamResult<void> settled = Settle(); !settled) {
    return std::unexpected(settled.error());
  }
  return job_ == nullptr ? kPieceBytes : 0;
}

io::StreamResult<void> FileSink::Write(std::span<const uint8_t> bytes) {
  if (is_closed_) return std::unexpected(io::StreamEnd::Closed());
  const std::optional<uint64_t> offset = offset_;
  if (offset_) *offset_ += bytes.size();
  if (!file_.MayBlock()) {
    const fs::Result<void> written = WriteAll(file_, offset, bytes);
    if (written) return {};
    is_closed_ = true;
    return std::unexpected(Failed(written.error()));
  }
  job_ = io::Job<fs::Result<void>>::Start(
      pool_, [file = file_, offset, copy = std::vector<uint8_t>(bytes.begin(), bytes.end())] {
        return WriteAll(file, offset, copy);
      });
  return {};
}

io::StreamResult<bool> FileSink::IsFlushed() {
  if (const io::StreamResult<void> settled = Settle(); !settled) {
    return std::unexpected(settled.error());
  }
  return job_ == nullptr;
}

}  // namespace davit::wasi::filesystem
