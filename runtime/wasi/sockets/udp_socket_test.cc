#include "runtime/wasi/sockets/udp_socket.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/wasi/sockets/sockets_test_util.h"

namespace davit::wasi::sockets {
namespace {

using net::Endpoint;
using net::Family;

template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : std::string(ErrorCodeName(result.error()));
}

using Texts = std::vector<std::string>;

class UdpSocketTest : public SocketsTest, public testing::WithParamInterface<Family> {
 protected:
  static Endpoint Loop(uint16_t port = 0) {
    return At(GetParam() == Family::kIpv4 ? "127.0.0.1" : "::1", port);
  }
  std::shared_ptr<UdpSocket> New() { return UdpSocket::Create(environment_, GetParam()).value(); }
  std::shared_ptr<UdpSocket> Bound() { return BoundIn(environment_); }
  static std::shared_ptr<UdpSocket> BoundIn(Environment& environment) {
    std::shared_ptr<UdpSocket> socket = UdpSocket::Create(environment, GetParam()).value();
    EXPECT_EQ(Outcome(socket->StartBind(Loop())), "ok");
    EXPECT_EQ(Outcome(socket->FinishBind()), "ok");
    return socket;
  }
  static DatagramStreams Streams(UdpSocket& socket, std::optional<Endpoint> remote = {}) {
    return socket.Stream(remote).value().value();
  }
  static std::string Send(OutgoingDatagrams& out, std::string_view text,
                          std::optional<Endpoint> remote) {
    EXPECT_GT(out.CheckSend(), 0u);
    const OutgoingDatagram datagram = {.data = Bytes(text), .remote = remote};
    const Result<uint64_t> sent = out.Send({&datagram, 1}).value();
    return sent && *sent != 1 ? "not sent" : Outcome(sent);
  }
  static std::vector<std::string> TextsOf(const std::vector<Datagram>& datagrams) {
    std::vector<std::string> texts;
    for (const Datagram& one : datagrams) texts.emplace_back(one.data.begin(), one.data.end());
    return texts;
  }
  static std::vector<std::string> Receive(IncomingDatagrams& in) {
    AwaitReady(in);
    return TextsOf(in.Receive(100).value());
  }

  Environment environment_ = Granted(Loopback());
};

INSTANTIATE_TEST_SUITE_P(Families, UdpSocketTest, testing::Values(Family::kIpv4, Family::kIpv6),
                         [](const auto& info) {
                           return info.param == Family::kIpv4 ? "Ipv4" : "Ipv6";
                         });

TEST_P(UdpSocketTest, UnboundMayBeBoundOnly) {
  const std::shared_ptr<UdpSocket> socket = New();
  EXPECT_EQ(socket->family(), GetParam());
  EXPECT_EQ(Outcome(socket->FinishBind()), "not-in-progress");
  EXPECT_EQ(Outcome(socket->Stream(std::nullopt).value()), "invalid-state");
  EXPECT_EQ(Outcome(socket->LocalAddress()), "invalid-state");
  EXPECT_EQ(Outcome(socket->RemoteAddress()), "invalid-state");
  EXPECT_TRUE(socket->Ready());
  EXPECT_TRUE(socket->StartBind(Loop()));
}

TEST_P(UdpSocketTest, BindingMayBeFinishedOnly) {
  const std::shared_ptr<UdpSocket> socket = New();
  ASSERT_TRUE(socket->StartBind(Loop()));
  EXPECT_EQ(Outcome(socket->StartBind(Loop())), "concurrency-conflict");
  EXPECT_EQ(Outcome(socket->Stream(std::nullopt).value()), "invalid-state");
  EXPECT_EQ(Outcome(socket->LocalAddress()), "invalid-state");
  EXPECT_TRUE(socket->FinishBind());
  EXPECT_EQ(Outcome(socket->FinishBind()), "not-in-progress");
  EXPECT_EQ(Outcome(socket->StartBind(Loop())), "invalid-state");
  EXPECT_NE(socket->LocalAddress()->port, 0);
  EXPECT_EQ(Outcome(socket->RemoteAddress()), "invalid-state");
}

TEST_P(UdpSocketTest, FailedBindMayBeTriedAgain) {
  const std::shared_ptr<UdpSocket> other = Bound();
  const std::shared_ptr<UdpSocket> socket = New();
  ASSERT_TRUE(socket->StartBind(other->LocalAddress().value()));
  EXPECT_EQ(Outcome(socket->FinishBind()), "address-in-use");
  EXPECT_TRUE(socket->StartBind(Loop()));
  EXPECT_TRUE(socket->FinishBind());
}

TEST_P(UdpSocketTest, RefusesAddressesThatItCannotHaveOrReach) {
  const bool is_four = GetParam() == Family::kIpv4;
  const Texts never = is_four ? Texts{"::1", "::ffff:127.0.0.1", "224.0.0.1", "255.255.255.255"}
                              : Texts{"127.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "ff02::1"};
  const std::shared_ptr<UdpSocket> unbound = New(), bound = Bound();
  for (const std::string& address : never) {
    EXPECT_EQ(Outcome(unbound->StartBind(At(address, 0))), "invalid-argument") << address;
    EXPECT_EQ(Outcome(bound->Stream(At(address, 80)).value()), "invalid-argument") << address;
  }
  const Endpoint nowhere = At(is_four ? "0.0.0.0" : "::", 80);
  EXPECT_EQ(Outcome(bound->Stream(nowhere).value()), "invalid-argument");
  EXPECT_EQ(Outcome(bound->Stream(Loop(0)).value()), "invalid-argument");
  const DatagramStreams streams = Streams(*bound);
  EXPECT_EQ(Send(*streams.out, "x", nowhere), "invalid-argument");
  EXPECT_EQ(Send(*streams.out, "x", Loop(0)), "invalid-argument");
}

TEST_P(UdpSocketTest, PassesDatagramsBothWays) {
  const std::shared_ptr<UdpSocket> a = Bound(), b = Bound();
  const DatagramStreams of_a = Streams(*a), of_b = Streams(*b);
  EXPECT_FALSE(of_b.in->Ready());
  EXPECT_TRUE(of_b.in->Receive(10)->empty());
  EXPECT_EQ(Send(*of_a.out, "question", b->LocalAddress().value()), "ok");
  EXPECT_EQ(Send(*of_a.out, "", b->LocalAddress().value()), "ok");
  AwaitReady(*of_b.in);
  std::vector<Datagram> received = of_b.in->Receive(1).value();
  ASSERT_EQ(TextsOf(received), Texts{"question"});
  EXPECT_EQ(received[0].remote, a->LocalAddress().value());
  EXPECT_EQ(Receive(*of_b.in), Texts{""});
  EXPECT_EQ(Send(*of_b.out, "answer", received[0].remote), "ok");
  EXPECT_EQ(Receive(*of_a.in), Texts{"answer"});
}

TEST_P(UdpSocketTest, TrapsWhileEarlierStreamsLive) {
  const std::shared_ptr<UdpSocket> socket = Bound();
  DatagramStreams streams = Streams(*socket);
  EXPECT_TRUE(base::IsTrap(socket->Stream(std::nullopt).status()));
  streams.in = nullptr;
  EXPECT_TRUE(base::IsTrap(socket->Stream(std::nullopt).status()));
  streams.out = nullptr;
  EXPECT_TRUE(socket->Stream(std::nullopt).ok());
}

TEST_P(UdpSocketTest, HearsItsPeerOnlyAlsoOfWhatCameBefore) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound(), other = Bound();
  const Endpoint local = socket->LocalAddress().value();
  const DatagramStreams of_peer = Streams(*peer), of_other = Streams(*other);
  EXPECT_EQ(Send(*of_other.out, "too early", local), "ok");
  EXPECT_EQ(Send(*of_peer.out, "one", local), "ok");
  const DatagramStreams streams = Streams(*socket, peer->LocalAddress().value());
  EXPECT_EQ(socket->RemoteAddress(), peer->LocalAddress());
  EXPECT_EQ(Send(*of_other.out, "not wanted", local), "ok");
  EXPECT_EQ(Receive(*streams.in), Texts{"one"});
  EXPECT_EQ(Send(*of_other.out, "not wanted", local), "ok");
  EXPECT_FALSE(streams.in->Ready());
  EXPECT_EQ(Send(*of_peer.out, "two", local), "ok");
  EXPECT_EQ(Receive(*streams.in), Texts{"two"});
}

TEST_P(UdpSocketTest, SendsToItsPeerOnly) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound(), other = Bound();
  const Endpoint remote = peer->LocalAddress().value();
  const DatagramStreams of_peer = Streams(*peer);
  const DatagramStreams streams = Streams(*socket, remote);
  EXPECT_EQ(Send(*streams.out, "implied", std::nullopt), "ok");
  EXPECT_EQ(Send(*streams.out, "named", remote), "ok");
  EXPECT_EQ(Send(*streams.out, "other", other->LocalAddress().value()), "invalid-argument");
  Texts received;
  while (received.size() < 2) received.append_range(Receive(*of_peer.in));
  EXPECT_EQ(received, (Texts{"implied", "named"}));
}

TEST_P(UdpSocketTest, WithoutPeerNeedsARemote) {
  const std::shared_ptr<UdpSocket> socket = Bound();
  EXPECT_EQ(Send(*Streams(*socket).out, "x", std::nullopt), "invalid-argument");
}

TEST_P(UdpSocketTest, KeepsItsPortWithoutPeer) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound(), other = Bound();
  const Endpoint local = socket->LocalAddress().value();
  Streams(*socket, peer->LocalAddress().value());
  const DatagramStreams streams = Streams(*socket);
  EXPECT_EQ(socket->LocalAddress(), local);
  EXPECT_EQ(Outcome(socket->RemoteAddress()), "invalid-state");
  const DatagramStreams of_other = Streams(*other);
  EXPECT_EQ(Send(*of_other.out, "now wanted", local), "ok");
  EXPECT_EQ(Receive(*streams.in), Texts{"now wanted"});
}

TEST_P(UdpSocketTest, SendsAsManyAsWerePermittedOnce) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound();
  const DatagramStreams streams = Streams(*socket, peer->LocalAddress().value());
  const std::vector<OutgoingDatagram> datagrams(17);
  EXPECT_TRUE(base::IsTrap(streams.out->Send(std::span(datagrams).first(1)).status()));
  ASSERT_EQ(streams.out->CheckSend(), 16u);
  EXPECT_TRUE(base::IsTrap(streams.out->Send(datagrams).status()));
  ASSERT_EQ(streams.out->CheckSend(), 16u);
  EXPECT_EQ(streams.out->Send(std::span(datagrams).first(16)).value(), 16u);
  EXPECT_TRUE(base::IsTrap(streams.out->Send(std::span(datagrams).first(1)).status()));
  EXPECT_EQ(streams.out->Send({}).value(), 0u);
}

TEST_P(UdpSocketTest, CountsWhatWasSentBeforeAFailure) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound();
  const DatagramStreams streams = Streams(*socket);
  const OutgoingDatagram good = {.remote = peer->LocalAddress().value()}, bad;
  ASSERT_EQ(streams.out->CheckSend(), 16u);
  EXPECT_EQ(streams.out->Send(std::vector{good, good, bad, good}).value(), 2u);
  ASSERT_EQ(streams.out->CheckSend(), 16u);
  EXPECT_EQ(Outcome(streams.out->Send(std::vector{bad, good}).value()), "invalid-argument");
}

TEST_P(UdpSocketTest, DatagramsHaveALargestSize) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound();
  const DatagramStreams streams = Streams(*socket, peer->LocalAddress().value());
  const DatagramStreams of_peer = Streams(*peer);
  const std::string largest(kMostDatagramBytes, 'x');
  EXPECT_EQ(Send(*streams.out, largest, std::nullopt), "ok");
  EXPECT_EQ(Receive(*of_peer.in), Texts{largest});
  EXPECT_EQ(Send(*streams.out, largest + "x", std::nullopt), "datagram-too-large");
}

TEST_P(UdpSocketTest, OneCallReceivesSixteenAtMost) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound();
  const DatagramStreams streams = Streams(*socket), of_peer = Streams(*peer);
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(Send(*streams.out, "x", peer->LocalAddress().value()), "ok");
  }
  AwaitReady(*of_peer.in);
  EXPECT_EQ(of_peer.in->Receive(~uint64_t{0})->size(), 16u);
  EXPECT_EQ(of_peer.in->Receive(~uint64_t{0})->size(), 4u);
  EXPECT_TRUE(of_peer.in->Receive(0)->empty());
}

TEST_P(UdpSocketTest, OneCallReceivesSixtyFourKibibytesAtMost) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound();
  const DatagramStreams streams = Streams(*socket), of_peer = Streams(*peer);
  const std::string half(kMostDatagramBytesAtOnce / 2, 'x');
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(Send(*streams.out, half, peer->LocalAddress().value()), "ok");
  }
  EXPECT_EQ(Receive(*of_peer.in).size(), 2u);
  EXPECT_EQ(Receive(*of_peer.in).size(), 1u);
}

TEST_P(UdpSocketTest, NothingIsGrantedByDefault) {
  Environment environment = Granted({});
  EXPECT_EQ(Outcome(UdpSocket::Create(environment, GetParam())), "access-denied");
}

TEST_P(UdpSocketTest, ReachesWhatIsGrantedOnly) {
  const std::shared_ptr<UdpSocket> granted = Bound(), other = Bound();
  const Endpoint there = granted->LocalAddress().value();
  Network network;
  network.udp.push_back(
      {.host = there.ip.ToString(), .first_port = there.port, .last_port = there.port});
  Environment environment = Granted(network);
  const std::shared_ptr<UdpSocket> socket = UdpSocket::Create(environment, GetParam()).value();
  EXPECT_EQ(Outcome(socket->StartBind(Loop())), "access-denied");
  const bool is_four = GetParam() == Family::kIpv4;
  ASSERT_TRUE(socket->StartBind(At(is_four ? "0.0.0.0" : "::", 0)) && socket->FinishBind());
  const Endpoint local = Loop(socket->LocalAddress()->port);
  EXPECT_EQ(Outcome(socket->Stream(other->LocalAddress().value()).value()), "access-denied");
  const DatagramStreams streams = Streams(*socket);
  EXPECT_EQ(Send(*streams.out, "x", other->LocalAddress().value()), "access-denied");
  EXPECT_EQ(Send(*streams.out, "x", there), "ok");
  // Nor does it hear from others.
  EXPECT_EQ(Send(*Streams(*other).out, "not granted", local), "ok");
  EXPECT_FALSE(streams.in->Ready());
  EXPECT_EQ(Send(*Streams(*granted).out, "granted", local), "ok");
  EXPECT_EQ(Receive(*streams.in), Texts{"granted"});
}

TEST_P(UdpSocketTest, ListenerHearsItsPeers) {
  Network network;
  network.listen.push_back({.host = Loop().ip.ToString(), .peers = {Loop().ip.ToString()}});
  Environment environment = Granted(network);
  const std::shared_ptr<UdpSocket> socket = BoundIn(environment), peer = Bound();
  const DatagramStreams streams = Streams(*socket);
  EXPECT_EQ(Send(*Streams(*peer).out, "hello", socket->LocalAddress().value()), "ok");
  EXPECT_EQ(Receive(*streams.in), Texts{"hello"});
  EXPECT_EQ(Send(*streams.out, "x", peer->LocalAddress().value()), "access-denied");
}

// More than one look gets rid of.
TEST_P(UdpSocketTest, ManyUnwantedDatagramsHideNone) {
  const std::shared_ptr<UdpSocket> socket = Bound(), peer = Bound(), other = Bound();
  const Endpoint local = socket->LocalAddress().value();
  const DatagramStreams of_peer = Streams(*peer), of_other = Streams(*other);
  for (int i = 0; i < 100; ++i) Send(*of_other.out, "x", local);
  EXPECT_EQ(Send(*of_peer.out, "wanted", local), "ok");
  const DatagramStreams streams = Streams(*socket, peer->LocalAddress().value());
  EXPECT_EQ(Receive(*streams.in), Texts{"wanted"});
}

TEST_P(UdpSocketTest, OptionsTakeTheClosestValue) {
  const std::shared_ptr<UdpSocket> socket = New();
  EXPECT_EQ(Outcome(socket->SetUnicastHopLimit(0)), "invalid-argument");
  EXPECT_EQ(Outcome(socket->SetReceiveBufferSize(0)), "invalid-argument");
  EXPECT_EQ(Outcome(socket->SetSendBufferSize(0)), "invalid-argument");
  EXPECT_TRUE(socket->SetUnicastHopLimit(42));
  EXPECT_EQ(socket->UnicastHopLimit(), 42);
  EXPECT_TRUE(socket->SetReceiveBufferSize(65536));
  EXPECT_EQ(socket->ReceiveBufferSize(), 65536u);
  EXPECT_TRUE(socket->SetSendBufferSize(~uint64_t{0}));
  EXPECT_LE(socket->SendBufferSize().value(), environment_.quotas.buffer_bytes);
}

TEST_P(UdpSocketTest, InstanceHasAsManyAsItMayAndNoMore) {
  Environment environment = Granted(Loopback(), {.sockets = 1});
  const std::shared_ptr<UdpSocket> socket = UdpSocket::Create(environment, GetParam()).value();
  EXPECT_EQ(Outcome(UdpSocket::Create(environment, GetParam())), "new-socket-limit");
}

}  // namespace
}  // namespace davit::wasi::sockets
