#include "runtime/wasi/sockets/udp_socket.h"

#include <sys/socket.h>

#include <expected>
#include <string>
#include <vector>

#include "runtime/base/trap.h"
#include "runtime/wasi/net/policy.h"
#include "runtime/wasi/sockets/socket.h"

namespace davit::wasi::sockets {
namespace {

using net::Endpoint;
using net::Protocol;

std::unexpected<ErrorCode> Error(ErrorCode code) { return std::unexpected(code); }

}  // namespace

Result<std::shared_ptr<UdpSocket>> UdpSocket::Create(Environment& environment, net::Family family) {
  if (!environment.policy->GrantsUdp()) return Error(ErrorCode::kAccessDenied);
  Result<std::shared_ptr<Descriptor>> socket = OpenSocket(environment, family, Protocol::kUdp);
  if (!socket) return Error(socket.error());
  return std::shared_ptr<UdpSocket>(new UdpSocket(environment, family, *std::move(socket)));
}

Result<void> UdpSocket::StartBind(const Endpoint& local) {
  if (state_ == State::kBinding) return Error(ErrorCode::kConcurrencyConflict);
  if (state_ != State::kUnbound) return Error(ErrorCode::kInvalidState);
  if (const Result<void> valid = CheckLocal(family_, local); !valid) return valid;
  if (!environment_.policy->MayBind(Protocol::kUdp, local)) return Error(ErrorCode::kAccessDenied);
  const Result<void> bound = Bind(*socket_, local);
  failure_ = bound ? std::nullopt : std::optional(bound.error());
  wanted_local_ = local;
  state_ = State::kBinding;
  return {};
}

Result<void> UdpSocket::FinishBind() {
  if (state_ != State::kBinding) return Error(ErrorCode::kNotInProgress);
  state_ = failure_ ? State::kUnbound : State::kBound;
  if (failure_) return Error(*std::exchange(failure_, std::nullopt));
  return {};
}

// The kernel is not told the peer: to take that back would cost the socket its port, and what came
// from others before would still come out. The streams see to it instead.
absl::StatusOr<Result<DatagramStreams>> UdpSocket::Stream(std::optional<Endpoint> remote) {
  if (!in_.expired() || !out_.expired()) {
    return base::TrapStatus(base::TrapCode::kHostError,
                            "a datagram stream of a socket whose last ones have not been dropped");
  }
  if (state_ != State::kBound) return Result<DatagramStreams>(Error(ErrorCode::kInvalidState));
  if (remote) {
    if (const Result<void> valid = CheckRemote(family_, *remote); !valid) {
      return Result<DatagramStreams>(Error(valid.error()));
    }
    if (!MaySend(environment_, *remote)) {
      return Result<DatagramStreams>(Error(ErrorCode::kAccessDenied));
    }
  }
  remote_ = remote;
  DatagramStreams streams = {
      .in = std::make_shared<IncomingDatagrams>(environment_, socket_, wanted_local_, remote),
      .out = std::make_shared<OutgoingDatagrams>(environment_, socket_, family_, remote)};
  in_ = streams.in;
  out_ = streams.out;
  return Result<DatagramStreams>(std::move(streams));
}

Result<Endpoint> UdpSocket::LocalAddress() const {
  if (state_ != State::kBound) return Error(ErrorCode::kInvalidState);
  return LocalEndpoint(*socket_);
}

Result<Endpoint> UdpSocket::RemoteAddress() const {
  if (!remote_) return Error(ErrorCode::kInvalidState);
  return *remote_;
}

Result<uint8_t> UdpSocket::UnicastHopLimit() const { return HopLimit(*socket_, family_); }
Result<void> UdpSocket::SetUnicastHopLimit(uint8_t hops) {
  return SetHopLimit(*socket_, family_, hops);
}
Result<uint64_t> UdpSocket::ReceiveBufferSize() const { return BufferSize(*socket_, SO_RCVBUF); }
Result<void> UdpSocket::SetReceiveBufferSize(uint64_t bytes) {
  return SetBufferSize(*socket_, SO_RCVBUF, bytes, environment_.quotas.buffer_bytes);
}
Result<uint64_t> UdpSocket::SendBufferSize() const { return BufferSize(*socket_, SO_SNDBUF); }
Result<void> UdpSocket::SetSendBufferSize(uint64_t bytes) {
  return SetBufferSize(*socket_, SO_SNDBUF, bytes, environment_.quotas.buffer_bytes);
}

}  // namespace davit::wasi::sockets
