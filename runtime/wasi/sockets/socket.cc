#include "runtime/wasi/sockets/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <expected>
#include <optional>
#include <utility>

namespace davit::wasi::sockets {
namespace {

using net::AddressClass;
using net::Endpoint;
using net::Family;

std::unexpected<ErrorCode> LastError() { return std::unexpected(FromErrno(errno)); }

Result<void> SetUp(const Descriptor& socket, Family family, uint32_t buffer_bytes) {
  if (family == Family::kIpv6) {
    if (const Result<void> set = SetOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1); !set) return set;
  }
  // Said once, the kernel does not make them larger by itself.
  for (const int option : {SO_RCVBUF, SO_SNDBUF}) {
    const Result<void> set = SetBufferSize(socket, option, buffer_bytes, buffer_bytes);
    if (!set) return set;
  }
  return {};
}

// An address that a socket can have or reach. Those of IPv4 in IPv6 have sockets of their own.
bool IsUnicast(const net::IpAddress& address) {
  switch (ClassOf(address)) {
    case AddressClass::kMulticast:
    case AddressClass::kBroadcast:
    case AddressClass::kIpv4Mapped:
    case AddressClass::kIpv4Compatible:
      return false;
    default:
      return true;
  }
}

}  // namespace

Result<std::shared_ptr<void>> TakePermit(Environment& environment) {
  using Permits = std::pair<std::shared_ptr<void>, std::shared_ptr<void>>;
  Permits permits;
  permits.first = SocketCount::Take(environment.count);
  if (permits.first == nullptr) return std::unexpected(ErrorCode::kNewSocketLimit);
  if (environment.count_of_tenant == nullptr) return permits.first;
  permits.second = SocketCount::Take(environment.count_of_tenant);
  if (permits.second == nullptr) return std::unexpected(ErrorCode::kNewSocketLimit);
  return std::make_shared<Permits>(std::move(permits));
}

Result<std::shared_ptr<Descriptor>> OpenSocket(Environment& environment, Family family,
                                               net::Protocol protocol) {
  Result<std::shared_ptr<void>> permit = TakePermit(environment);
  if (!permit) return std::unexpected(permit.error());
  const int domain = family == Family::kIpv4 ? AF_INET : AF_INET6;
  const int type = protocol == net::Protocol::kTcp ? SOCK_STREAM : SOCK_DGRAM;
  const int fd = ::socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return LastError();
  auto socket = std::make_shared<Descriptor>(environment.reactor, fd, *std::move(permit));
  const Result<void> set_up = SetUp(*socket, family, environment.quotas.buffer_bytes);
  if (!set_up) return std::unexpected(set_up.error());
  return socket;
}

Result<void> CheckLocal(Family family, const Endpoint& local) {
  if (local.ip.family() == family && IsUnicast(local.ip)) return {};
  return std::unexpected(ErrorCode::kInvalidArgument);
}

Result<void> CheckRemote(Family family, const Endpoint& remote) {
  if (remote.port == 0 || remote.ip == net::IpAddress::Unspecified(remote.ip.family())) {
    return std::unexpected(ErrorCode::kInvalidArgument);
  }
  return CheckLocal(family, remote);
}

Result<Endpoint> LocalEndpoint(const Descriptor& socket) {
  net::RawEndpoint raw;
  if (getsockname(socket.fd(), raw.address(), &raw.length) != 0) return LastError();
  const std::optional<Endpoint> endpoint = net::FromRaw(raw.address(), raw.length);
  if (!endpoint) return std::unexpected(ErrorCode::kUnknown);
  return *endpoint;
}

Result<void> Bind(const Descriptor& socket, const Endpoint& local) {
  const net::RawEndpoint raw = ToRaw(local);
  if (::bind(socket.fd(), raw.address(), raw.length) != 0) return LastError();
  return {};
}

Result<int> GetOption(const Descriptor& socket, int level, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  if (getsockopt(socket.fd(), level, option, &value, &length) != 0) return LastError();
  return value;
}

Result<void> SetOption(const Descriptor& socket, int level, int option, int value) {
  if (setsockopt(socket.fd(), level, option, &value, sizeof value) != 0) return LastError();
  return {};
}

Result<uint8_t> HopLimit(const Descriptor& socket, Family family) {
  const Result<int> hops = family == Family::kIpv4
                               ? GetOption(socket, IPPROTO_IP, IP_TTL)
                               : GetOption(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS);
  if (!hops) return std::unexpected(hops.error());
  return static_cast<uint8_t>(std::clamp(*hops, 1, 255));
}

Result<void> SetHopLimit(const Descriptor& socket, Family family, uint8_t hops) {
  if (hops == 0) return std::unexpected(ErrorCode::kInvalidArgument);
  return family == Family::kIpv4 ? SetOption(socket, IPPROTO_IP, IP_TTL, hops)
                                 : SetOption(socket, IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops);
}

// The kernel doubles what it is told, for what it keeps itself, and says the double.
Result<uint64_t> BufferSize(const Descriptor& socket, int option) {
  const Result<int> bytes = GetOption(socket, SOL_SOCKET, option);
  if (!bytes) return std::unexpected(bytes.error());
  return static_cast<uint64_t>(*bytes) / 2;
}

Result<void> SetBufferSize(const Descriptor& socket, int option, uint64_t bytes, uint32_t most) {
  if (bytes == 0) return std::unexpected(ErrorCode::kInvalidArgument);
  const int value = static_cast<int>(std::min<uint64_t>(bytes, most));
  const Result<void> set = SetOption(socket, SOL_SOCKET, option, value);
  if (!set && set.error() == ErrorCode::kOutOfMemory) return {};
  return set;
}

}  // namespace davit::wasi::sockets
