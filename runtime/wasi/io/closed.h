#ifndef DAVIT_RUNTIME_WASI_IO_CLOSED_H_
#define DAVIT_RUNTIME_WASI_IO_CLOSED_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>

#include "runtime/wasi/io/stream.h"

namespace davit::wasi::io {

// At its end from the beginning.
class ClosedSource final : public ByteSource {
 public:
  bool Ready() override { return true; }
  void Arm(const Waker& waker) override { waker.Wake(); }
  StreamResult<size_t> Read(std::span<uint8_t> /*out*/) override {
    return std::unexpected(StreamEnd::Closed());
  }
};

// Takes everything and keeps nothing.
class NullSink final : public ByteSink {
 public:
  bool Ready() override { return true; }
  void Arm(const Waker& waker) override { waker.Wake(); }
  StreamResult<size_t> Room() override { return size_t{64} * 1024; }
  StreamResult<void> Write(std::span<const uint8_t> /*bytes*/) override { return {}; }
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_CLOSED_H_
