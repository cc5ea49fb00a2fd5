#ifndef DAVIT_RUNTIME_WASI_IO_PIPE_H_
#define DAVIT_RUNTIME_WASI_IO_PIPE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "runtime/wasi/io/stream.h"

namespace davit::wasi::io {

inline constexpr size_t kPipeBytes = 64 * 1024;

// Bytes in order from a sink to a source, between an instance and its host: the two ends may be on
// different threads. An end that is closed, as one is that goes away, ends the other: the source
// after what is on its way.
class PipeState;

class PipeSource final : public ByteSource {
 public:
  explicit PipeSource(std::shared_ptr<PipeState> state);
  ~PipeSource() override;
  bool Ready() override;
  void Arm(const Waker& waker) override;
  StreamResult<size_t> Read(std::span<uint8_t> out) override;
  // Thread-safe.
  void Close();

 private:
  const std::shared_ptr<PipeState> state_;
};

class PipeSink final : public ByteSink {
 public:
  explicit PipeSink(std::shared_ptr<PipeState> state);
  ~PipeSink() override;
  bool Ready() override;
  void Arm(const Waker& waker) override;
  StreamResult<size_t> Room() override;
  StreamResult<void> Write(std::span<const uint8_t> bytes) override;
  // Thread-safe.
  void Close();

 private:
  const std::shared_ptr<PipeState> state_;
};

struct Pipe {
  std::shared_ptr<PipeSource> source;
  std::shared_ptr<PipeSink> sink;
};

// `capacity`: most bytes on their way. REQUIRES: not 0.
Pipe MakePipe(size_t capacity = kPipeBytes);

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_PIPE_H_
