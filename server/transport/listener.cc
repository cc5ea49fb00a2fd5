#include "server/transport/listener.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "runtime/base/status_macros.h"

namespace davit::server {
namespace {

constexpr int kBacklog = 4096;
// How long nothing is accepted when there was no descriptor for it.
constexpr int kExhaustedMs = 10;
// Accepted in a row before the other addresses are looked at.
constexpr int kAcceptedInARow = 64;

absl::Status Unavailable(std::string_view address) {
  return absl::UnavailableError(absl::StrCat("cannot listen on ", address, ": ", strerror(errno)));
}

struct HostAndPort {
  std::string host;
  std::string port;
};

// "host:port", "[v6]:port", each also behind "ipv4:" or "ipv6:".
absl::StatusOr<HostAndPort> Split(const std::string& address) {
  std::string_view rest = address;
  if (!absl::ConsumePrefix(&rest, "ipv4:")) absl::ConsumePrefix(&rest, "ipv6:");
  const size_t colon = rest.rfind(':');
  int port = 0;
  if (colon == std::string_view::npos || !absl::SimpleAtoi(rest.substr(colon + 1), &port) ||
      port < 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat("no port in the address ", address));
  }
  std::string_view host = rest.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return HostAndPort{std::string(host), absl::StrCat(port)};
}

int PortOf(int socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof address;
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.ss_family == AF_INET6
                   ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                   : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

void SetPort(sockaddr& address, int port) {
  const in_port_t wire = htons(static_cast<in_port_t>(port));
  if (address.sa_family == AF_INET6) {
    reinterpret_cast<sockaddr_in6&>(address).sin6_port = wire;
  } else {
    reinterpret_cast<sockaddr_in&>(address).sin_port = wire;
  }
}

// A listening socket, or -1 and errno.
int ListenOn(const sockaddr* address, socklen_t size) {
  const int on = 1, off = 0;
  const int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  // So that a restart need not wait for connections of before; two at once are refused all the
  // same.
  if (address->sa_family != AF_UNIX) {
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  }
  if (address->sa_family == AF_INET6) {
    setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(descriptor, address, size) == 0 && listen(descriptor, kBacklog) == 0) return descriptor;
  const int error = errno;
  close(descriptor);
  errno = error;
  return -1;
}

// A socket file that nobody listens on is left from a process that was killed.
void RemoveStale(const sockaddr_un& address, socklen_t size) {
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), size) != 0 &&
      errno == ECONNREFUSED) {
    unlink(address.sun_path);
  }
  close(descriptor);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Listener>> Listener::Listen(const std::string& address) {
  std::unique_ptr<Listener> listener(new Listener);
  listener->wake_ = eventfd(0, EFD_CLOEXEC);
  if (listener->wake_ < 0) return Unavailable(address);
  std::string_view path = address;
  if (absl::ConsumePrefix(&path, "unix:")) {
    if (path.starts_with("//")) path.remove_prefix(2);
    DAVIT_RETURN_IF_ERROR(listener->ListenOnUnixSocket(std::string(path)));
  } else {
    DAVIT_RETURN_IF_ERROR(listener->ListenOnHost(address));
  }
  return listener;
}

absl::Status Listener::ListenOnUnixSocket(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(absl::StrCat("no path of a socket: '", path, "'"));
  }
  path.copy(address.sun_path, path.size());
  RemoveStale(address, sizeof address);
  const int listening = ListenOn(reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (listening < 0) return Unavailable(absl::StrCat("unix:", path));
  listening_.push_back(listening);
  path_ = path;
  return absl::OkStatus();
}

absl::Status Listener::ListenOnHost(const std::string& address) {
  DAVIT_ASSIGN_OR_RETURN(const HostAndPort wanted, Split(address));
  addrinfo hints = {};
  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(wanted.host.empty() ? nullptr : wanted.host.c_str(),
                                wanted.port.c_str(), &hints, &found);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", address, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, &freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (port_ != 0) SetPort(*at->ai_addr, port_);
    const int listening = ListenOn(at->ai_addr, at->ai_addrlen);
    // A machine without IPv6 has names with such addresses all the same.
    if (listening < 0 && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) continue;
    if (listening < 0) return Unavailable(address);
    listening_.push_back(listening);
    port_ = PortOf(listening);
  }
  return listening_.empty() ? Unavailable(address) : absl::OkStatus();
}

Listener::~Listener() {
  Stop();
  close(wake_);
}

void Listener::Start(Handlers handlers) {
  handlers_ = std::move(handlers);
  thread_ = std::thread([this] { Loop(); });
}

void Listener::Stop() {
  if (thread_.joinable()) {
    eventfd_write(wake_, 1);
    thread_.join();
  }
  for (const int listening : std::exchange(listening_, {})) close(listening);
  if (!path_.empty()) unlink(std::exchange(path_, "").c_str());
}

void Listener::Loop() {
  std::vector<pollfd> waited = {{.fd = wake_, .events = POLLIN, .revents = 0}};
  for (const int listening : listening_) {
    waited.push_back({.fd = listening, .events = POLLIN, .revents = 0});
  }
  while (true) {
    if (poll(waited.data(), waited.size(), -1) < 0) continue;  // a signal
    if (waited[0].revents != 0) return;
    for (size_t i = 1; i < waited.size(); ++i) {
      if (waited[i].revents != 0) AcceptAll(waited[i].fd);
    }
  }
}

void Listener::AcceptAll(int listening) {
  for (int i = 0; i < kAcceptedInARow; ++i) {
    const int connection = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
      const int on = 1;
      setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      handlers_.connected(connection);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      LOG_EVERY_N_SEC(ERROR, 10) << "no connection can be accepted: " << strerror(errno);
      handlers_.exhausted();
      pollfd wake = {.fd = wake_, .events = POLLIN, .revents = 0};
      poll(&wake, 1, kExhaustedMs);
      return;
    }
    // EAGAIN, or a connection that its client has given up already.
    if (errno != ECONNABORTED && errno != EINTR) return;
  }
}

}  // namespace davit::server
