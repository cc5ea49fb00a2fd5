#include "runtime/wasi/sockets/error_code.h"

#include <cerrno>
#include <iterator>

namespace davit::wasi::sockets {

std::string_view ErrorCodeName(ErrorCode code) {
  static constexpr std::string_view kNames[] = {
      "unknown",
      "access-denied",
      "not-supported",
      "invalid-argument",
      "out-of-memory",
      "timeout",
      "concurrency-conflict",
      "not-in-progress",
      "would-block",
      "invalid-state",
      "new-socket-limit",
      "address-not-bindable",
      "address-in-use",
      "remote-unreachable",
      "connection-refused",
      "connection-reset",
      "connection-aborted",
      "datagram-too-large",
      "name-unresolvable",
      "temporary-resolver-failure",
      "permanent-resolver-failure",
  };
  static_assert(std::size(kNames) == static_cast<size_t>(ErrorCode::kPermanentResolverFailure) + 1);
  return kNames[static_cast<size_t>(code)];
}

ErrorCode FromErrno(int error) {
  using enum ErrorCode;
  switch (error) {
    case EACCES:
    case EPERM:
      return kAccessDenied;
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return kNotSupported;
    case EINVAL:
    case EDESTADDRREQ:
      return kInvalidArgument;
    case ENOMEM:
    case ENOBUFS:
      return kOutOfMemory;
    case ETIMEDOUT:
      return kTimeout;
    case EALREADY:
      return kConcurrencyConflict;
    case EAGAIN:
    case EINPROGRESS:
      return kWouldBlock;
    case ENOTCONN:
    case EISCONN:
      return kInvalidState;
    case EMFILE:
    case ENFILE:
      return kNewSocketLimit;
    case EADDRNOTAVAIL:
      return kAddressNotBindable;
    case EADDRINUSE:
      return kAddressInUse;
    case EHOSTUNREACH:
    case EHOSTDOWN:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
      return kRemoteUnreachable;
    case ECONNREFUSED:
      return kConnectionRefused;
    case ECONNRESET:
    case EPIPE:
      return kConnectionReset;
    case ECONNABORTED:
      return kConnectionAborted;
    case EMSGSIZE:
      return kDatagramTooLarge;
    default:
      return kUnknown;
  }
}

}  // namespace davit::wasi::sockets
