#ifndef DAVIT_RUNTIME_WASI_SOCKETS_TCP_HOST_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_TCP_HOST_H_

#include <cstdint>
#include <tuple>

#include "runtime/wasi/bindings/sockets_tcp.h"
#include "runtime/wasi/bindings/sockets_tcp_create_socket.h"
#include "runtime/wasi/core.h"
#include "runtime/wasi/sockets/convert.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/held.h"
#include "runtime/wasi/sockets/tcp_socket.h"

// What `core` and `environment` are must outlive each of these.
namespace davit::wasi::sockets {

// wasi:sockets/tcp-create-socket.
class TcpCreateSocketHost final : public p2::sockets::tcp_create_socket::Host {
 public:
  TcpCreateSocketHost(Core& core, Environment& environment)
      : core_(core), environment_(environment) {}

  absl::StatusOr<GuestResult<canon::Own<p2::sockets::tcp::TcpSocket>>> CreateTcpSocket(
      p2_network::IpAddressFamily address_family) override;

 private:
  Core& core_;
  Environment& environment_;
};

// wasi:sockets/tcp.
class TcpHost final : public p2::sockets::tcp::Host {
 public:
  using Socket = p2::sockets::tcp::TcpSocket;
  using Self = canon::Borrow<Socket>;
  using Network = canon::Borrow<p2_network::Network>;
  using Address = p2_network::IpSocketAddress;
  using OwnInput = canon::Own<p2::io::streams::InputStream>;
  using OwnOutput = canon::Own<p2::io::streams::OutputStream>;
  template <typename T>
  using Answer = absl::StatusOr<GuestResult<T>>;

  explicit TcpHost(Core& core) : core_(core) {}

  Answer<void> TcpSocketStartBind(Self self, Network network, Address local_address) override;
  Answer<void> TcpSocketFinishBind(Self self) override;
  Answer<void> TcpSocketStartConnect(Self self, Network network, Address remote_address) override;
  Answer<std::tuple<OwnInput, OwnOutput>> TcpSocketFinishConnect(Self self) override;
  Answer<void> TcpSocketStartListen(Self self) override;
  Answer<void> TcpSocketFinishListen(Self self) override;
  Answer<std::tuple<canon::Own<Socket>, OwnInput, OwnOutput>> TcpSocketAccept(Self self) override;
  Answer<Address> TcpSocketLocalAddress(Self self) override;
  Answer<Address> TcpSocketRemoteAddress(Self self) override;
  absl::StatusOr<bool> TcpSocketIsListening(Self self) override;
  absl::StatusOr<p2_network::IpAddressFamily> TcpSocketAddressFamily(Self self) override;
  Answer<void> TcpSocketSetListenBacklogSize(Self self, uint64_t value) override;
  Answer<bool> TcpSocketKeepAliveEnabled(Self self) override;
  Answer<void> TcpSocketSetKeepAliveEnabled(Self self, bool value) override;
  Answer<uint64_t> TcpSocketKeepAliveIdleTime(Self self) override;
  Answer<void> TcpSocketSetKeepAliveIdleTime(Self self, uint64_t value) override;
  Answer<uint64_t> TcpSocketKeepAliveInterval(Self self) override;
  Answer<void> TcpSocketSetKeepAliveInterval(Self self, uint64_t value) override;
  Answer<uint32_t> TcpSocketKeepAliveCount(Self self) override;
  Answer<void> TcpSocketSetKeepAliveCount(Self self, uint32_t value) override;
  Answer<uint8_t> TcpSocketHopLimit(Self self) override;
  Answer<void> TcpSocketSetHopLimit(Self self, uint8_t value) override;
  Answer<uint64_t> TcpSocketReceiveBufferSize(Self self) override;
  Answer<void> TcpSocketSetReceiveBufferSize(Self self, uint64_t value) override;
  Answer<uint64_t> TcpSocketSendBufferSize(Self self) override;
  Answer<void> TcpSocketSetSendBufferSize(Self self, uint64_t value) override;
  absl::StatusOr<canon::Own<p2::io::poll::Pollable>> TcpSocketSubscribe(Self self) override;
  Answer<void> TcpSocketShutdown(Self self, p2::sockets::tcp::ShutdownType shutdown_type) override;
  absl::Status DropTcpSocket(handles::Rep rep) override;

 private:
  absl::StatusOr<TcpSocket*> Get(Self self);
  // What a method of the socket says, for the guest.
  template <typename R, typename... Params>
  auto Call(Self self, Result<R> (TcpSocket::*method)(Params...), Params... params)
      -> absl::StatusOr<decltype(ToGuest(Result<R>()))>;
  template <typename R>
  auto Call(Self self, Result<R> (TcpSocket::*method)() const)
      -> absl::StatusOr<decltype(ToGuest(Result<R>()))>;
  // As the children of their socket.
  absl::StatusOr<std::tuple<OwnInput, OwnOutput>> AddStreams(TcpStreams streams,
                                                             handles::Rep socket);

  Core& core_;
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_TCP_HOST_H_
