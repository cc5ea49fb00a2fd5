#ifndef DAVIT_RUNTIME_WASI_SOCKETS_TCP_CONNECTION_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_TCP_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/wasi/io/reactor.h"
#include "runtime/wasi/io/stream.h"
#include "runtime/wasi/sockets/descriptor.h"
#include "runtime/wasi/sockets/lingering.h"

namespace davit::wasi::sockets {

// Bytes that were accepted for a connection and do not fit into the kernel's buffer yet.
inline constexpr size_t kMostPending = 64 * 1024;

// A connection's two directions, each of which ends by itself. What was written is sent by the
// reactor as fast as the peer takes it, also when nobody holds the connection any more: then it
// lingers, for a while. Incoming is for whoever has the instance, everything else is thread-safe.
class TcpConnection final : public io::Wakee, public std::enable_shared_from_this<TcpConnection> {
 public:
  // `reactor` must outlive it.
  TcpConnection(io::Reactor& reactor, std::shared_ptr<Lingering::Kept> lingering,
                std::shared_ptr<Descriptor> socket)
      : reactor_(reactor), lingering_(std::move(lingering)), socket_(std::move(socket)) {}

  // As of ByteSource.
  bool InReady() const { return is_in_closed_ || socket_->Ready(Direction::kIn); }
  void ArmIn(const io::Waker& waker);
  io::StreamResult<size_t> Read(std::span<uint8_t> out);
  // Nothing more is received; what was, and has not been read, is lost.
  void CloseIn();

  // As of ByteSink.
  bool OutReady();
  void ArmOut(const io::Waker& waker);
  io::StreamResult<size_t> Room();
  io::StreamResult<void> Write(std::span<const uint8_t> bytes);
  io::StreamResult<bool> IsFlushed();
  // Nothing more can be written; what was is sent, and then that it was all.
  void CloseOut();

  // It has become writable, or has lingered for long enough.
  void Wake() override;

 private:
  void SendPending() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // How many of them the kernel takes now.
  size_t Send(std::span<const uint8_t> bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsPending() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return sent_ < pending_.size(); }
  bool IsOver() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return end_ && std::chrono::steady_clock::now() >= *end_;
  }
  // Of a failure, which is told once.
  io::StreamEnd TakeEnd() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Linger() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  io::Waker OwnWaker() { return io::Waker(weak_from_this()); }

  io::Reactor& reactor_;
  const std::shared_ptr<Lingering::Kept> lingering_;
  const std::shared_ptr<Descriptor> socket_;
  bool is_in_closed_ = false;
  io::WakerSlot out_waker_;

  absl::Mutex mutex_;
  std::string pending_ ABSL_GUARDED_BY(mutex_);
  size_t sent_ ABSL_GUARDED_BY(mutex_) = 0;  // of pending_
  bool is_out_closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<int> error_ ABSL_GUARDED_BY(mutex_);              // of the kernel; 0: told
  std::optional<io::MonotonicTime> end_ ABSL_GUARDED_BY(mutex_);  // of lingering
  std::unique_ptr<io::Waitable> timer_ ABSL_GUARDED_BY(mutex_);   // likewise
};

// The streams of a connection. One that is dropped ends its direction.
class TcpSource final : public io::ByteSource {
 public:
  explicit TcpSource(std::shared_ptr<TcpConnection> connection)
      : connection_(std::move(connection)) {}
  ~TcpSource() override { connection_->CloseIn(); }

  bool Ready() override { return connection_->InReady(); }
  void Arm(const io::Waker& waker) override { connection_->ArmIn(waker); }
  io::StreamResult<size_t> Read(std::span<uint8_t> out) override { return connection_->Read(out); }

 private:
  const std::shared_ptr<TcpConnection> connection_;
};

class TcpSink final : public io::ByteSink {
 public:
  explicit TcpSink(std::shared_ptr<TcpConnection> connection)
      : connection_(std::move(connection)) {}
  ~TcpSink() override { connection_->CloseOut(); }

  bool Ready() override { return connection_->OutReady(); }
  void Arm(const io::Waker& waker) override { connection_->ArmOut(waker); }
  io::StreamResult<size_t> Room() override { return connection_->Room(); }
  io::StreamResult<void> Write(std::span<const uint8_t> bytes) override {
    return connection_->Write(bytes);
  }
  io::StreamResult<bool> IsFlushed() override { return connection_->IsFlushed(); }

 private:
  const std::shared_ptr<TcpConnection> connection_;
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_TCP_CONNECTION_H_
