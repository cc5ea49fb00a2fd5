#ifndef DAVIT_RUNTIME_WASI_SOCKETS_CONVERT_H_
#define DAVIT_RUNTIME_WASI_SOCKETS_CONVERT_H_

#include <expected>
#include <type_traits>
#include <utility>

#include "runtime/canon/native/native_traits.h"
#include "runtime/wasi/bindings/sockets_network.h"
#include "runtime/wasi/net/address.h"
#include "runtime/wasi/sockets/error_code.h"

// Values of sockets as WASI 0.2 has them.
namespace davit::wasi::sockets {

namespace p2_network = p2::sockets::network;

template <typename T>
using GuestResult = canon::Result<T, p2_network::ErrorCode>;

net::Endpoint FromGuest(const p2_network::IpSocketAddress& address);
p2_network::IpSocketAddress ToGuest(const net::Endpoint& endpoint);
p2_network::IpAddress ToGuest(const net::IpAddress& address);

inline net::Family FromGuest(p2_network::IpAddressFamily family) {
  return family == p2_network::IpAddressFamily::kIpv4 ? net::Family::kIpv4 : net::Family::kIpv6;
}
inline p2_network::IpAddressFamily ToGuest(net::Family family) {
  return family == net::Family::kIpv4 ? p2_network::IpAddressFamily::kIpv4
                                      : p2_network::IpAddressFamily::kIpv6;
}

// Both have the same codes in the same order.
static_assert(static_cast<int>(p2_network::ErrorCode::kPermanentResolverFailure) ==
              static_cast<int>(ErrorCode::kPermanentResolverFailure));
inline std::unexpected<p2_network::ErrorCode> ToGuest(ErrorCode code) {
  return std::unexpected(static_cast<p2_network::ErrorCode>(code));
}

inline GuestResult<void> ToGuest(const Result<void>& result) {
  if (!result) return ToGuest(result.error());
  return {};
}
inline GuestResult<p2_network::IpSocketAddress> ToGuest(const Result<net::Endpoint>& result) {
  if (!result) return ToGuest(result.error());
  return ToGuest(*result);
}
template <typename T>
  requires std::is_arithmetic_v<T>
GuestResult<T> ToGuest(const Result<T>& result) {
  if (!result) return ToGuest(result.error());
  return *result;
}

}  // namespace davit::wasi::sockets

#endif  // DAVIT_RUNTIME_WASI_SOCKETS_CONVERT_H_
