#include "runtime/wasi/sockets/resolve_address_stream.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasi/sockets/sockets_test_util.h"
#include "runtime/wasi/sockets/tcp_socket.h"

namespace davit::wasi::sockets {
namespace {

class ResolveAddressStreamTest : public SocketsTest {
 protected:
  // The addresses of a name, one after the other, or what went wrong.
  static std::string Addresses(Environment& environment, std::string_view name) {
    const Result<std::shared_ptr<ResolveAddressStream>> stream =
        ResolveAddressStream::Create(environment, name);
    if (!stream) return std::string(ErrorCodeName(stream.error()));
    AwaitReady(**stream);
    std::string all;
    for (;;) {
      const Result<std::optional<net::IpAddress>> next = (*stream)->Next();
      if (!next) return all + "late " + std::string(ErrorCodeName(next.error()));
      if (!*next) return all;
      all += (*next)->ToString() + " ";
    }
  }

  Environment environment_ =
      Granted({.connect = {{.host = "10.1.0.0/16", .first_port = 1, .last_port = 65535}},
               .resolve = {"*"}});
};

TEST_F(ResolveAddressStreamTest, GivesAllAddresses) {
  resolver_.Add("name.example", {"1.1.1.1", "2606:4700::1111", "10.1.2.3"});
  EXPECT_EQ(Addresses(environment_, "name.example"), "1.1.1.1 2606:4700::1111 10.1.2.3 ");
  EXPECT_EQ(Addresses(environment_, "Name.Example."), "1.1.1.1 2606:4700::1111 10.1.2.3 ");
  EXPECT_EQ(Addresses(environment_, "other.example"), "late name-unresolvable");
}

TEST_F(ResolveAddressStreamTest, AddressIsItself) {
  EXPECT_EQ(Addresses(environment_, "127.0.0.1"), "127.0.0.1 ");
  EXPECT_EQ(Addresses(environment_, "::1"), "::1 ");
  EXPECT_EQ(Addresses(environment_, "[::1]"), "::1 ");
  EXPECT_EQ(Addresses(environment_, "::ffff:1.2.3.4"), "1.2.3.4 ");
  EXPECT_EQ(resolver_.asked(), 0);
}

TEST_F(ResolveAddressStreamTest, AsksForTheFormThatDnsKnows) {
  resolver_.Add("xn--bcher-kva.example", {"1.1.1.1"});
  EXPECT_EQ(Addresses(environment_, "b\u00fccher.example"), "1.1.1.1 ");
}

TEST_F(ResolveAddressStreamTest, RefusesWhatIsNoNameAtOnce) {
  for (const char* name : {"", " ", "a b", "host:80", "http://host/", "<>", "127.0.0.1:80"}) {
    EXPECT_EQ(Addresses(environment_, name), "invalid-argument") << name;
  }
  EXPECT_EQ(resolver_.asked(), 0);
}

TEST_F(ResolveAddressStreamTest, NothingIsGrantedByDefault) {
  Environment nothing = Granted({});
  resolver_.Add("name.example", {"1.1.1.1"});
  EXPECT_EQ(Addresses(nothing, "name.example"), "permanent-resolver-failure");
  EXPECT_EQ(Addresses(nothing, "127.0.0.1"), "permanent-resolver-failure");
  EXPECT_EQ(resolver_.asked(), 0);
}

TEST_F(ResolveAddressStreamTest, LooksUpWhatIsGrantedOnly) {
  Environment some = Granted({.resolve = {"name.example"}});
  resolver_.Add("name.example", {"1.1.1.1"});
  EXPECT_EQ(Addresses(some, "name.example"), "1.1.1.1 ");
  EXPECT_EQ(Addresses(some, "secret.name.example"), "permanent-resolver-failure");
  EXPECT_EQ(resolver_.asked(), 1);
}

TEST_F(ResolveAddressStreamTest, ShowsNoAddressesThatAreNotGranted) {
  resolver_.Add("mixed.example", {"192.168.1.1", "1.1.1.1", "127.0.0.1", "::1"});
  EXPECT_EQ(Addresses(environment_, "mixed.example"), "1.1.1.1 ");
  resolver_.Add("inner.example", {"192.168.1.1"});
  EXPECT_EQ(Addresses(environment_, "inner.example"), "late permanent-resolver-failure");
}

TEST_F(ResolveAddressStreamTest, TellsWhatWentWrong) {
  using Code = net::ResolveFailure::Code;
  const std::pair<Code, const char*> failures[] = {
      {Code::kUnknownName, "late name-unresolvable"},
      {Code::kTemporary, "late temporary-resolver-failure"},
      {Code::kTimeout, "late temporary-resolver-failure"},
      {Code::kRefused, "late permanent-resolver-failure"}};
  for (const auto& [code, told] : failures) {
    const std::string name = "n" + std::to_string(static_cast<int>(code)) + ".example";
    resolver_.Add(name, std::unexpected(net::ResolveFailure{code, ""}));
    EXPECT_EQ(Addresses(environment_, name), told);
  }
}

TEST_F(ResolveAddressStreamTest, IsNotReadyBeforeTheAnswer) {
  resolver_.Add("name.example", {"1.1.1.1"});
  resolver_.Hold();
  const std::shared_ptr<ResolveAddressStream> stream =
      ResolveAddressStream::Create(environment_, "name.example").value();
  EXPECT_FALSE(stream->Ready());
  EXPECT_EQ(stream->Next().error(), ErrorCode::kWouldBlock);
  reactor_.Post([this] { resolver_.Answer(); });
  AwaitReady(*stream);
  EXPECT_TRUE(stream->Next());
}

TEST_F(ResolveAddressStreamTest, MayEndBeforeTheAnswer) {
  resolver_.Add("name.example", {"1.1.1.1"});
  resolver_.Hold();
  EXPECT_TRUE(ResolveAddressStream::Create(environment_, "name.example"));
  resolver_.Answer();
}

// Rebinding: the name is granted, and at the second time has an address of the inner network.
TEST_F(ResolveAddressStreamTest, NameThatIsBoundAnewLeadsNowhere) {
  Environment by_name =
      Granted({.connect = {{.host = "evil.example", .first_port = 80, .last_port = 80}}});
  resolver_.Add("evil.example", {"1.1.1.1"});
  resolver_.Add("evil.example", {"127.0.0.1", "169.254.169.254", "::1"});
  EXPECT_EQ(Addresses(by_name, "evil.example"), "1.1.1.1 ");
  EXPECT_EQ(Addresses(by_name, "evil.example"), "late permanent-resolver-failure");
  const auto socket = TcpSocket::Create(by_name, net::Family::kIpv4).value();
  for (const char* address : {"127.0.0.1", "169.254.169.254"}) {
    EXPECT_EQ(socket->StartConnect(At(address, 80)).error(), ErrorCode::kAccessDenied);
  }
}

// A guest connects to an address that it was given for a name of its grants, and to no other.
TEST_F(ResolveAddressStreamTest, AddressOfAGrantedNameIsGranted) {
  Environment by_name =
      Granted({.connect = {{.host = "db.example", .first_port = 9, .last_port = 9}}});
  const net::IpAddress address = *net::IpAddress::Parse("1.1.1.1");
  const auto reaches = [&] {
    const std::vector<std::string> names = by_name.names.NamesOf(address);
    return by_name.policy->MayReach(
        {.use = net::Policy::Use::kTcp, .names = names, .endpoint = At("1.1.1.1", 9)});
  };
  resolver_.Add("db.example", {"1.1.1.1"});
  EXPECT_FALSE(reaches());
  EXPECT_EQ(Addresses(by_name, "db.example"), "1.1.1.1 ");
  EXPECT_TRUE(reaches());
}

}  // namespace
}  // namespace davit::wasi::sockets
