#ifndef DAVIT_RUNTIME_WASI_SOCKETS_UDP_HOST_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_UDP_HOST_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "runtime/wasi/bindings/sockets_udp.h"
#include "runtime/wasi/bindings/sockets_udp_create_socket.h"
#include "runtime/wasi/core.h"
#include "runtime/wasi/sockets/convert.h"
#include "runtime/wasi/sockets/environment.h"
#include "runtime/wasi/sockets/held.h"
#include "runtime/wasi/sockets/udp_socket.h"

// What `core` and `environment` are must outlive each of these.
namespace davit::wasi::sockets {

// wasi:sockets/udp-create-socket.
class UdpCreateSocketHost final : public p2::sockets::udp_create_socket::Host {
 public:
  UdpCreateSocketHost(Core& core, Environment& environment)
      : core_(core), environment_(environment) {}

  absl::StatusOr<GuestResult<canon::Own<p2::sockets::udp::UdpSocket>>> CreateUdpSocket(
      p2_network::IpAddressFamily address_family) override;

 private:
  Core& core_;
  Environment& environment_;
};

// wasi:sockets/udp.
class UdpHost final : public p2::sockets::udp::Host {
 public:
  using Self = canon::Borrow<p2::sockets::udp::UdpSocket>;
  using Network = canon::Borrow<p2_network::Network>;
  using Address = p2_network::IpSocketAddress;
  using Incoming = p2::sockets::udp::IncomingDatagramStream;
  using Outgoing = p2::sockets::udp::OutgoingDatagramStream;
  using OwnPollable = canon::Own<p2::io::poll::Pollable>;
  template <typename T>
  using Answer = absl::StatusOr<GuestResult<T>>;

  explicit UdpHost(Core& core) : core_(core) {}

  Answer<void> UdpSocketStartBind(Self self, Network network, Address local_address) override;
  Answer<void> UdpSocketFinishBind(Self self) override;
  Answer<std::tuple<canon::Own<Incoming>, canon::Own<Outgoing>>> UdpSocketStream(
      Self self, std::optional<Address> remote_address) override;
  Answer<Address> UdpSocketLocalAddress(Self self) override;
  Answer<Address> UdpSocketRemoteAddress(Self self) override;
  absl::StatusOr<p2_network::IpAddressFamily> UdpSocketAddressFamily(Self self) override;
  Answer<uint8_t> UdpSocketUnicastHopLimit(Self self) override;
  Answer<void> UdpSocketSetUnicastHopLimit(Self self, uint8_t value) override;
  Answer<uint64_t> UdpSocketReceiveBufferSize(Self self) override;
  Answer<void> UdpSocketSetReceiveBufferSize(Self self, uint64_t value) override;
  Answer<uint64_t> UdpSocketSendBufferSize(Self self) override;
  Answer<void> UdpSocketSetSendBufferSize(Self self, uint64_t value) override;
  absl::StatusOr<OwnPollable> UdpSocketSubscribe(Self self) override;
  absl::Status DropUdpSocket(handles::Rep rep) override;

  Answer<std::vector<p2::sockets::udp::IncomingDatagram>> IncomingDatagramStreamReceive(
      canon::Borrow<Incoming> self, uint64_t max_results) override;
  absl::StatusOr<OwnPollable> IncomingDatagramStreamSubscribe(
      canon::Borrow<Incoming> self) override;
  absl::Status DropIncomingDatagramStream(handles::Rep rep) override;

  Answer<uint64_t> OutgoingDatagramStreamCheckSend(canon::Borrow<Outgoing> self) override;
  Answer<uint64_t> OutgoingDatagramStreamSend(
      canon::Borrow<Outgoing> self,
      std::vector<p2::sockets::udp::OutgoingDatagram> datagrams) override;
  absl::StatusOr<OwnPollable> OutgoingDatagramStreamSubscribe(
      canon::Borrow<Outgoing> self) override;
  absl::Status DropOutgoingDatagramStream(handles::Rep rep) override;

 private:
  // What a handle stands for.
  template <typename T>
  absl::StatusOr<std::shared_ptr<T>> Get(handles::Rep rep);
  template <typename T>
  absl::StatusOr<OwnPollable> Subscribe(handles::Rep rep);
  // What a method of the socket says, for the guest.
  template <typename R, typename... Params>
  auto Call(Self self, Result<R> (UdpSocket::*method)(Params...), Params... params)
      -> absl::StatusOr<decltype(ToGuest(Result<R>()))>;
  template <typename R>
  auto Call(Self self, Result<R> (UdpSocket::*method)() const)
      -> absl::StatusOr<decltype(ToGuest(Result<R>()))>;

  Core& core_;
};

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_UDP_HOST_H_
