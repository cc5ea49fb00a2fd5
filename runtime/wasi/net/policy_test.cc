#include "runtime/wasi/net/policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace davit::wasi::net {
namespace {

using Use = Policy::Use;

std::shared_ptr<const Policy> Make(const Network& grants, std::vector<Endpoint> own = {}) {
  return Policy::Create(grants, std::move(own)).value();
}

Endpoint At(std::string_view address, uint16_t port) {
  return {.ip = *IpAddress::Parse(address), .port = port};
}

NetworkRule Rule(std::string host, uint16_t first = 0, uint16_t last = 0) {
  return {.host = std::move(host), .first_port = first, .last_port = last == 0 ? first : last};
}

// What a request to `scheme`://`name`:`port` comes to, where the name has that address.
bool MayGet(const Policy& policy, std::string_view scheme, const std::string& name,
            std::string_view address, uint16_t port) {
  const Host host = *ParseHost(name);
  const std::vector<std::string> names = {host.name};
  return policy.MayRequest(scheme, host, port) &&
         policy.MayReach(
             {.use = Use::kHttp, .scheme = scheme, .names = names, .endpoint = At(address, port)});
}

bool MayConnect(const Policy& policy, std::string_view address, uint16_t port,
                const std::vector<std::string>& names = {}) {
  return policy.MayReach({.use = Use::kTcp, .names = names, .endpoint = At(address, port)});
}

TEST(PolicyTest, OfNothingGrantsNothing) {
  const std::shared_ptr<const Policy> policy = Make({});
  EXPECT_FALSE(policy->GrantsTcp() || policy->GrantsUdp() || policy->GrantsNames());
  EXPECT_FALSE(policy->MayResolve("example.com"));
  EXPECT_FALSE(policy->MayRequest("https", *ParseHost("example.com"), 443));
  for (const Use use : {Use::kHttp, Use::kTcp, Use::kUdp}) {
    EXPECT_FALSE(policy->MayReach({.use = use, .scheme = "https", .endpoint = At("1.1.1.1", 443)}));
  }
  for (const Protocol protocol : {Protocol::kTcp, Protocol::kUdp}) {
    EXPECT_FALSE(policy->MayBind(protocol, At("0.0.0.0", 0)));
    EXPECT_FALSE(policy->MayListen(protocol, At("127.0.0.1", 0)));
    EXPECT_FALSE(policy->MayAccept(protocol, At("0.0.0.0", 80), IpAddress::V4({1, 1, 1, 1})));
  }
}

TEST(PolicyTest, KindsOfUseDoNotGrantOneAnother) {
  const std::shared_ptr<const Policy> policy =
      Make({.http = {Rule("*", 1, 9)}, .connect = {Rule("*", 10, 19)}, .udp = {Rule("*", 20, 29)}});
  const std::pair<Use, uint16_t> own[] = {{Use::kHttp, 5}, {Use::kTcp, 15}, {Use::kUdp, 25}};
  for (const auto& [use, port] : own) {
    for (const uint16_t tried : {5, 15, 25}) {
      EXPECT_EQ(policy->MayReach({.use = use, .scheme = "http", .endpoint = At("1.1.1.1", tried)}),
                tried == port);
    }
  }
}

TEST(PolicyTest, PortsAreFromTheFirstToTheLast) {
  const std::shared_ptr<const Policy> policy = Make({.connect = {Rule("1.1.1.1", 100, 200)}});
  EXPECT_FALSE(MayConnect(*policy, "1.1.1.1", 99));
  EXPECT_TRUE(MayConnect(*policy, "1.1.1.1", 100));
  EXPECT_TRUE(MayConnect(*policy, "1.1.1.1", 200));
  EXPECT_FALSE(MayConnect(*policy, "1.1.1.1", 201));
}

TEST(PolicyTest, HttpHasThePortOfItsScheme) {
  const std::shared_ptr<const Policy> both = Make({.http = {Rule("example.com")}});
  EXPECT_TRUE(MayGet(*both, "http", "example.com", "1.1.1.1", 80));
  EXPECT_TRUE(MayGet(*both, "https", "example.com", "1.1.1.1", 443));
  EXPECT_FALSE(MayGet(*both, "http", "example.com", "1.1.1.1", 443));
  EXPECT_FALSE(MayGet(*both, "https", "example.com", "1.1.1.1", 8443));
  const std::shared_ptr<const Policy> secure =
      Make({.http = {{.host = "example.com", .scheme = "https"}}});
  EXPECT_TRUE(MayGet(*secure, "https", "example.com", "1.1.1.1", 443));
  EXPECT_FALSE(MayGet(*secure, "http", "example.com", "1.1.1.1", 80));
}

TEST(PolicyTest, NameIsNeededBeforeItsAddress) {
  const std::shared_ptr<const Policy> policy =
      Make({.http = {Rule("*.example.com"), Rule("10.0.0.0/8")}});
  EXPECT_TRUE(MayGet(*policy, "https", "a.example.com", "1.1.1.1", 443));
  EXPECT_TRUE(MayGet(*policy, "https", "a.example.com", "10.1.1.1", 443));
  EXPECT_FALSE(MayGet(*policy, "https", "a.example.com", "192.168.1.1", 443));
  EXPECT_FALSE(MayGet(*policy, "https", "other.example", "10.1.1.1", 443));
  EXPECT_TRUE(policy->MayRequest("http", *ParseHost("10.1.1.1"), 80));
  EXPECT_FALSE(policy->MayRequest("http", *ParseHost("1.1.1.1"), 80));
}

TEST(PolicyTest, AddressOfAGrantedNameMayBeConnectedTo) {
  const std::shared_ptr<const Policy> policy = Make({.connect = {Rule("db.example.com", 5432)}});
  EXPECT_FALSE(MayConnect(*policy, "1.1.1.1", 5432));
  EXPECT_TRUE(MayConnect(*policy, "1.1.1.1", 5432, {"other.example", "db.example.com"}));
  EXPECT_FALSE(MayConnect(*policy, "1.1.1.1", 5433, {"db.example.com"}));
  EXPECT_FALSE(MayConnect(*policy, "10.0.0.1", 5432, {"db.example.com"}));
}

TEST(PolicyTest, LooksUpWhatIsGranted) {
  const std::shared_ptr<const Policy> policy = Make({.connect = {Rule("db.example.com", 5432)},
                                                     .udp = {Rule("10.0.0.0/8", 53)},
                                                     .resolve = {"*.example.org"}});
  EXPECT_TRUE(policy->MayResolve("db.example.com"));
  EXPECT_TRUE(policy->MayResolve("a.example.org"));
  EXPECT_FALSE(policy->MayResolve("example.org"));
  EXPECT_FALSE(policy->MayResolve("exfiltrated.data.example.com"));
  EXPECT_TRUE(policy->MayLearn(IpAddress::V4({1, 1, 1, 1})));
  EXPECT_TRUE(policy->MayLearn(IpAddress::V4({10, 1, 1, 1})));
  EXPECT_FALSE(policy->MayLearn(IpAddress::V4({192, 168, 1, 1})));
}

TEST(PolicyTest, BindsWhereItMayListenOrWhereThatSaysNothing) {
  const std::shared_ptr<const Policy> connects = Make({.connect = {Rule("*", 80)}});
  EXPECT_TRUE(connects->MayBind(Protocol::kTcp, At("0.0.0.0", 0)));
  EXPECT_TRUE(connects->MayBind(Protocol::kTcp, At("::", 0)));
  EXPECT_FALSE(connects->MayBind(Protocol::kTcp, At("0.0.0.0", 8080)));
  EXPECT_FALSE(connects->MayBind(Protocol::kTcp, At("127.0.0.1", 0)));
  EXPECT_FALSE(connects->MayBind(Protocol::kUdp, At("0.0.0.0", 0)));
  EXPECT_FALSE(connects->MayListen(Protocol::kTcp, At("0.0.0.0", 0)));
  const std::shared_ptr<const Policy> listens = Make({.listen = {Rule("127.0.0.0/8")}});
  EXPECT_TRUE(listens->MayBind(Protocol::kTcp, At("127.0.0.1", 0)));
  EXPECT_TRUE(listens->MayListen(Protocol::kUdp, At("127.0.0.1", 0)));
  EXPECT_FALSE(listens->MayListen(Protocol::kTcp, At("127.0.0.1", 80)));
  EXPECT_FALSE(listens->MayListen(Protocol::kTcp, At("0.0.0.0", 0)));
}

TEST(PolicyTest, AcceptsFromItsPeers) {
  const Endpoint local = At("0.0.0.0", 8080);
  const IpAddress near = IpAddress::V4({10, 1, 1, 1}), far = IpAddress::V4({1, 1, 1, 1});
  const std::shared_ptr<const Policy> all = Make({.listen = {Rule("*", 8080)}});
  EXPECT_TRUE(all->MayAccept(Protocol::kTcp, local, near));
  EXPECT_TRUE(all->MayAccept(Protocol::kTcp, local, far));
  const std::shared_ptr<const Policy> some = Make({.listen = {{.host = "0.0.0.0",
                                                               .first_port = 8080,
                                                               .last_port = 8080,
                                                               .scheme = "tcp",
                                                               .peers = {"10.0.0.0/8"}}}});
  EXPECT_TRUE(some->MayAccept(Protocol::kTcp, local, near));
  EXPECT_FALSE(some->MayAccept(Protocol::kTcp, local, far));
  EXPECT_FALSE(some->MayAccept(Protocol::kUdp, local, near));
}

TEST(PolicyTest, OwnListenersAreOutOfReach) {
  const Network everything = {.http = {Rule("0.0.0.0/0", 1, 65535), Rule("::/0", 1, 65535)},
                              .connect = {Rule("0.0.0.0/0", 1, 65535), Rule("::/0", 1, 65535)},
                              .listen = {Rule("*", 0, 65535)}};
  const std::shared_ptr<const Policy> policy =
      Make(everything, {At("0.0.0.0", 50051), At("203.0.113.1", 9090)});
  EXPECT_TRUE(MayConnect(*policy, "127.0.0.1", 50052));
  for (const char* address :
       {"127.0.0.1", "127.9.9.9", "0.0.0.0", "::1", "::", "::ffff:127.0.0.1"}) {
    EXPECT_FALSE(MayConnect(*policy, address, 50051)) << address;
    EXPECT_FALSE(policy->MayRequest("http", *ParseHost(address), 50051)) << address;
  }
  EXPECT_FALSE(MayConnect(*policy, "203.0.113.1", 9090));
  EXPECT_TRUE(MayConnect(*policy, "203.0.113.2", 9090));
  EXPECT_FALSE(policy->MayListen(Protocol::kTcp, At("127.0.0.1", 50051)));
}

TEST(PolicyTest, RefusesRulesThatMakeNoSense) {
  const auto fails = [](const Network& grants) {
    return Policy::Create(grants, {}).status().code() == absl::StatusCode::kInvalidArgument;
  };
  EXPECT_TRUE(fails({.connect = {Rule("example.com:80", 80)}}));
  EXPECT_TRUE(fails({.connect = {Rule("", 80)}}));
  EXPECT_TRUE(fails({.connect = {Rule("10.0.0.1/8", 80)}}));
  EXPECT_TRUE(fails({.connect = {Rule("example.com")}}));
  EXPECT_TRUE(fails({.udp = {Rule("1.1.1.1")}}));
  EXPECT_TRUE(fails({.connect = {{.host = "a.b", .first_port = 2, .last_port = 1}}}));
  EXPECT_TRUE(fails({.http = {{.host = "a.b", .scheme = "ftp"}}}));
  EXPECT_TRUE(fails({.listen = {Rule("example.com", 80)}}));
  EXPECT_TRUE(fails({.listen = {{.host = "*", .scheme = "http"}}}));
  EXPECT_TRUE(fails({.listen = {{.host = "*", .peers = {"example.com"}}}}));
  EXPECT_TRUE(fails({.http = {{.host = "*", .peers = {"10.0.0.0/8"}}}}));
  EXPECT_TRUE(fails({.resolve = {"*example.com"}}));
  EXPECT_FALSE(fails({.connect = std::vector<NetworkRule>(1000, Rule("*", 80))}));
  EXPECT_TRUE(fails({.connect = std::vector<NetworkRule>(1001, Rule("*", 80))}));
}

// Where requests have been sent that should not: no grant by name, or for all names and all ports,
// reaches any of these, whether a guest names the address or a name has it.
class ForbiddenAddressTest : public testing::TestWithParam<const char*> {};

TEST_P(ForbiddenAddressTest, IsReachedWhereItIsListedOnly) {
  const std::string address = GetParam();
  const std::vector<std::string> names = {"innocent.example"};
  const Network by_name = {.http = {Rule("innocent.example", 1, 65535), Rule("*", 1, 65535)},
                           .connect = {Rule("innocent.example", 1, 65535), Rule("*", 1, 65535)},
                           .udp = {Rule("innocent.example", 1, 65535), Rule("*", 1, 65535)},
                           .resolve = {"*"}};
  const std::shared_ptr<const Policy> policy = Make(by_name);
  EXPECT_FALSE(policy->MayRequest("http", *ParseHost(address), 80));
  EXPECT_FALSE(policy->MayLearn(*IpAddress::Parse(address)));
  for (const Use use : {Use::kHttp, Use::kTcp, Use::kUdp}) {
    EXPECT_FALSE(policy->MayReach(
        {.use = use, .scheme = "http", .names = names, .endpoint = At(address, 80)}));
  }
  const std::shared_ptr<const Policy> listed =
      Make({.http = {Rule(address, 80)}, .connect = {Rule(address, 80)}});
  EXPECT_TRUE(listed->MayRequest("http", *ParseHost(address), 80));
  EXPECT_TRUE(MayConnect(*listed, address, 80));
  EXPECT_FALSE(MayConnect(*listed, address, 81));
}

INSTANTIATE_TEST_SUITE_P(
    Ssrf, ForbiddenAddressTest,
    testing::Values("127.0.0.1", "127.1.2.3", "0.0.0.0", "0.0.0.1", "10.0.0.1", "172.16.0.1",
                    "172.31.255.255", "192.168.0.1", "100.64.0.1", "100.100.100.200",
                    "169.254.169.254", "169.254.170.2", "192.0.0.192", "198.18.0.1", "192.0.2.1",
                    "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "::1", "::7f00:1",
                    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:8.8.8.8",
                    "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1",
                    "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:1::1", "fc00::1", "fd00:ec2::254",
                    "fe80::1", "ff02::1", "fec0::1", "2001:db8::1"));

}  // namespace
}  // namespace davit::wasi::net
