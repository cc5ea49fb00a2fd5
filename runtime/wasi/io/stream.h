#ifndef DAVIT_RUNTIME_WASI_IO_STREAM_H_
#define DAVIT_RUNTIME_WASI_IO_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "runtime/wasi/io/waitable.h"

// What carries bytes into and out of instances, whatever version of WASI they see it through.
namespace davit::wasi::io {

// The code of a failure as the interface has it that it happened under, of whatever type.
class FailureCode {
 public:
  // None.
  FailureCode() = default;
  template <typename T>
  explicit FailureCode(T code)
      : code_(std::make_shared<const T>(std::move(code))), kind_(&kKind<T>) {}

  // Null where it is none of this type. Lives as long as this.
  template <typename T>
  const T* As() const {
    return kind_ == &kKind<T> ? static_cast<const T*>(code_.get()) : nullptr;
  }

 private:
  // Its address, as that of a variable, says of which type a code is.
  template <typename T>
  static inline char kKind = 0;

  std::shared_ptr<const void> code_;
  const char* kind_ = nullptr;
};

// What is known of a failed operation. `text` is for people, and names nothing of the host.
struct Failure {
  std::string text;
  FailureCode code = {};
};

// Why a stream gives or takes nothing any more: closed, or failed.
struct StreamEnd {
  std::shared_ptr<const Failure> failure;  // null: closed

  static StreamEnd Closed() { return {}; }
  static StreamEnd Failed(Failure failure) {
    return {.failure = std::make_shared<const Failure>(std::move(failure))};
  }
  bool is_closed() const { return failure == nullptr; }
};

template <typename T>
using StreamResult = std::expected<T, StreamEnd>;

// Where bytes come from. Ready: Read() gives some, or the end.
class ByteSource : public Waitable {
 public:
  // Moves what is there into `out`, whose size it may not reach; 0 when nothing is there yet. A
  // failure is told once, then it is closed.
  virtual StreamResult<size_t> Read(std::span<uint8_t> out) = 0;
};

// Where bytes go to. Ready: Room() is not 0, or the end. What was accepted is not lost when the
// sink is dropped.
class ByteSink : public Waitable {
 public:
  // Bytes that the next Write() may have, 64 KiB or so at most; 0 when it has to be waited for,
  // also while a flush is under way. A failure is told once, then it is closed.
  virtual StreamResult<size_t> Room() = 0;
  // Takes all of them, without waiting. REQUIRES: as many as Room() said at most, once for each
  // time that it was asked.
  virtual StreamResult<void> Write(std::span<const uint8_t> bytes) = 0;
  // Begins to pass on what was written, where that does not happen by itself.
  virtual StreamResult<void> Flush() { return {}; }
  // Whether that is done.
  virtual StreamResult<bool> IsFlushed() { return true; }
};

}  // namespace davit::wasi::io

#endif  // DAVIT_RUNTIME_WASI_IO_STREAM_H_
