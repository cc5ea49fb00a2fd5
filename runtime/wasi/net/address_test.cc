#include "runtime/wasi/net/address.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace davit::wasi::net {
namespace {

TEST(IpAddressTest, ReadsAndWritesTheUsualForm) {
  for (const char* text :
       {"0.0.0.0", "192.0.2.1", "::", "::1", "2001:db8::1", "fe80::1", "::ffff:10.0.0.1"}) {
    const std::optional<IpAddress> address = IpAddress::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->ToString(), text);
  }
}

// Forms that other readers of addresses take for one: 127.0.0.1 has been hidden in each of them.
TEST(IpAddressTest, KnowsNoOtherForms) {
  for (const char* text :
       {"", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "127.0.0.1.", " 127.0.0.1",
        "127.0.0.1 ", "[::1]", "fe80::1%lo", "::ffff:127.1", "1.2.3.256", "1.2.3.4/8"}) {
    EXPECT_FALSE(IpAddress::Parse(text)) << text;
  }
  EXPECT_FALSE(IpAddress::Parse(std::string_view("127.0.0.1\0x", 11)));
  EXPECT_FALSE(IpAddress::Parse(std::string(10'000, '1')));
}

TEST(IpAddressTest, FindsTheAddressThatIsMapped) {
  EXPECT_EQ(IpAddress::Parse("::ffff:10.1.2.3")->Unmapped(), IpAddress::V4({10, 1, 2, 3}));
  EXPECT_EQ(IpAddress::Parse("2001:db8::1")->Unmapped(), *IpAddress::Parse("2001:db8::1"));
}

class AddressClassTest : public testing::TestWithParam<std::pair<const char*, AddressClass>> {};

TEST_P(AddressClassTest, IsOf) {
  const auto& [text, of] = GetParam();
  EXPECT_EQ(ClassOf(*IpAddress::Parse(text)), of) << text;
}

using enum AddressClass;
INSTANTIATE_TEST_SUITE_P(
    Addresses, AddressClassTest,
    testing::Values(
        std::pair("1.1.1.1", kPublic), std::pair("9.255.255.255", kPublic),
        std::pair("11.0.0.0", kPublic), std::pair("100.63.255.255", kPublic),
        std::pair("100.128.0.0", kPublic), std::pair("172.15.255.255", kPublic),
        std::pair("172.32.0.0", kPublic), std::pair("192.167.255.255", kPublic),
        std::pair("198.17.255.255", kPublic), std::pair("198.20.0.0", kPublic),
        std::pair("223.255.255.255", kPublic), std::pair("2606:4700::1111", kPublic),
        std::pair("0.0.0.0", kUnspecified), std::pair("0.1.2.3", kUnspecified),
        std::pair("127.0.0.1", kLoopback), std::pair("127.255.255.255", kLoopback),
        std::pair("10.0.0.0", kPrivate), std::pair("10.255.255.255", kPrivate),
        std::pair("172.16.0.0", kPrivate), std::pair("172.31.255.255", kPrivate),
        std::pair("192.168.0.1", kPrivate), std::pair("100.64.0.0", kShared),
        std::pair("100.127.255.255", kShared), std::pair("169.254.169.254", kLinkLocal),
        std::pair("192.0.0.192", kReserved), std::pair("192.88.99.1", k6to4),
        std::pair("198.18.0.1", kBenchmarking), std::pair("198.19.255.255", kBenchmarking),
        std::pair("192.0.2.9", kDocumentation), std::pair("198.51.100.9", kDocumentation),
        std::pair("203.0.113.9", kDocumentation), std::pair("224.0.0.1", kMulticast),
        std::pair("239.255.255.255", kMulticast), std::pair("240.0.0.1", kReserved),
        std::pair("255.255.255.255", kBroadcast), std::pair("::", kUnspecified),
        std::pair("::1", kLoopback), std::pair("::127.0.0.1", kIpv4Compatible),
        std::pair("::ffff:127.0.0.1", kIpv4Mapped), std::pair("::ffff:8.8.8.8", kIpv4Mapped),
        std::pair("::ffff:0:127.0.0.1", kReserved), std::pair("64:ff9b::7f00:1", kNat64),
        std::pair("64:ff9b:1::7f00:1", kNat64), std::pair("100::1", kReserved),
        std::pair("2001::1", kTeredo), std::pair("2001:2::1", kBenchmarking),
        std::pair("2001:20::1", kReserved), std::pair("2001:db8::1", kDocumentation),
        std::pair("3fff::1", kDocumentation), std::pair("2002:7f00:1::", k6to4),
        std::pair("fd00:ec2::254", kUniqueLocal), std::pair("fc00::1", kUniqueLocal),
        std::pair("fe80::1", kLinkLocal), std::pair("fec0::1", kReserved),
        std::pair("ff02::1", kMulticast), std::pair("5f00::1", kReserved),
        std::pair("4000::1", kReserved)));

TEST(CidrTest, ContainsWhatSharesItsBits) {
  const Cidr ten = *Cidr::Parse("10.64.0.0/10");
  EXPECT_TRUE(ten.Contains(IpAddress::V4({10, 64, 0, 0})));
  EXPECT_TRUE(ten.Contains(IpAddress::V4({10, 127, 255, 255})));
  EXPECT_FALSE(ten.Contains(IpAddress::V4({10, 128, 0, 0})));
  EXPECT_FALSE(ten.Contains(IpAddress::V4({10, 63, 255, 255})));
  EXPECT_FALSE(ten.Contains(*IpAddress::Parse("::ffff:10.64.0.1")));
}

TEST(CidrTest, OfNoBitsContainsItsFamily) {
  EXPECT_TRUE(Cidr::Parse("0.0.0.0/0")->Contains(IpAddress::V4({255, 1, 2, 3})));
  EXPECT_FALSE(Cidr::Parse("0.0.0.0/0")->Contains(*IpAddress::Parse("::1")));
}

TEST(CidrTest, AddressAloneContainsItself) {
  EXPECT_TRUE(Cidr::Parse("::1")->Contains(*IpAddress::Parse("::1")));
  EXPECT_FALSE(Cidr::Parse("::1")->Contains(*IpAddress::Parse("::2")));
}

TEST(CidrTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/ 8",
        "10.0.0.1/8", "10.0.0.0/8/8", "host/8", "10.0.0.0/99999999999"}) {
    EXPECT_FALSE(Cidr::Parse(text)) << text;
  }
}

TEST(EndpointTest, SurvivesTheKernelsForm) {
  const Endpoint four = {.ip = IpAddress::V4({1, 2, 3, 4}), .port = 80};
  const Endpoint six = {
      .ip = *IpAddress::Parse("fe80::1"), .port = 65535, .flow_info = 7, .scope_id = 3};
  for (const Endpoint& endpoint : {four, six}) {
    const RawEndpoint raw = ToRaw(endpoint);
    EXPECT_EQ(FromRaw(raw.address(), raw.length), endpoint);
  }
  EXPECT_EQ(four.ToString(), "1.2.3.4:80");
  EXPECT_EQ(six.ToString(), "[fe80::1]:65535");
}

}  // namespace
}  // namespace davit::wasi::net
