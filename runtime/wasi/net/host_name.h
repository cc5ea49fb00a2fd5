#ifndef DAVIT_RUNTIME_WASI_NET_HOST_NAME_H_
#define DAVIT_RUNTIME_WASI_NET_HOST_NAME_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "runtime/wasi/net/address.h"

namespace davit::wasi::net {

// What a guest calls a machine by: an address, or a name.
struct Host {
  std::optional<IpAddress> address;
  // Where there is no address: in ASCII and lower case, without a dot at its end.
  std::string name;

  bool operator==(const Host&) const = default;
};

// An address, also in brackets if it is an IPv6 one, or a name, which may be an internationalised
// one. Nothing for what is neither, such as a name that others take for a number.
std::optional<Host> ParseHost(std::string_view text);

// The names that a grant means: one, or those below a domain, or all.
class NamePattern {
 public:
  // "example.com", "*.example.com" (which is not example.com itself), or "*".
  static std::optional<NamePattern> Parse(std::string_view text);

  // Of a name as ParseHost gives it.
  bool Matches(std::string_view name) const;
  bool is_all() const { return kind_ == Kind::kAll; }

 private:
  enum class Kind { kExact, kBelow, kAll };
  NamePattern(Kind kind, std::string name) : kind_(kind), name_(std::move(name)) {}

  Kind kind_;
  std::string name_;  // of kBelow with the dot before it
};

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_HOST_NAME_H_
