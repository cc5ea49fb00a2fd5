#ifndef DAVIT_RUNTIME_WASI_NET_POLICY_H_
#define DAVIT_RUNTIME_WASI_NET_POLICY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "runtime/wasi/net/address.h"
#include "runtime/wasi/net/host_name.h"
#include "runtime/wasi/net/network.h"

namespace davit::wasi::net {

enum class Protocol : uint8_t { kTcp, kUdp };

// What an instance may reach and where it may be reached: asked of every address right before it is
// used, whoever uses it and however it was found. Names are never enough, since whoever has one
// chooses its addresses. Immutable; thread-safe.
class Policy {
 public:
  // davitd's own `listeners` are out of reach whatever is granted. INVALID_ARGUMENT for rules that
  // make no sense.
  static absl::StatusOr<std::shared_ptr<const Policy>> Create(const Network& grants,
                                                              std::vector<Endpoint> listeners);
  // The one that grants nothing.
  static std::shared_ptr<const Policy> Nothing();

  // Whether anything of it is granted.
  bool GrantsTcp() const { return !connect_.empty() || !listen_.empty(); }
  bool GrantsUdp() const { return !udp_.empty() || !listen_.empty(); }
  bool GrantsNames() const { return GrantsTcp() || GrantsUdp() || !resolve_.empty(); }

  // Whether the instance may look up a name, and learn that it has this address.
  bool MayResolve(std::string_view name) const;
  bool MayLearn(const IpAddress& address) const;

  // Whether it may send requests there, as far as that can be told before the name is looked up.
  // Then MayReach decides for each of its addresses.
  bool MayRequest(std::string_view scheme, const Host& host, uint16_t port) const;

  enum class Use : uint8_t { kHttp, kTcp, kUdp };
  struct Destination {
    Use use;
    std::string_view scheme = {};  // of HTTP
    // That the address was found by: ParseHost's.
    std::span<const std::string> names = {};
    Endpoint endpoint;
  };
  bool MayReach(const Destination& destination) const;

  // `local` is always what the guest asked for: its port is 0 if the kernel is to choose. The
  // unspecified address with port 0 says nothing, and may be bound to by what may connect or send:
  // that does it anyway.
  bool MayBind(Protocol protocol, const Endpoint& local) const;
  bool MayListen(Protocol protocol, const Endpoint& local) const;
  bool MayAccept(Protocol protocol, const Endpoint& local, const IpAddress& peer) const;

 private:
  struct Rule {
    std::string scheme;
    std::optional<Cidr> addresses;
    std::optional<NamePattern> names;  // where there are no addresses
    uint16_t first_port = 0;
    uint16_t last_port = 0;
    std::vector<Cidr> peers;

    bool Covers(std::string_view scheme, uint16_t port) const;
    bool Lists(const IpAddress& address) const { return addresses && addresses->Contains(address); }
    bool Names(std::string_view name) const { return names && names->Matches(name); }
    bool IsAll() const { return names && names->is_all(); }
  };
  enum class Kind : uint8_t { kHttp, kConnect, kListen };

  static absl::StatusOr<Rule> ToRule(const NetworkRule& rule, Kind kind);
  static absl::StatusOr<std::vector<Rule>> ToRules(const std::vector<NetworkRule>& rules,
                                                   Kind kind);
  const std::vector<Rule>& RulesOf(Use use) const;
  bool IsOwn(const Endpoint& endpoint) const;

  std::vector<Rule> http_;
  std::vector<Rule> connect_;
  std::vector<Rule> udp_;
  std::vector<Rule> listen_;
  std::vector<NamePattern> resolve_;
  std::vector<Endpoint> own_;
};

}  // namespace davit::wasi::net

#endif  // DAVIT_RUNTIME_WASI_NET_POLICY_H_
