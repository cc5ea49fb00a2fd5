#ifndef DAVIT_RUNTIME_WASI_NET_ADDRESS_H_
#define DAVIT_RUNTIME_WASI_NET_ADDRESS_H_

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace davit::wasi::net {

enum class Family : uint8_t { kIpv4, kIpv6 };

// An IP address. The bytes of an IPv4 address are the first four, the others 0.
class IpAddress {
 public:
  // 0.0.0.0
  IpAddress() = default;
  static IpAddress V4(std::array<uint8_t, 4> bytes);
  static IpAddress V6(std::array<uint8_t, 16> bytes) { return {Family::kIpv6, bytes}; }
  // The address written as usual and without brackets, zone or spaces; no octal or short forms.
  static std::optional<IpAddress> Parse(std::string_view text);
  static IpAddress Unspecified(Family family) { return {family, {}}; }

  Family family() const { return family_; }
  std::span<const uint8_t> bytes() const {
    return std::span(bytes_).first(family_ == Family::kIpv4 ? 4 : 16);
  }
  std::string ToString() const;
  // The IPv4 address within an IPv4-mapped IPv6 one; others as they are.
  IpAddress Unmapped() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpAddress(Family family, const std::array<uint8_t, 16>& bytes) : family_(family), bytes_(bytes) {}

  Family family_ = Family::kIpv4;
  std::array<uint8_t, 16> bytes_ = {};
};

// What sort of address: all but kPublic are kept from guests unless they are listed.
enum class AddressClass : uint8_t {
  kPublic,
  kUnspecified,  // 0.0.0.0/8 and ::
  kLoopback,
  kPrivate,    // RFC 1918
  kShared,     // of carriers' NAT
  kLinkLocal,  // also where clouds keep their metadata
  kUniqueLocal,
  kMulticast,
  kBroadcast,
  kBenchmarking,
  kDocumentation,
  kIpv4Mapped,
  kIpv4Compatible,
  kNat64,
  k6to4,
  kTeredo,
  kReserved,  // anything else that no host on the public network has
};

AddressClass ClassOf(const IpAddress& address);
inline bool IsPublic(const IpAddress& address) { return ClassOf(address) == AddressClass::kPublic; }

// Addresses with the same first bits.
class Cidr {
 public:
  // "10.0.0.0/8", "fe80::/10", or an address alone. Bits past the length must be 0.
  static std::optional<Cidr> Parse(std::string_view text);

  bool Contains(const IpAddress& address) const;

 private:
  Cidr(const IpAddress& first, uint8_t length) : first_(first), length_(length) {}

  IpAddress first_;
  uint8_t length_;  // bits
};

// Where a socket is, or what it reaches.
struct Endpoint {
  IpAddress ip;
  uint16_t port = 0;
  uint32_t flow_info = 0;  // of IPv6
  uint32_t scope_id = 0;   // likewise

  std::string ToString() const;
  bool operator==(const Endpoint&) const = default;
};

// The same for the kernel.
struct RawEndpoint {
  sockaddr_storage storage = {};
  socklen_t length = sizeof(sockaddr_storage);

  sockaddr* address() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

RawEndpoint ToRaw(const Endpoint& endpoint);
// Nothing for what is no IP endpoint.
std::optional<Endpoint> FromRaw(const sockaddr* address, socklen_t length);

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_ADDRESS_H_
