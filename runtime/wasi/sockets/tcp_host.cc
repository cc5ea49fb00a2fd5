#include "runtime/wasi/sockets/tcp_host.h"

#include <memory>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/wasi/io/pollable.h"
#include "runtime/wasi/io/streams.h"

namespace davit::wasi::sockets {

using HeldSocket = Held<TcpSocket>;

absl::StatusOr<GuestResult<canon::Own<p2::sockets::tcp::TcpSocket>>>
TcpCreateSocketHost::CreateTcpSocket(p2_network::IpAddressFamily address_family) {
  Result<std::shared_ptr<TcpSocket>> socket =
      TcpSocket::Create(environment_, FromGuest(address_family));
  if (!socket) return ToGuest(socket.error());
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<HeldSocket>(*std::move(socket))));
  return canon::Own<p2::sockets::tcp::TcpSocket>{rep};
}

absl::StatusOr<TcpSocket*> TcpHost::Get(Self self) {
  DAVIT_ASSIGN_OR_RETURN(const HeldSocket* const socket, core_.table.Get<HeldSocket>(self.rep));
  return socket->object.get();
}

template <typename R, typename... Params>
auto TcpHost::Call(Self self, Result<R> (TcpSocket::*method)(Params...), Params... params)
    -> absl::StatusOr<decltype(ToGuest(Result<R>()))> {
  DAVIT_ASSIGN_OR_RETURN(TcpSocket* const socket, Get(self));
  return ToGuest((socket->*method)(params...));
}

template <typename R>
auto TcpHost::Call(Self self, Result<R> (TcpSocket::*method)() const)
    -> absl::StatusOr<decltype(ToGuest(Result<R>()))> {
  DAVIT_ASSIGN_OR_RETURN(const TcpSocket* const socket, Get(self));
  return ToGuest((socket->*method)());
}

TcpHost::Answer<void> TcpHost::TcpSocketStartBind(Self self, Network network,
                                                  Address local_address) {
  DAVIT_RETURN_IF_ERROR(core_.table.Get<InstanceNetwork>(network.rep).status());
  DAVIT_ASSIGN_OR_RETURN(TcpSocket* const socket, Get(self));
  return ToGuest(socket->StartBind(FromGuest(local_address)));
}

TcpHost::Answer<void> TcpHost::TcpSocketFinishBind(Self self) {
  return Call(self, &TcpSocket::FinishBind);
}

TcpHost::Answer<void> TcpHost::TcpSocketStartConnect(Self self, Network network,
                                                     Address remote_address) {
  DAVIT_RETURN_IF_ERROR(core_.table.Get<InstanceNetwork>(network.rep).status());
  DAVIT_ASSIGN_OR_RETURN(TcpSocket* const socket, Get(self));
  return ToGuest(socket->StartConnect(FromGuest(remote_address)));
}

absl::StatusOr<std::tuple<TcpHost::OwnInput, TcpHost::OwnOutput>> TcpHost::AddStreams(
    TcpStreams streams, handles::Rep socket) {
  DAVIT_ASSIGN_OR_RETURN(
      const handles::Rep in,
      core_.table.Add(std::make_unique<io::InputStream>(std::move(streams.in)), socket));
  DAVIT_ASSIGN_OR_RETURN(
      const handles::Rep out,
      core_.table.Add(std::make_unique<io::OutputStream>(std::move(streams.out)), socket));
  return std::tuple(OwnInput{in}, OwnOutput{out});
}

TcpHost::Answer<std::tuple<TcpHost::OwnInput, TcpHost::OwnOutput>> TcpHost::TcpSocketFinishConnect(
    Self self) {
  DAVIT_ASSIGN_OR_RETURN(TcpSocket* const socket, Get(self));
  Result<TcpStreams> streams = socket->FinishConnect();
  if (!streams) return ToGuest(streams.error());
  DAVIT_ASSIGN_OR_RETURN(auto added, AddStreams(*std::move(streams), self.rep));
  return added;
}

TcpHost::Answer<void> TcpHost::TcpSocketStartListen(Self self) {
  return Call(self, &TcpSocket::StartListen);
}

TcpHost::Answer<void> TcpHost::TcpSocketFinishListen(Self self) {
  return Call(self, &TcpSocket::FinishListen);
}

TcpHost::Answer<std::tuple<canon::Own<TcpHost::Socket>, TcpHost::OwnInput, TcpHost::OwnOutput>>
TcpHost::TcpSocketAccept(Self self) {
  DAVIT_ASSIGN_OR_RETURN(TcpSocket* const listener, Get(self));
  Result<TcpSocket::Accepted> accepted = listener->Accept();
  if (!accepted) return ToGuest(accepted.error());
  DAVIT_ASSIGN_OR_RETURN(
      const handles::Rep rep,
      core_.table.Add(std::make_unique<HeldSocket>(std::move(accepted->socket))));
  DAVIT_ASSIGN_OR_RETURN(auto streams, AddStreams(std::move(accepted->streams), rep));
  return std::tuple_cat(std::tuple(canon::Own<Socket>{rep}), std::move(streams));
}

TcpHost::Answer<TcpHost::Address> TcpHost::TcpSocketLocalAddress(Self self) {
  return Call(self, &TcpSocket::LocalAddress);
}

TcpHost::Answer<TcpHost::Address> TcpHost::TcpSocketRemoteAddress(Self self) {
  return Call(self, &TcpSocket::RemoteAddress);
}

absl::StatusOr<bool> TcpHost::TcpSocketIsListening(Self self) {
  DAVIT_ASSIGN_OR_RETURN(const TcpSocket* const socket, Get(self));
  return socket->IsListening();
}

absl::StatusOr<p2_network::IpAddressFamily> TcpHost::TcpSocketAddressFamily(Self self) {
  DAVIT_ASSIGN_OR_RETURN(const TcpSocket* const socket, Get(self));
  return ToGuest(socket->family());
}

TcpHost::Answer<void> TcpHost::TcpSocketSetListenBacklogSize(Self self, uint64_t value) {
  return Call(self, &TcpSocket::SetListenBacklogSize, value);
}

TcpHost::Answer<bool> TcpHost::TcpSocketKeepAliveEnabled(Self self) {
  return Call(self, &TcpSocket::KeepAliveEnabled);
}

TcpHost::Answer<void> TcpHost::TcpSocketSetKeepAliveEnabled(Self self, bool value) {
  return Call(self, &TcpSocket::SetKeepAliveEnabled, value);
}

TcpHost::Answer<uint64_t> TcpHost::TcpSocketKeepAliveIdleTime(Self self) {
  return Call(self, &TcpSocket::KeepAliveIdleTime);
}

TcpHost::Answer<void> TcpHost::TcpSocketSetKeepAliveIdleTime(Self self, uint64_t value) {
  return Call(self, &TcpSocket::SetKeepAliveIdleTime, value);
}

TcpHost::Answer<uint64_t> TcpHost::TcpSocketKeepAliveInterval(Self self) {
  return Call(self, &TcpSocket::KeepAliveInterval);
}

TcpHost::Answer<void> TcpHost::TcpSocketSetKeepAliveInterval(Self self, uint64_t value) {
  return Call(self, &TcpSocket::SetKeepAliveInterval, value);
}

TcpHost::Answer<uint32_t> TcpHost::TcpSocketKeepAliveCount(Self self) {
  return Call(self, &TcpSocket::KeepAliveCount);
}

TcpHost::Answer<void> TcpHost::TcpSocketSetKeepAliveCount(Self self, uint32_t value) {
  return Call(self, &TcpSocket::SetKeepAliveCount, value);
}

TcpHost::Answer<uint8_t> TcpHost::TcpSocketHopLimit(Self self) {
  return Call(self, &TcpSocket::HopLimit);
}

TcpHost::Answer<void> TcpHost::TcpSocketSetHopLimit(Self self, uint8_t value) {
  return Call(self, &TcpSocket::SetHopLimit, value);
}

TcpHost::Answer<uint64_t> TcpHost::TcpSocketReceiveBufferSize(Self self) {
  return Call(self, &TcpSocket::ReceiveBufferSize);
}

TcpHost::Answer<void> TcpHost::TcpSocketSetReceiveBufferSize(Self self, uint64_t value) {
  return Call(self, &TcpSocket::SetReceiveBufferSize, value);
}

TcpHost::Answer<uint64_t> TcpHost::TcpSocketSendBufferSize(Self self) {
  return Call(self, &TcpSocket::SendBufferSize);
}

TcpHost::Answer<void> TcpHost::TcpSocketSetSendBufferSize(Self self, uint64_t value) {
  return Call(self, &TcpSocket::SetSendBufferSize, value);
}

absl::StatusOr<canon::Own<p2::io::poll::Pollable>> TcpHost::TcpSocketSubscribe(Self self) {
  DAVIT_ASSIGN_OR_RETURN(const HeldSocket* const socket, core_.table.Get<HeldSocket>(self.rep));
  DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                         core_.table.Add(std::make_unique<io::Pollable>(socket->object), self.rep));
  return canon::Own<p2::io::poll::Pollable>{rep};
}

TcpHost::Answer<void> TcpHost::TcpSocketShutdown(Self self,
                                                 p2::sockets::tcp::ShutdownType shutdown_type) {
  using Type = p2::sockets::tcp::ShutdownType;
  const Shutdown what = shutdown_type == Type::kReceive ? Shutdown::kReceive
                        : shutdown_type == Type::kSend  ? Shutdown::kSend
                                                        : Shutdown::kBoth;
  return Call(self, &TcpSocket::ShutDown, what);
}

absl::Status TcpHost::DropTcpSocket(handles::Rep rep) { return core_.table.Drop<HeldSocket>(rep); }

}  // namespace davit::wasi::sockets
