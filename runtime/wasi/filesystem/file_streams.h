#ifndef DAVIT_RUNTIME_WASI_FILESYSTEM_FILE_STREAMS_H_
#define DAVIT_RUNTIME_WASI_FILESYSTEM_FILE_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "runtime/wasi/fs/descriptor.h"
#include "runtime/wasi/io/blocking_pool.h"
#include "runtime/wasi/io/stream.h"

// Files as streams. Each has an offset of its own.
namespace davit::wasi::filesystem {

// Reads a file from an offset on. What a disk may have to be waited for is read ahead, by the pool
// where it is not at hand.
class FileSource final : public io::ByteSource {
 public:
  // `pool` must outlive it.
  FileSource(fs::FileReader file, uint64_t offset, io::BlockingPool& pool)
      : file_(std::move(file)), offset_(offset), pool_(pool) {}

  bool Ready() override;
  void Arm(const io::Waker& waker) override;
  io::StreamResult<size_t> Read(std::span<uint8_t> out) override;

 private:
  // Of one read: bytes, none at the end.
  struct Piece {
    std::vector<uint8_t> bytes;
    std::optional<fs::Error> error;
  };

  static Piece ReadPiece(const fs::FileReader& file, uint64_t offset, bool now);
  // Has something to give, be it the end, or lets the pool get it.
  bool ReadAhead();
  io::StreamResult<size_t> End();

  const fs::FileReader file_;
  uint64_t offset_;
  io::BlockingPool& pool_;
  bool is_closed_ = false;
  std::optional<Piece> ahead_;
  size_t used_ = 0;  // of ahead_
  std::shared_ptr<io::Job<Piece>> job_;
};

// Writes a file from an offset on, or at its end. What a disk may have to be waited for is written
// by the pool, one piece after the other.
class FileSink final : public io::ByteSink {
 public:
  // Without an offset it appends. `pool` must outlive it.
  FileSink(fs::FileWriter file, std::optional<uint64_t> offset, io::BlockingPool& pool)
      : file_(std::move(file)), offset_(offset), pool_(pool) {}

  bool Ready() override;
  void Arm(const io::Waker& waker) override;
  io::StreamResult<size_t> Room() override;
  io::StreamResult<void> Write(std::span<const uint8_t> bytes) override;
  io::StreamResult<bool> IsFlushed() override;

 private:
  // Writes all of them.
  static fs::Result<void> WriteAll(const fs::FileWriter& file, std::optional<uint64_t> offset,
                                   std::span<const uint8_t> bytes);
  // The failure of what was written last, once; then closed.
  io::StreamResult<void> Settle();

  const fs::FileWriter file_;
  std::optional<uint64_t> offset_;
  io::BlockingPool& pool_;
  bool is_closed_ = false;
  std::shared_ptr<io::Job<fs::Result<void>>> job_;
};

}  // namespace davit::wasi::filesystem

#endif  // DAVIT_RUNTIME_WASI_FILESYSTEM_FILE_STREAMS_H_
