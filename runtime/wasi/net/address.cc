#include "runtime/wasi/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace davit::wasi::net {
namespace {

uint8_t BitsOf(Family family) { return family == Family::kIpv4 ? 32 : 128; }

// Whether the first `count` bits are the same.
bool ShareBits(std::span<const uint8_t> a, std::span<const uint8_t> b, uint8_t count) {
  const size_t bytes = count / 8;
  if (!std::equal(a.begin(), a.begin() + bytes, b.begin())) return false;
  const int rest = count % 8;
  return rest == 0 || ((a[bytes] ^ b[bytes]) >> (8 - rest)) == 0;
}

struct ClassRange {
  std::string_view range;
  AddressClass of;
};

// After IANA's registries of special-purpose addresses. The first that contains an address counts.
constexpr ClassRange kRanges[] = {
    {"0.0.0.0/8", AddressClass::kUnspecified},
    {"10.0.0.0/8", AddressClass::kPrivate},
    {"100.64.0.0/10", AddressClass::kShared},
    {"127.0.0.0/8", AddressClass::kLoopback},
    {"169.254.0.0/16", AddressClass::kLinkLocal},
    {"172.16.0.0/12", AddressClass::kPrivate},
    {"192.0.0.0/24", AddressClass::kReserved},
    {"192.0.2.0/24", AddressClass::kDocumentation},
    {"192.88.99.0/24", AddressClass::k6to4},
    {"192.168.0.0/16", AddressClass::kPrivate},
    {"198.18.0.0/15", AddressClass::kBenchmarking},
    {"198.51.100.0/24", AddressClass::kDocumentation},
    {"203.0.113.0/24", AddressClass::kDocumentation},
    {"224.0.0.0/4", AddressClass::kMulticast},
    {"255.255.255.255", AddressClass::kBroadcast},
    {"240.0.0.0/4", AddressClass::kReserved},
    {"::", AddressClass::kUnspecified},
    {"::1", AddressClass::kLoopback},
    {"::/96", AddressClass::kIpv4Compatible},
    {"::ffff:0:0/96", AddressClass::kIpv4Mapped},
    {"64:ff9b::/96", AddressClass::kNat64},
    {"64:ff9b:1::/48", AddressClass::kNat64},
    {"2001::/32", AddressClass::kTeredo},
    {"2001:2::/48", AddressClass::kBenchmarking},
    {"2001::/23", AddressClass::kReserved},
    {"2001:db8::/32", AddressClass::kDocumentation},
    {"2002::/16", AddressClass::k6to4},
    {"3fff::/20", AddressClass::kDocumentation},
    {"fc00::/7", AddressClass::kUniqueLocal},
    {"fe80::/10", AddressClass::kLinkLocal},
    {"ff00::/8", AddressClass::kMulticast},
    // All that is given out lies in 2000::/3; the rest has no hosts yet.
    {"2000::/3", AddressClass::kPublic},
    {"::/0", AddressClass::kReserved},
};

struct ParsedRange {
  Cidr range;
  AddressClass of;
};

const std::vector<ParsedRange>& Ranges() {
  static const auto* const ranges = [] {
    auto* const parsed = new std::vector<ParsedRange>;
    for (const ClassRange& range : kRanges)
      parsed->push_back({*Cidr::Parse(range.range), range.of});
    return parsed;
  }();
  return *ranges;
}

}  // namespace

IpAddress IpAddress::V4(std::array<uint8_t, 4> bytes) {
  std::array<uint8_t, 16> all = {};
  std::copy(bytes.begin(), bytes.end(), all.begin());
  return {Family::kIpv4, all};
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  if (text.size() > INET6_ADDRSTRLEN || text.contains('\0')) return std::nullopt;
  const std::string copy(text);
  std::array<uint8_t, 16> bytes = {};
  if (inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
    return IpAddress(Family::kIpv4, bytes);
  }
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) {
    return IpAddress(Family::kIpv6, bytes);
  }
  return std::nullopt;
}

std::string IpAddress::ToString() const {
  char text[INET6_ADDRSTRLEN];
  const int family = family_ == Family::kIpv4 ? AF_INET : AF_INET6;
  return inet_ntop(family, bytes_.data(), text, sizeof text);
}

IpAddress IpAddress::Unmapped() const {
  if (ClassOf(*this) != AddressClass::kIpv4Mapped) return *this;
  return V4({bytes_[12], bytes_[13], bytes_[14], bytes_[15]});
}

AddressClass ClassOf(const IpAddress& address) {
  for (const ParsedRange& range : Ranges()) {
    if (range.range.Contains(address)) return range.of;
  }
  return AddressClass::kPublic;
}

std::optional<Cidr> Cidr::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> first = IpAddress::Parse(text.substr(0, slash));
  if (!first) return std::nullopt;
  uint32_t length = BitsOf(first->family());
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos ||
        !absl::SimpleAtoi(digits, &length) || length > BitsOf(first->family())) {
      return std::nullopt;
    }
  }
  for (uint32_t bit = length; bit < BitsOf(first->family()); ++bit) {
    if (first->bytes()[bit / 8] & (0x80 >> (bit % 8))) return std::nullopt;
  }
  return Cidr(*first, static_cast<uint8_t>(length));
}

bool Cidr::Contains(const IpAddress& address) const {
  return address.family() == first_.family() && ShareBits(address.bytes(), first_.bytes(), length_);
}

std::string Endpoint::ToString() const {
  return ip.family() == Family::kIpv4 ? absl::StrCat(ip.ToString(), ":", port)
                                      : absl::StrCat("[", ip.ToString(), "]:", port);
}

RawEndpoint ToRaw(const Endpoint& endpoint) {
  RawEndpoint raw;
  const std::span<const uint8_t> bytes = endpoint.ip.bytes();
  if (endpoint.ip.family() == Family::kIpv4) {
    sockaddr_in in = {};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    std::memcpy(&in.sin_addr, bytes.data(), bytes.size());
    std::memcpy(&raw.storage, &in, sizeof in);
    raw.length = sizeof in;
  } else {
    sockaddr_in6 in = {};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(endpoint.port);
    in.sin6_flowinfo = htonl(endpoint.flow_info);
    in.sin6_scope_id = endpoint.scope_id;
    std::memcpy(&in.sin6_addr, bytes.data(), bytes.size());
    std::memcpy(&raw.storage, &in, sizeof in);
    raw.length = sizeof in;
  }
  return raw;
}

std::optional<Endpoint> FromRaw(const sockaddr* address, socklen_t length) {
  if (address == nullptr || length < sizeof(sa_family_t)) return std::nullopt;
  if (address->sa_family == AF_INET && length >= sizeof(sockaddr_in)) {
    sockaddr_in in;
    std::memcpy(&in, address, sizeof in);
    std::array<uint8_t, 4> bytes;
    std::memcpy(bytes.data(), &in.sin_addr, bytes.size());
    return Endpoint{.ip = IpAddress::V4(bytes), .port = ntohs(in.sin_port)};
  }
  if (address->sa_family == AF_INET6 && length >= sizeof(sockaddr_in6)) {
    sockaddr_in6 in;
    std::memcpy(&in, address, sizeof in);
    std::array<uint8_t, 16> bytes;
    std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
    return Endpoint{.ip = IpAddress::V6(bytes),
                    .port = ntohs(in.sin6_port),
                    .flow_info = ntohl(in.sin6_flowinfo),
                    .scope_id = in.sin6_scope_id};
  }
  return std::nullopt;
}

}  // namespace davit::wasi::net
