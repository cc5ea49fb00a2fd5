#include "runtime/wasi/sockets/datagrams.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <expected>
#include <string>

#include "runtime/base/trap.h"
#include "runtime/wasi/net/policy.h"
#include "runtime/wasi/sockets/socket.h"

namespace davit::wasi::sockets {
namespace {

using net::Endpoint;

// Datagrams that are not for the guest, which one look gets rid of: whoever sends more of them than
// are looked at keeps none but this guest waiting.
constexpr int kMostDiscarded = 64;

bool MayReach(const Environment& environment, const Endpoint& remote) {
  const std::vector<std::string> names = environment.names.NamesOf(remote.ip);
  return environment.policy->MayReach(
      {.use = net::Policy::Use::kUdp, .names = names, .endpoint = remote});
}

// Without what only one side knows.
bool IsSame(const Endpoint& a, const Endpoint& b) { return a.ip == b.ip && a.port == b.port; }

}  // namespace

bool MaySend(const Environment& environment, const Endpoint& remote) {
  return MayReach(environment, remote);
}

bool IncomingDatagrams::IsWanted(const Endpoint& sender) const {
  if (remote_ && !IsSame(*remote_, sender)) return false;
  return MayReach(environment_, sender) ||
         environment_.policy->MayAccept(net::Protocol::kUdp, local_, sender.ip);
}

void IncomingDatagrams::Discard() {
  uint8_t byte;
  recv(socket_->fd(), &byte, sizeof byte, 0);
}

Result<size_t> IncomingDatagrams::Next() {
  for (int discarded = 0; discarded < kMostDiscarded; ++discarded) {
    net::RawEndpoint raw;
    uint8_t byte;
    const ssize_t size = recvfrom(socket_->fd(), &byte, sizeof byte, MSG_PEEK | MSG_TRUNC,
                                  raw.address(), &raw.length);
    if (size < 0) return std::unexpected(FromErrno(errno));
    const std::optional<Endpoint> sender = net::FromRaw(raw.address(), raw.length);
    if (sender && IsWanted(*sender)) return static_cast<size_t>(size);
    Discard();
  }
  return std::unexpected(ErrorCode::kWouldBlock);
}

bool IncomingDatagrams::Ready() {
  const Result<size_t> next = Next();
  return next || next.error() != ErrorCode::kWouldBlock;
}

Result<std::vector<Datagram>> IncomingDatagrams::Receive(uint64_t most) {
  std::vector<Datagram> received;
  size_t bytes = 0;
  while (received.size() < std::min<uint64_t>(most, kMostDatagrams)) {
    const Result<size_t> next = Next();
    if (!next && next.error() == ErrorCode::kWouldBlock) break;
    if (!next && received.empty()) return std::unexpected(next.error());
    if (!next || bytes + *next > kMostDatagramBytesAtOnce) break;
    Datagram datagram = {.data = std::vector<uint8_t>(*next)};
    net::RawEndpoint raw;
    const ssize_t size = recvfrom(socket_->fd(), datagram.data.data(), datagram.data.size(), 0,
                                  raw.address(), &raw.length);
    if (size < 0) break;
    datagram.data.resize(static_cast<size_t>(size));
    datagram.remote = net::FromRaw(raw.address(), raw.length).value_or(Endpoint());
    bytes += datagram.data.size();
    received.push_back(std::move(datagram));
  }
  return received;
}

uint64_t OutgoingDatagrams::CheckSend() {
  permit_ = Ready() ? kMostDatagrams : 0;
  return permit_;
}

Result<Endpoint> OutgoingDatagrams::RemoteOf(const OutgoingDatagram& datagram) const {
  if (remote_ && datagram.remote && !IsSame(*remote_, *datagram.remote)) {
    return std::unexpected(ErrorCode::kInvalidArgument);
  }
  if (remote_) return *remote_;
  if (!datagram.remote) return std::unexpected(ErrorCode::kInvalidArgument);
  if (const Result<void> valid = CheckRemote(family_, *datagram.remote); !valid) {
    return std::unexpected(valid.error());
  }
  return *datagram.remote;
}

Result<void> OutgoingDatagrams::SendOne(const OutgoingDatagram& datagram) {
  const Result<Endpoint> remote = RemoteOf(datagram);
  if (!remote) return std::unexpected(remote.error());
  if (datagram.data.size() > kMostDatagramBytes) {
    return std::unexpected(ErrorCode::kDatagramTooLarge);
  }
  if (!MaySend(environment_, *remote)) return std::unexpected(ErrorCode::kAccessDenied);
  const net::RawEndpoint raw = ToRaw(*remote);
  const ssize_t sent = sendto(socket_->fd(), datagram.data.data(), datagram.data.size(),
                              MSG_NOSIGNAL, raw.address(), raw.length);
  if (sent < 0) return std::unexpected(FromErrno(errno));
  return {};
}

absl::StatusOr<Result<uint64_t>> OutgoingDatagrams::Send(
    std::span<const OutgoingDatagram> datagrams) {
  if (datagrams.size() > std::exchange(permit_, 0)) {
    return base::TrapStatus(base::TrapCode::kHostError,
                            "more datagrams than check-send has permitted");
  }
  uint64_t sent = 0;
  for (const OutgoingDatagram& datagram : datagrams) {
    const Result<void> result = SendOne(datagram);
    if (!result && sent == 0 && result.error() != ErrorCode::kWouldBlock) {
      return Result<uint64_t>(std::unexpected(result.error()));
    }
    if (!result) break;
    ++sent;
  }
  return Result<uint64_t>(sent);
}

}  // namespace davit::wasi::sockets
