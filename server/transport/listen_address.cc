#include "server/transport/listen_address.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"

namespace davit::server {
namespace {

constexpr std::string_view kUnix = "unix:";

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

bool IsLoopback(const in_addr& address) { return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET; }

bool IsLoopback(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) return address.s6_addr[12] == IN_LOOPBACKNET;
  return IN6_IS_ADDR_LOOPBACK(&address);
}

// What is neither IPv4 nor IPv6 is taken for reachable.
bool IsLoopback(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    return IsLoopback(reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  }
  if (address.sa_family == AF_INET6) {
    return IsLoopback(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
  }
  return false;
}

absl::Status Malformed(std::string_view address) {
  return absl::InvalidArgumentError(
      absl::StrCat("listen: want HOST:PORT or unix:PATH, got '", address, "'"));
}

// The host of "HOST:PORT". Only an IPv6 host, which is in brackets, has colons of its own: schemes
// that gRPC knows besides, vsock: and the like, do not pass for hosts.
absl::StatusOr<std::string> HostOf(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return Malformed(address);
  uint32_t port = 0;
  if (!absl::SimpleAtoi(address.substr(colon + 1), &port) || port > UINT16_MAX) {
    return Malformed(address);
  }
  std::string_view host = address.substr(0, colon);
  if (absl::ConsumePrefix(&host, "[")) {
    if (!absl::ConsumeSuffix(&host, "]")) return Malformed(address);
  } else if (absl::StrContains(host, ':')) {
    return Malformed(address);
  }
  if (host.empty()) return Malformed(address);
  return std::string(host);
}

// By the function and the flags that gRPC itself resolves with when it listens.
absl::StatusOr<Addresses> Resolve(const std::string& host) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen: cannot resolve '", host, "': ", gai_strerror(error)));
  }
  return Addresses(found, &freeaddrinfo);
}

}  // namespace

std::string_view UnixPath(std::string_view address) {
  return absl::ConsumePrefix(&address, kUnix) ? address : "";
}

absl::StatusOr<bool> IsLocal(std::string_view address) {
  if (absl::StartsWith(address, kUnix)) {
    if (UnixPath(address).empty()) return Malformed(address);
    return true;
  }
  DAVIT_ASSIGN_OR_RETURN(const std::string host, HostOf(address));
  DAVIT_ASSIGN_OR_RETURN(const Addresses addresses, Resolve(host));
  for (const addrinfo* at = addresses.get(); at != nullptr; at = at->ai_next) {
    if (!IsLoopback(*at->ai_addr)) return false;
  }
  return true;
}

CreationMode::CreationMode(mode_t mode) : earlier_(umask(~mode & 0777)) {}
CreationMode::~CreationMode() { umask(earlier_); }

}  // namespace davit::server
