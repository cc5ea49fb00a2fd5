#ifndef DAVIT_SERVER_RPC_RUN_OUTPUT_H_
#define DAVIT_SERVER_RPC_RUN_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "davit/v1/call_service.pb.h"
#include "runtime/wasi/config.h"
#include "runtime/wasi/io/stream.h"
#include "runtime/wasi/io/waker.h"

namespace davit::server {

// What a guest writes until it is sent: one pipe with two sinks, its stdout and stderr, so that the
// order between them is kept. A guest that is faster than its client waits. Thread-safe.
class RunOutput final : public std::enable_shared_from_this<RunOutput> {
 public:
  // Most bytes that wait to be sent, with what keeping them takes.
  static constexpr size_t kCapacity = 64 << 10;
  // Of one message.
  static constexpr size_t kMaxChunkBytes = 32 << 10;

  // `waker` is told when something was written.
  explicit RunOutput(wasi::io::Waker waker) : waker_(std::move(waker)) {}

  // Gives the guest its sinks.
  void Connect(wasi::Stdio& stdio);
  // Puts what comes next into `message`; false where there is nothing.
  bool Take(v1::RunResponse& message);
  // Nothing is taken any more: the sinks are closed.
  void Close();

 private:
  class Sink;
  enum class Stream : uint8_t { kStdout, kStderr };
  struct Chunk {
    Stream stream;
    std::string bytes;
  };
  // What keeping one takes beside its bytes.
  static constexpr size_t kChunkBytes = 64;

  wasi::io::StreamResult<size_t> Room();
  wasi::io::StreamResult<void> Write(Stream stream, std::span<const uint8_t> bytes);
  void Append(Stream stream, std::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WakeSinks();

  const wasi::io::Waker waker_;
  wasi::io::WakerSlot of_stdout_, of_stderr_;
  absl::Mutex mutex_;
  bool is_closed_ ABSL_GUARDED_BY(mutex_) = false;
  size_t taken_ ABSL_GUARDED_BY(mutex_) = 0;  // of kCapacity
  std::deque<Chunk> chunks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_RUN_OUTPUT_H_
