#ifndef DAVIT_RUNTIME_WASI_SOCKETS_TCP_SOCKET_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_TCP_SOCKET_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "runtime/wasi/io/stream.h"
#include "runtime/wasi/io/waitable.h"
#include "runtime/wasi/net/address.h"
#include "runtime/wasi/sockets/descriptor.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/error_code.h"
#include "runtime/wasi/sockets/tcp_connection.h"

namespace davit::wasi::sockets {

// The two streams of a connection.
struct TcpStreams {
  std::shared_ptr<io::ByteSource> in;
  std::shared_ptr<io::ByteSink> out;
};

enum class Shutdown { kReceive, kSend, kBoth };

// A socket of TCP, as the resource tcp-socket has it in every version of wasi:sockets. A method
// that its state does not allow is kInvalidState and changes nothing. Ready: what was started can
// be finished, or a connection be accepted; always, where neither is waited for.
class TcpSocket final : public io::Waitable {
 public:
  // `environment` must outlive it. kAccessDenied where nothing of TCP is granted.
  static Result<std::shared_ptr<TcpSocket>> Create(Environment& environment, net::Family family);

  // A socket whose bind has failed is as new; one whose connect has failed is of no more use.
  Result<void> StartBind(const net::Endpoint& local);
  Result<void> FinishBind();
  Result<void> StartConnect(const net::Endpoint& remote);
  Result<TcpStreams> FinishConnect();
  Result<void> StartListen();
  Result<void> FinishListen();

  struct Accepted {
    std::shared_ptr<TcpSocket> socket;
    TcpStreams streams;
  };
  Result<Accepted> Accept();
  // What was written before goes out yet.
  Result<void> ShutDown(Shutdown what);

  Result<net::Endpoint> LocalAddress() const;
  Result<net::Endpoint> RemoteAddress() const;
  bool IsListening() const { return state_ == State::kListening; }
  net::Family family() const { return family_; }

  // Durations are nanoseconds.
  Result<void> SetListenBacklogSize(uint64_t size);
  Result<bool> KeepAliveEnabled() const;
  Result<void> SetKeepAliveEnabled(bool is_enabled);
  Result<uint64_t> KeepAliveIdleTime() const;
  Result<void> SetKeepAliveIdleTime(uint64_t duration);
  Result<uint64_t> KeepAliveInterval() const;
  Result<void> SetKeepAliveInterval(uint64_t duration);
  Result<uint32_t> KeepAliveCount() const;
  Result<void> SetKeepAliveCount(uint32_t count);
  Result<uint8_t> HopLimit() const;
  Result<void> SetHopLimit(uint8_t hops);
  Result<uint64_t> ReceiveBufferSize() const;
  Result<void> SetReceiveBufferSize(uint64_t bytes);
  Result<uint64_t> SendBufferSize() const;
  Result<void> SetSendBufferSize(uint64_t bytes);

  bool Ready() override;
  void Arm(const io::Waker& waker) override;

 private:
  enum class State {
    kUnbound,
    kBinding,
    kBound,
    kStartingToListen,
    kListening,
    kConnecting,
    kConnected,
    kClosed,
  };

  TcpSocket(Environment& environment, net::Family family, State state,
            std::shared_ptr<Descriptor> socket)
      : environment_(environment), family_(family), state_(state), socket_(std::move(socket)) {}

  // kConcurrencyConflict while something is under way.
  Result<void> CheckIdle() const;
  // Whether options can be read and set.
  Result<void> CheckOptions() const;
  Result<int> Option(int level, int option) const;
  Result<void> SetOption(int level, int option, int value);
  Result<void> SetKeepAliveTime(int option, uint64_t duration);
  Result<uint64_t> KeepAliveTime(int option) const;
  // Of the connect that is under way; nothing until it has ended.
  std::optional<Result<void>> TakeConnected();
  TcpStreams Connected(const net::Endpoint& remote);
  Result<void> Listen();
  bool IsWelcome(const net::Endpoint& peer) const;

  Environment& environment_;
  const net::Family family_;
  State state_;
  std::shared_ptr<Descriptor> socket_;  // null: closed
  net::Endpoint wanted_local_;          // by the guest, once bound
  net::Endpoint remote_;                // once connecting
  std::optional<ErrorCode> failure_;    // of what was started
  uint32_t backlog_ = 0;                // 0: as much as there may be
  std::shared_ptr<TcpConnection> connection_;
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_TCP_SOCKET_H_
