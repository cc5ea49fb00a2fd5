#include "runtime/wasi/sockets/convert.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>

namespace davit::wasi::sockets {
namespace {

net::IpAddress FromTuple(const p2_network::Ipv4Address& address) {
  const auto [a, b, c, d] = address;
  return net::IpAddress::V4({a, b, c, d});
}

net::IpAddress FromTuple(const p2_network::Ipv6Address& address) {
  std::array<uint8_t, 16> bytes;
  size_t next = 0;
  const auto append = [&](uint16_t part) {
    bytes[next++] = static_cast<uint8_t>(part >> 8);
    bytes[next++] = static_cast<uint8_t>(part);
  };
  std::apply([&](auto... parts) { (append(parts), ...); }, address);
  return net::IpAddress::V6(bytes);
}

p2_network::Ipv4Address ToTuple4(const net::IpAddress& address) {
  const auto bytes = address.bytes();
  return {bytes[0], bytes[1], bytes[2], bytes[3]};
}

p2_network::Ipv6Address ToTuple6(const net::IpAddress& address) {
  const auto part = [bytes = address.bytes()](size_t i) {
    return static_cast<uint16_t>(bytes[2 * i] << 8 | bytes[2 * i + 1]);
  };
  return {part(0), part(1), part(2), part(3), part(4), part(5), part(6), part(7)};
}

}  // namespace

net::Endpoint FromGuest(const p2_network::IpSocketAddress& address) {
  if (const auto* const four = address.ipv4()) {
    return {.ip = FromTuple(four->address), .port = four->port};
  }
  const auto& six = *address.ipv6();
  return {.ip = FromTuple(six.address),
          .port = six.port,
          .flow_info = six.flow_info,
          .scope_id = six.scope_id};
}

p2_network::IpSocketAddress ToGuest(const net::Endpoint& endpoint) {
  if (endpoint.ip.family() == net::Family::kIpv4) {
    return p2_network::IpSocketAddress::Ipv4(
        {.port = endpoint.port, .address = ToTuple4(endpoint.ip)});
  }
  return p2_network::IpSocketAddress::Ipv6({.port = endpoint.port,
                                            .flow_info = endpoint.flow_info,
                                            .address = ToTuple6(endpoint.ip),
                                            .scope_id = endpoint.scope_id});
}

p2_network::IpAddress ToGuest(const net::IpAddress& address) {
  return address.family() == net::Family::kIpv4 ? p2_network::IpAddress::Ipv4(ToTuple4(address))
                                                : p2_network::IpAddress::Ipv6(ToTuple6(address));
}

}  // namespace davit::wasi::sockets
