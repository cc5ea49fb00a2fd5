#include "runtime/wasi/net/policy.h"

#include <ifaddrs.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"

namespace davit::wasi::net {
namespace {

// Rules of one instance, of each kind.
constexpr size_t kMostRules = 1000;

std::string_view SchemeOf(Protocol protocol) { return protocol == Protocol::kTcp ? "tcp" : "udp"; }

uint16_t PortOf(std::string_view scheme) { return scheme == "http" ? 80 : 443; }

// Whether this machine has the address: looked up when it matters, since interfaces come and go.
bool IsLocal(const IpAddress& address) {
  const AddressClass address_class = ClassOf(address);
  if (address_class == AddressClass::kLoopback || address_class == AddressClass::kUnspecified) {
    return true;
  }
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return true;
  bool is_local = false;
  for (const ifaddrs* one = all; one != nullptr && !is_local; one = one->ifa_next) {
    const std::optional<Endpoint> local = FromRaw(one->ifa_addr, sizeof(sockaddr_storage));
    is_local = local && local->ip == address;
  }
  freeifaddrs(all);
  return is_local;
}

}  // namespace

bool Policy::Rule::Covers(std::string_view of, uint16_t port) const {
  if (!scheme.empty() && scheme != of) return false;
  if (last_port == 0 && (of == "http" || of == "https")) return port == PortOf(of);
  return first_port <= port && port <= last_port;
}

absl::StatusOr<Policy::Rule> Policy::ToRule(const NetworkRule& rule, Kind kind) {
  Rule made = {.scheme = rule.scheme,
               .addresses = Cidr::Parse(rule.host),
               .first_port = rule.first_port,
               .last_port = rule.last_port};
  const auto error = [&rule](std::string_view what) {
    return absl::InvalidArgumentError(absl::StrCat("the rule for \"", rule.host, "\" ", what));
  };
  if (!made.addresses) made.names = NamePattern::Parse(rule.host);
  if (!made.addresses && !made.names) return error("has neither a name nor addresses");
  if (kind == Kind::kListen && !made.addresses && !made.IsAll()) {
    return error("is for listening and has no addresses");
  }
  if (made.first_port > made.last_port) return error("has its last port before its first");
  if (kind == Kind::kConnect && made.last_port == 0) return error("has no port");
  const bool is_scheme = kind == Kind::kHttp     ? made.scheme == "http" || made.scheme == "https"
                         : kind == Kind::kListen ? made.scheme == "tcp" || made.scheme == "udp"
                                                 : false;
  if (!made.scheme.empty() && !is_scheme) return error("has an unknown scheme");
  if (kind != Kind::kListen && !rule.peers.empty())
    return error("has peers, but is not for listening");
  for (const std::string& peers : rule.peers) {
    const std::optional<Cidr> range = Cidr::Parse(peers);
    if (!range) return error("has peers that are no addresses");
    made.peers.push_back(*range);
  }
  return made;
}

absl::StatusOr<std::vector<Policy::Rule>> Policy::ToRules(const std::vector<NetworkRule>& rules,
                                                          Kind kind) {
  if (rules.size() > kMostRules) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMostRules, " rules of a kind"));
  }
  std::vector<Rule> made;
  for (const NetworkRule& rule : rules) {
    DAVIT_ASSIGN_OR_RETURN(made.emplace_back(), ToRule(rule, kind));
  }
  return made;
}

absl::StatusOr<std::shared_ptr<const Policy>> Policy::Create(const Network& grants,
                                                             std::vector<Endpoint> listeners) {
  auto policy = std::make_shared<Policy>();
  DAVIT_ASSIGN_OR_RETURN(policy->http_, ToRules(grants.http, Kind::kHttp));
  DAVIT_ASSIGN_OR_RETURN(policy->connect_, ToRules(grants.connect, Kind::kConnect));
  DAVIT_ASSIGN_OR_RETURN(policy->udp_, ToRules(grants.udp, Kind::kConnect));
  DAVIT_ASSIGN_OR_RETURN(policy->listen_, ToRules(grants.listen, Kind::kListen));
  if (grants.resolve.size() > kMostRules) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMostRules, " names"));
  }
  for (const std::string& name : grants.resolve) {
    std::optional<NamePattern> pattern = NamePattern::Parse(name);
    if (!pattern) return absl::InvalidArgumentError(absl::StrCat("\"", name, "\" is no name"));
    policy->resolve_.push_back(*std::move(pattern));
  }
  policy->own_ = std::move(listeners);
  return policy;
}

std::shared_ptr<const Policy> Policy::Nothing() { return std::make_shared<Policy>(); }

bool Policy::MayResolve(std::string_view name) const {
  const auto names = [name](const Rule& rule) { return rule.Names(name); };
  return std::ranges::any_of(resolve_, [name](const auto& known) { return known.Matches(name); }) ||
         std::ranges::any_of(connect_, names) || std::ranges::any_of(udp_, names);
}

bool Policy::MayLearn(const IpAddress& address) const {
  const auto lists = [&address](const Rule& rule) { return rule.Lists(address); };
  return IsPublic(address) || std::ranges::any_of(connect_, lists) ||
         std::ranges::any_of(udp_, lists);
}

bool Policy::MayRequest(std::string_view scheme, const Host& host, uint16_t port) const {
  if (host.address) {
    return MayReach({.use = Use::kHttp, .scheme = scheme, .endpoint = {*host.address, port}});
  }
  return std::ranges::any_of(
      http_, [&](const Rule& rule) { return rule.Covers(scheme, port) && rule.Names(host.name); });
}

const std::vector<Policy::Rule>& Policy::RulesOf(Use use) const {
  switch (use) {
    case Use::kHttp:
      return http_;
    case Use::kTcp:
      return connect_;
    case Use::kUdp:
      return udp_;
  }
  return http_;
}

bool Policy::MayReach(const Destination& destination) const {
  const Endpoint& endpoint = destination.endpoint;
  const bool is_public = IsPublic(endpoint.ip);
  const bool is_granted = std::ranges::any_of(RulesOf(destination.use), [&](const Rule& rule) {
    if (!rule.Covers(destination.scheme, endpoint.port)) return false;
    if (rule.Lists(endpoint.ip)) return true;
    if (!is_public) return false;
    return rule.IsAll() || std::ranges::any_of(destination.names, [&rule](const std::string& name) {
             return rule.Names(name);
           });
  });
  return is_granted && !IsOwn(endpoint);
}

bool Policy::IsOwn(const Endpoint& endpoint) const {
  return std::ranges::any_of(own_, [&endpoint](const Endpoint& own) {
    return own.port == endpoint.port &&
           (own.ip == endpoint.ip.Unmapped() || IsLocal(endpoint.ip.Unmapped()));
  });
}

bool Policy::MayBind(Protocol protocol, const Endpoint& local) const {
  const std::vector<Rule>& outward = protocol == Protocol::kTcp ? connect_ : udp_;
  const bool says_nothing =
      local.port == 0 && local.ip == IpAddress::Unspecified(local.ip.family());
  return (says_nothing && !outward.empty()) || MayListen(protocol, local);
}

bool Policy::MayListen(Protocol protocol, const Endpoint& local) const {
  const bool is_granted = std::ranges::any_of(listen_, [&](const Rule& rule) {
    return rule.Covers(SchemeOf(protocol), local.port) && (rule.IsAll() || rule.Lists(local.ip));
  });
  return is_granted && !IsOwn(local);
}

bool Policy::MayAccept(Protocol protocol, const Endpoint& local, const IpAddress& peer) const {
  return std::ranges::any_of(listen_, [&](const Rule& rule) {
    if (!rule.Covers(SchemeOf(protocol), local.port)) return false;
    if (!rule.IsAll() && !rule.Lists(local.ip)) return false;
    return rule.peers.empty() || std::ranges::any_of(rule.peers, [&peer](const Cidr& range) {
             return range.Contains(peer);
           });
  });
}

}  // namespace davit::wasi::net
