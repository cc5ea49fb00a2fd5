#ifndef DAVIT_RUNTIME_WASI_IO_STREAMS_H_
#define DAVIT_RUNTIME_WASI_IO_STREAMS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/wasi/io/stream.h"
#include "runtime/wasi/resource_table.h"

// The resources input-stream and output-stream of wasi:io/streams: what a guest may do with a
// source or sink, and when. Errors as a Status are traps.
namespace davit::wasi::io {

// Bytes that one call moves at most, whatever it asks for.
inline constexpr size_t kMostBytesAtOnce = 64 * 1024;
// That one blocking-write-and-flush or blocking-write-zeroes-and-flush may have.
inline constexpr size_t kMostBlockingWrite = 4096;

class InputStream final : public Resource {
 public:
  explicit InputStream(std::shared_ptr<ByteSource> source) : source_(std::move(source)) {}

  // Up to `length` bytes that are there; none where there are none yet.
  StreamResult<std::vector<uint8_t>> Read(uint64_t length);
  // As Read, of which it says how many.
  StreamResult<uint64_t> Skip(uint64_t length);

  const std::shared_ptr<ByteSource>& source() const { return source_; }

 private:
  const std::shared_ptr<ByteSource> source_;
};

class OutputStream final : public Resource {
 public:
  explicit OutputStream(std::shared_ptr<ByteSink> sink) : sink_(std::move(sink)) {}

  // How many bytes the next write may have, once.
  StreamResult<uint64_t> CheckWrite();
  // Traps with more bytes than permitted.
  absl::StatusOr<StreamResult<void>> Write(std::span<const uint8_t> bytes);
  absl::StatusOr<StreamResult<void>> WriteZeroes(uint64_t length);
  StreamResult<void> Flush();
  // Moves what is in `source`, at most `length` bytes, as far as there is room.
  StreamResult<uint64_t> Splice(InputStream& source, uint64_t length);

  const std::shared_ptr<ByteSink>& sink() const { return sink_; }

 private:
  const std::shared_ptr<ByteSink> sink_;
  uint64_t permit_ = 0;
};

// The steps of blocking-write-and-flush: goes on as far as that is possible without waiting.
class BlockingWrite {
 public:
  // REQUIRES: at most kMostBlockingWrite bytes.
  BlockingWrite(OutputStream& stream, std::vector<uint8_t> bytes)
      : stream_(stream), bytes_(std::move(bytes)) {}

  // Whether it has ended; if not, the sink is to be waited for.
  bool Advance(StreamResult<void>& result);

 private:
  OutputStream& stream_;
  const std::vector<uint8_t> bytes_;
  size_t written_ = 0;
  bool is_flushing_ = false;
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_STREAMS_H_
