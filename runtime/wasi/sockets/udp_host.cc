#include "runtime/wasi/sockets/udp_host.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/wasi/io/pollable.h"
#include "runtime/wasi/sockets/datagrams.h"

namespace davit::wasi::sockets {

absl::StatusOr<GuestResult<canon::Own<p2::sockets::udp::UdpSocket>>>
UdpCreateSocketHost::CreateUdpSocket(p2_network::IpAddressFamily address_family) {
  Result<std::shared_ptr<UdpSocket>> socket =
      UdpSocket::Create(environment_, FromGuest(address_family));
  if (!socket) return ToGuest(socket.error());
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<Held<UdpSocket>>(*std::move(socket))));
  return canon::Own<p2::sockets::udp::UdpSocket>{rep};
}

template <typename T>
absl::StatusOr<std::shared_ptr<T>> UdpHost::Get(handles::Rep rep) {
  DAVIT_ASSIGN_OR_RETURN(const Held<T>* const held, core_.table.Get<Held<T>>(rep));
  return held->object;
}

template <typename T>
absl::StatusOr<UdpHost::OwnPollable> UdpHost::Subscribe(handles::Rep rep) {
  DAVIT_ASSIGN_OR_RETURN(std::shared_ptr<T> object, Get<T>(rep));
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep pollable,
                         core_.table.Add(std::make_unique<io::Pollable>(std::move(object)), rep));
  return OwnPollable{pollable};
}

template <typename R, typename... Params>
auto UdpHost::Call(Self self, Result<R> (UdpSocket::*method)(Params...), Params... params)
    -> absl::StatusOr<decltype(ToGuest(Result<R>()))> {
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<UdpSocket> socket, Get<UdpSocket>(self.rep));
  return ToGuest((socket.get()->*method)(params...));
}

template <typename R>
auto UdpHost::Call(Self self, Result<R> (UdpSocket::*method)() const)
    -> absl::StatusOr<decltype(ToGuest(Result<R>()))> {
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<UdpSocket> socket, Get<UdpSocket>(self.rep));
  return ToGuest((socket.get()->*method)());
}

// -- The socket --

UdpHost::Answer<void> UdpHost::UdpSocketStartBind(Self self, Network network,
                                                  Address local_address) {
  DAVIT_RETURN_IF_ERROR(core_.table.Get<InstanceNetwork>(network.rep).status());
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<UdpSocket> socket, Get<UdpSocket>(self.rep));
  return ToGuest(socket->StartBind(FromGuest(local_address)));
}

UdpHost::Answer<void> UdpHost::UdpSocketFinishBind(Self self) {
  return Call(self, &UdpSocket::FinishBind);
}

UdpHost::Answer<std::tuple<canon::Own<UdpHost::Incoming>, canon::Own<UdpHost::Outgoing>>>
UdpHost::UdpSocketStream(Self self, std::optional<Address> remote_address) {
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<UdpSocket> socket, Get<UdpSocket>(self.rep));
  std::optional<net::Endpoint> remote;
  if (remote_address) remote = FromGuest(*remote_address);
  DAVIT_ASSIGN_OR_RETURN(Result<DatagramStreams> streams, socket->Stream(remote));
  if (!streams) return ToGuest(streams.error());
  DAVIT_ASSIGN_OR_RETURN(
      const handles::Rep in,
      core_.table.Add(std::make_unique<Held<IncomingDatagrams>>(std::move(streams->in)), self.rep));
  DAVIT_ASSIGN_OR_RETURN(
      const handles::Rep out,
      core_.table.Add(std::make_unique<Held<OutgoingDatagrams>>(std::move(streams->out)),
                      self.rep));
  return std::tuple(canon::Own<Incoming>{in}, canon::Own<Outgoing>{out});
}

UdpHost::Answer<UdpHost::Address> UdpHost::UdpSocketLocalAddress(Self self) {
  return Call(self, &UdpSocket::LocalAddress);
}

UdpHost::Answer<UdpHost::Address> UdpHost::UdpSocketRemoteAddress(Self self) {
  return Call(self, &UdpSocket::RemoteAddress);
}

absl::StatusOr<p2_network::IpAddressFamily> UdpHost::UdpSocketAddressFamily(Self self) {
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<UdpSocket> socket, Get<UdpSocket>(self.rep));
  return ToGuest(socket->family());
}

UdpHost::Answer<uint8_t> UdpHost::UdpSocketUnicastHopLimit(Self self) {
  return Call(self, &UdpSocket::UnicastHopLimit);
}

UdpHost::Answer<void> UdpHost::UdpSocketSetUnicastHopLimit(Self self, uint8_t value) {
  return Call(self, &UdpSocket::SetUnicastHopLimit, value);
}

UdpHost::Answer<uint64_t> UdpHost::UdpSocketReceiveBufferSize(Self self) {
  return Call(self, &UdpSocket::ReceiveBufferSize);
}

UdpHost::Answer<void> UdpHost::UdpSocketSetReceiveBufferSize(Self self, uint64_t value) {
  return Call(self, &UdpSocket::SetReceiveBufferSize, value);
}

UdpHost::Answer<uint64_t> UdpHost::UdpSocketSendBufferSize(Self self) {
  return Call(self, &UdpSocket::SendBufferSize);
}

UdpHost::Answer<void> UdpHost::UdpSocketSetSendBufferSize(Self self, uint64_t value) {
  return Call(self, &UdpSocket::SetSendBufferSize, value);
}

absl::StatusOr<UdpHost::OwnPollable> UdpHost::UdpSocketSubscribe(Self self) {
  return Subscribe<UdpSocket>(self.rep);
}

absl::Status UdpHost::DropUdpSocket(handles::Rep rep) {
  return core_.table.Drop<Held<UdpSocket>>(rep);
}

// -- What comes in --

UdpHost::Answer<std::vector<p2::sockets::udp::IncomingDatagram>>
UdpHost::IncomingDatagramStreamReceive(canon::Borrow<Incoming> self, uint64_t max_results) {
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<IncomingDatagrams> in,
                         Get<IncomingDatagrams>(self.rep));
  Result<std::vector<Datagram>> received = in->Receive(max_results);
  if (!received) return ToGuest(received.error());
  std::vector<p2::sockets::udp::IncomingDatagram> datagrams;
  datagrams.reserve(received->size());
  for (Datagram& one : *received) {
    datagrams.push_back({.data = std::move(one.data), .remote_address = ToGuest(one.remote)});
  }
  return datagrams;
}

absl::StatusOr<UdpHost::OwnPollable> UdpHost::IncomingDatagramStreamSubscribe(
    canon::Borrow<Incoming> self) {
  return Subscribe<IncomingDatagrams>(self.rep);
}

absl::Status UdpHost::DropIncomingDatagramStream(handles::Rep rep) {
  return core_.table.Drop<Held<IncomingDatagrams>>(rep);
}

// -- What goes out --

UdpHost::Answer<uint64_t> UdpHost::OutgoingDatagramStreamCheckSend(canon::Borrow<Outgoing> self) {
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<OutgoingDatagrams> out,
                         Get<OutgoingDatagrams>(self.rep));
  return out->CheckSend();
}

UdpHost::Answer<uint64_t> UdpHost::OutgoingDatagramStreamSend(
    canon::Borrow<Outgoing> self, std::vector<p2::sockets::udp::OutgoingDatagram> datagrams) {
  DAVIT_ASSIGN_OR_RETURN(const std::shared_ptr<OutgoingDatagrams> out,
                         Get<OutgoingDatagrams>(self.rep));
  std::vector<OutgoingDatagram> sent;
  sent.reserve(datagrams.size());
  for (const p2::sockets::udp::OutgoingDatagram& one : datagrams) {
    sent.push_back({.data = one.data});
    if (one.remote_address) sent.back().remote = FromGuest(*one.remote_address);
  }
  DAVIT_ASSIGN_OR_RETURN(const Result<uint64_t> count, out->Send(sent));
  return ToGuest(count);
}

absl::StatusOr<UdpHost::OwnPollable> UdpHost::OutgoingDatagramStreamSubscribe(
    canon::Borrow<Outgoing> self) {
  return Subscribe<OutgoingDatagrams>(self.rep);
}

absl::Status UdpHost::DropOutgoingDatagramStream(handles::Rep rep) {
  return core_.table.Drop<Held<OutgoingDatagrams>>(rep);
}

}  // namespace davit::wasi::sockets
