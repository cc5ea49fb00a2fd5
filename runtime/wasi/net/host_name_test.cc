#include "runtime/wasi/net/host_name.h"

#include <string>

#include "gtest/gtest.h"

namespace davit::wasi::net {
namespace {

std::string NameOf(std::string_view text) {
  const std::optional<Host> host = ParseHost(text);
  if (!host) return "none";
  return host->address ? host->address->ToString() : host->name;
}

TEST(ParseHostTest, AddressesStandForThemselves) {
  EXPECT_EQ(ParseHost("127.0.0.1")->address, IpAddress::V4({127, 0, 0, 1}));
  EXPECT_EQ(ParseHost("::1")->address, IpAddress::Parse("::1"));
  EXPECT_EQ(ParseHost("[::1]")->address, IpAddress::Parse("::1"));
}

TEST(ParseHostTest, NamesHaveOneForm) {
  EXPECT_EQ(NameOf("Example.COM"), "example.com");
  EXPECT_EQ(NameOf("example.com."), "example.com");
  EXPECT_EQ(NameOf("localhost"), "localhost");
  EXPECT_EQ(NameOf("_sip.example.com"), "_sip.example.com");
  EXPECT_EQ(NameOf("b\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(NameOf("B\u00dcCHER.example"), "xn--bcher-kva.example");
  EXPECT_EQ(NameOf("xn--bcher-kva.example"), "xn--bcher-kva.example");
}

TEST(ParseHostTest, RefusesWhatIsNoName) {
  for (const char* text : {"",
                           ".",
                           " ",
                           "a b",
                           "example.com:80",
                           "http://example.com/",
                           "<>",
                           "a..b",
                           ".a",
                           "a/b",
                           "user@host",
                           "-a.b",
                           "a-.b",
                           "a\tb",
                           "*.example.com",
                           "[example.com]",
                           "[127.0.0.1]",
                           "[::1",
                           "::1]",
                           "fe80::1%eth0"}) {
    EXPECT_EQ(NameOf(text), "none") << text;
  }
  EXPECT_EQ(NameOf(std::string_view("a\0b", 3)), "none");
}

// Each of these is 127.0.0.1 or 10.0.0.1 to somebody.
TEST(ParseHostTest, RefusesOtherFormsOfAddresses) {
  for (const char* text : {"2130706433", "127.1", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
                           "127.0.0.1.", "127.0.0.0x1", "10.0.0.01", "1.2.3.4.5", "256.0.0.1",
                           "\u2460\u2461\u2466.0.0.1", "127\u30020\u30020\u30021x.0x1"}) {
    EXPECT_EQ(NameOf(text), "none") << text;
  }
}

TEST(ParseHostTest, BoundsNamesAndLabels) {
  const std::string label(63, 'a');
  EXPECT_EQ(NameOf(label), label);
  EXPECT_EQ(NameOf(label + "a"), "none");
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  EXPECT_EQ(NameOf(longest), longest);
  EXPECT_EQ(NameOf(longest + "a"), "none");
  std::string wide;
  for (int i = 0; i < 10'000; ++i) wide += "\u00fc";
  EXPECT_EQ(NameOf(wide), "none");
}

TEST(NamePatternTest, MatchesOneNameThoseBelowItOrAll) {
  const NamePattern exact = *NamePattern::Parse("Example.com");
  EXPECT_TRUE(exact.Matches("example.com"));
  EXPECT_FALSE(exact.Matches("www.example.com"));
  EXPECT_FALSE(exact.Matches("example.com.evil.org"));
  const NamePattern below = *NamePattern::Parse("*.example.com");
  EXPECT_TRUE(below.Matches("www.example.com"));
  EXPECT_TRUE(below.Matches("a.b.example.com"));
  EXPECT_FALSE(below.Matches("example.com"));
  EXPECT_FALSE(below.Matches(".example.com"));
  EXPECT_FALSE(below.Matches("evilexample.com"));
  EXPECT_TRUE(NamePattern::Parse("*")->Matches("anything"));
}

TEST(NamePatternTest, RefusesOtherWildcards) {
  for (const char* text :
       {"", "*.", "**", "*.*", "a.*", "w*.example.com", "*example.com", "1.2.3.4"}) {
    EXPECT_FALSE(NamePattern::Parse(text)) << text;
  }
}

}  // namespace
}  // namespace davit::wasi::net
