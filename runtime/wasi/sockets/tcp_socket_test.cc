#include "runtime/wasi/sockets/tcp_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasi/sockets/sockets_test_util.h"

namespace davit::wasi::sockets {
namespace {

using enum ErrorCode;
using net::Endpoint;
using net::Family;

// What a call came to, by name.
template <typename T>
std::string Outcome(const Result<T>& result) {
  return result ? "ok" : std::string(ErrorCodeName(result.error()));
}

class TcpSocketTest : public SocketsTest, public testing::WithParamInterface<Family> {
 protected:
  static Endpoint Loop(uint16_t port = 0) {
    return At(GetParam() == Family::kIpv4 ? "127.0.0.1" : "::1", port);
  }
  std::shared_ptr<TcpSocket> New() { return TcpSocket::Create(environment_, GetParam()).value(); }
  std::shared_ptr<TcpSocket> Bound() {
    std::shared_ptr<TcpSocket> socket = New();
    EXPECT_EQ(Outcome(socket->StartBind(Loop())), "ok");
    EXPECT_EQ(Outcome(socket->FinishBind()), "ok");
    return socket;
  }
  std::shared_ptr<TcpSocket> Listening() {
    std::shared_ptr<TcpSocket> socket = Bound();
    EXPECT_EQ(Outcome(socket->StartListen()), "ok");
    EXPECT_EQ(Outcome(socket->FinishListen()), "ok");
    return socket;
  }
  std::shared_ptr<TcpSocket> ConnectingTo(const TcpSocket& listener) {
    std::shared_ptr<TcpSocket> socket = New();
    EXPECT_EQ(Outcome(socket->StartConnect(listener.LocalAddress().value())), "ok");
    return socket;
  }
  static TcpStreams Finish(TcpSocket& socket) {
    AwaitReady(socket);
    return socket.FinishConnect().value();
  }
  static TcpSocket::Accepted Accept(TcpSocket& listener) {
    AwaitReady(listener);
    return listener.Accept().value();
  }
  // A port that nobody listens on.
  Endpoint Nobody() { return Bound()->LocalAddress().value(); }

  Environment environment_ = Granted(Loopback());
};

INSTANTIATE_TEST_SUITE_P(Families, TcpSocketTest, testing::Values(Family::kIpv4, Family::kIpv6),
                         [](const auto& info) {
                           return info.param == Family::kIpv4 ? "Ipv4" : "Ipv6";
                         });

// The outcome of every method, in a state that must be the same afterwards.
struct Expected {
  std::string start_bind = "invalid-state";
  std::string finish_bind = "not-in-progress";
  std::string start_connect = "invalid-state";
  std::string finish_connect = "not-in-progress";
  std::string start_listen = "invalid-state";
  std::string finish_listen = "not-in-progress";
  std::string accept = "invalid-state";
  std::string shut_down = "invalid-state";
  std::string local_address = "invalid-state";
  std::string remote_address = "invalid-state";
  std::string set_backlog = "invalid-state";
  std::string options = "ok";
  bool is_listening = false;
  bool is_ready = true;
};

// Of those that would change the state, only what refuses is called.
void Check(TcpSocket& socket, const Endpoint& somewhere, const Expected& expected) {
  if (expected.start_bind != "ok") {
    EXPECT_EQ(Outcome(socket.StartBind(somewhere)), expected.start_bind);
  }
  if (expected.finish_bind != "ok") {
    EXPECT_EQ(Outcome(socket.FinishBind()), expected.finish_bind);
  }
  if (expected.start_connect != "ok") {
    EXPECT_EQ(Outcome(socket.StartConnect(somewhere)), expected.start_connect);
  }
  if (expected.finish_connect != "ok") {
    EXPECT_EQ(Outcome(socket.FinishConnect()), expected.finish_connect);
  }
  if (expected.start_listen != "ok") {
    EXPECT_EQ(Outcome(socket.StartListen()), expected.start_listen);
  }
  if (expected.finish_listen != "ok") {
    EXPECT_EQ(Outcome(socket.FinishListen()), expected.finish_listen);
  }
  EXPECT_EQ(Outcome(socket.Accept()), expected.accept);
  EXPECT_EQ(Outcome(socket.ShutDown(Shutdown::kReceive)), expected.shut_down);
  EXPECT_EQ(Outcome(socket.LocalAddress()), expected.local_address);
  EXPECT_EQ(Outcome(socket.RemoteAddress()), expected.remote_address);
  EXPECT_EQ(Outcome(socket.SetListenBacklogSize(32)), expected.set_backlog);
  EXPECT_EQ(Outcome(socket.KeepAliveEnabled()), expected.options);
  EXPECT_EQ(Outcome(socket.SetKeepAliveEnabled(true)), expected.options);
  EXPECT_EQ(Outcome(socket.KeepAliveIdleTime()), expected.options);
  EXPECT_EQ(Outcome(socket.SetKeepAliveIdleTime(1)), expected.options);
  EXPECT_EQ(Outcome(socket.KeepAliveInterval()), expected.options);
  EXPECT_EQ(Outcome(socket.SetKeepAliveInterval(1)), expected.options);
  EXPECT_EQ(Outcome(socket.KeepAliveCount()), expected.options);
  EXPECT_EQ(Outcome(socket.SetKeepAliveCount(1)), expected.options);
  EXPECT_EQ(Outcome(socket.HopLimit()), expected.options);
  EXPECT_EQ(Outcome(socket.SetHopLimit(1)), expected.options);
  EXPECT_EQ(Outcome(socket.ReceiveBufferSize()), expected.options);
  EXPECT_EQ(Outcome(socket.SetReceiveBufferSize(65536)), expected.options);
  EXPECT_EQ(Outcome(socket.SendBufferSize()), expected.options);
  EXPECT_EQ(Outcome(socket.SetSendBufferSize(65536)), expected.options);
  EXPECT_EQ(socket.IsListening(), expected.is_listening);
  EXPECT_EQ(socket.Ready(), expected.is_ready);
}

TEST_P(TcpSocketTest, UnboundMayBeBoundOrConnected) {
  const std::shared_ptr<TcpSocket> socket = New();
  EXPECT_EQ(socket->family(), GetParam());
  Check(*socket, Loop(1), {.start_bind = "ok", .start_connect = "ok", .set_backlog = "ok"});
  EXPECT_TRUE(socket->StartBind(Loop()));
}

TEST_P(TcpSocketTest, BindingMayBeFinishedOnly) {
  const std::shared_ptr<TcpSocket> socket = New();
  ASSERT_TRUE(socket->StartBind(Loop()));
  Check(*socket, Loop(1),
        {.start_bind = "concurrency-conflict",
         .finish_bind = "ok",
         .start_connect = "concurrency-conflict",
         .start_listen = "concurrency-conflict",
         .set_backlog = "ok"});
  EXPECT_TRUE(socket->FinishBind());
}

TEST_P(TcpSocketTest, BoundMayListenOrConnect) {
  const std::shared_ptr<TcpSocket> socket = Bound();
  Check(*socket, Loop(1),
        {.start_connect = "ok", .start_listen = "ok", .local_address = "ok", .set_backlog = "ok"});
  EXPECT_NE(socket->LocalAddress()->port, 0);
  EXPECT_EQ(socket->LocalAddress()->ip, Loop().ip);
}

TEST_P(TcpSocketTest, StartingToListenMayBeFinishedOnly) {
  const std::shared_ptr<TcpSocket> socket = Bound();
  ASSERT_TRUE(socket->StartListen());
  Check(*socket, Loop(1),
        {.start_bind = "concurrency-conflict",
         .start_connect = "concurrency-conflict",
         .start_listen = "concurrency-conflict",
         .finish_listen = "ok",
         .local_address = "ok",
         .set_backlog = "ok"});
  EXPECT_TRUE(socket->FinishListen());
}

TEST_P(TcpSocketTest, ListeningMayAccept) {
  const std::shared_ptr<TcpSocket> socket = Listening();
  Check(*socket, Loop(1),
        {.accept = "would-block",
         .local_address = "ok",
         .set_backlog = "ok",
         .is_listening = true,
         .is_ready = false});
}

TEST_P(TcpSocketTest, ConnectingMayBeFinishedOnly) {
  const std::shared_ptr<TcpSocket> listener = Listening();
  const std::shared_ptr<TcpSocket> socket = ConnectingTo(*listener);
  AwaitReady(*socket);
  Check(*socket, Loop(1),
        {.start_bind = "concurrency-conflict",
         .start_connect = "concurrency-conflict",
         .finish_connect = "ok",
         .start_listen = "concurrency-conflict",
         .options = "invalid-state"});
  EXPECT_TRUE(socket->FinishConnect());
}

TEST_P(TcpSocketTest, ConnectedHasTwoAddresses) {
  const std::shared_ptr<TcpSocket> listener = Listening();
  const std::shared_ptr<TcpSocket> socket = ConnectingTo(*listener);
  const TcpStreams streams = Finish(*socket);
  const TcpSocket::Accepted accepted = Accept(*listener);
  for (TcpSocket* const end : {socket.get(), accepted.socket.get()}) {
    Check(*end, Loop(1), {.shut_down = "ok", .local_address = "ok", .remote_address = "ok"});
  }
  EXPECT_EQ(socket->RemoteAddress(), listener->LocalAddress());
  EXPECT_EQ(accepted.socket->RemoteAddress(), socket->LocalAddress());
}

TEST_P(TcpSocketTest, FailedConnectEndsTheSocket) {
  const Endpoint nobody = Nobody();
  const std::shared_ptr<TcpSocket> socket = New();
  ASSERT_TRUE(socket->StartConnect(nobody));
  AwaitReady(*socket);
  EXPECT_EQ(Outcome(socket->FinishConnect()), "connection-refused");
  Check(*socket, Loop(1), {.options = "invalid-state"});
}

TEST_P(TcpSocketTest, FailedBindMayBeTriedAgain) {
  const std::shared_ptr<TcpSocket> listener = Listening();
  const std::shared_ptr<TcpSocket> socket = New();
  ASSERT_TRUE(socket->StartBind(listener->LocalAddress().value()));
  EXPECT_EQ(Outcome(socket->FinishBind()), "address-in-use");
  EXPECT_TRUE(socket->StartBind(Loop()));
  EXPECT_TRUE(socket->FinishBind());
}

TEST_P(TcpSocketTest, BoundSocketConnectsFromItsPort) {
  const std::shared_ptr<TcpSocket> listener = Listening();
  const std::shared_ptr<TcpSocket> socket = Bound();
  const Endpoint local = socket->LocalAddress().value();
  ASSERT_TRUE(socket->StartConnect(listener->LocalAddress().value()));
  const TcpStreams streams = Finish(*socket);
  EXPECT_EQ(Accept(*listener).socket->RemoteAddress(), local);
}

TEST_P(TcpSocketTest, RefusesAddressesThatItCannotHave) {
  const bool is_four = GetParam() == Family::kIpv4;
  const std::vector<std::string> never =
      is_four ? std::vector<std::string>{"::1", "::ffff:127.0.0.1", "224.0.0.1", "255.255.255.255"}
              : std::vector<std::string>{"127.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "ff02::1"};
  const std::shared_ptr<TcpSocket> socket = New();
  for (const std::string& address : never) {
    EXPECT_EQ(Outcome(socket->StartBind(At(address, 0))), "invalid-argument") << address;
    EXPECT_EQ(Outcome(socket->StartConnect(At(address, 80))), "invalid-argument") << address;
  }
  EXPECT_EQ(Outcome(socket->StartConnect(At(is_four ? "0.0.0.0" : "::", 80))), "invalid-argument");
  EXPECT_EQ(Outcome(socket->StartConnect(Loop(0))), "invalid-argument");
  EXPECT_TRUE(socket->StartBind(Loop()));
}

TEST_P(TcpSocketTest, AddressOfAnotherMachineIsNotBindable) {
  const std::string other = GetParam() == Family::kIpv4 ? "203.0.113.9" : "2001:db8::9";
  Network network;
  network.listen.push_back({.host = other});
  Environment environment = Granted(network);
  const std::shared_ptr<TcpSocket> socket = TcpSocket::Create(environment, GetParam()).value();
  ASSERT_TRUE(socket->StartBind(At(other, 0)));
  EXPECT_EQ(Outcome(socket->FinishBind()), "address-not-bindable");
}

TEST_P(TcpSocketTest, ListensAgainAtOnceWhereConnectionsHaveEnded) {
  Endpoint local;
  {
    const std::shared_ptr<TcpSocket> listener = Listening();
    local = listener->LocalAddress().value();
    const std::shared_ptr<TcpSocket> socket = ConnectingTo(*listener);
    TcpStreams streams = Finish(*socket);
    TcpSocket::Accepted accepted = Accept(*listener);
    accepted.streams = {};  // This side ends first, and has to remember it.
    EXPECT_EQ(ReadAll(*streams.in), "");
  }
  const std::shared_ptr<TcpSocket> again = New();
  ASSERT_TRUE(again->StartBind(local));
  ASSERT_TRUE(again->FinishBind());
  ASSERT_TRUE(again->StartListen());
  EXPECT_TRUE(again->FinishListen());
}

TEST_P(TcpSocketTest, ListenerWakesWhoWaitsForConnections) {
  const std::shared_ptr<TcpSocket> listener = Listening();
  EXPECT_FALSE(listener->Ready());
  const std::shared_ptr<TcpSocket> first = ConnectingTo(*listener);
  const std::shared_ptr<TcpSocket> second = ConnectingTo(*listener);
  Accept(*listener);
  Accept(*listener);
  EXPECT_FALSE(listener->Ready());
}

TEST_P(TcpSocketTest, OptionsTakeTheClosestValue) {
  const std::shared_ptr<TcpSocket> socket = New();
  constexpr uint64_t kSecond = 1'000'000'000;
  EXPECT_EQ(socket->KeepAliveEnabled(), false);
  EXPECT_TRUE(socket->SetKeepAliveEnabled(true));
  EXPECT_EQ(socket->KeepAliveEnabled(), true);

  EXPECT_EQ(Outcome(socket->SetKeepAliveIdleTime(0)), "invalid-argument");
  EXPECT_EQ(Outcome(socket->SetKeepAliveInterval(0)), "invalid-argument");
  for (const auto& [wanted, given] :
       std::vector<std::pair<uint64_t, uint64_t>>{{1, kSecond},
                                                  {kSecond, kSecond},
                                                  {kSecond + 1, 2 * kSecond},
                                                  {32767 * kSecond, 32767 * kSecond},
                                                  {~uint64_t{0}, 32767 * kSecond}}) {
    EXPECT_TRUE(socket->SetKeepAliveIdleTime(wanted));
    EXPECT_EQ(socket->KeepAliveIdleTime(), given);
    EXPECT_TRUE(socket->SetKeepAliveInterval(wanted));
    EXPECT_EQ(socket->KeepAliveInterval(), given);
  }

  EXPECT_EQ(Outcome(socket->SetKeepAliveCount(0)), "invalid-argument");
  EXPECT_TRUE(socket->SetKeepAliveCount(127));
  EXPECT_EQ(socket->KeepAliveCount(), 127u);
  EXPECT_TRUE(socket->SetKeepAliveCount(~uint32_t{0}));
  EXPECT_EQ(socket->KeepAliveCount(), 127u);

  EXPECT_EQ(Outcome(socket->SetHopLimit(0)), "invalid-argument");
  for (const uint8_t hops : {1, 42, 255}) {
    EXPECT_TRUE(socket->SetHopLimit(hops));
    EXPECT_EQ(socket->HopLimit(), hops);
  }

  EXPECT_EQ(Outcome(socket->SetListenBacklogSize(0)), "invalid-argument");
  EXPECT_TRUE(socket->SetListenBacklogSize(~uint64_t{0}));
}

TEST_P(TcpSocketTest, BuffersAreWhatWasAskedForUpToTheirLimit) {
  const std::shared_ptr<TcpSocket> socket = New();
  EXPECT_EQ(Outcome(socket->SetReceiveBufferSize(0)), "invalid-argument");
  EXPECT_EQ(Outcome(socket->SetSendBufferSize(0)), "invalid-argument");
  EXPECT_TRUE(socket->SetReceiveBufferSize(65536));
  EXPECT_EQ(socket->ReceiveBufferSize(), 65536u);
  EXPECT_TRUE(socket->SetSendBufferSize(65536));
  EXPECT_EQ(socket->SendBufferSize(), 65536u);
  EXPECT_TRUE(socket->SetReceiveBufferSize(~uint64_t{0}));
  EXPECT_LE(socket->ReceiveBufferSize().value(), environment_.quotas.buffer_bytes);
  EXPECT_TRUE(socket->SetSendBufferSize(~uint64_t{0}));
  EXPECT_LE(socket->SendBufferSize().value(), environment_.quotas.buffer_bytes);
}

TEST_P(TcpSocketTest, AcceptedSocketHasTheOptionsOfItsListener) {
  const std::shared_ptr<TcpSocket> listener = Listening();
  ASSERT_TRUE(listener->SetKeepAliveEnabled(true));
  ASSERT_TRUE(listener->SetKeepAliveCount(3));
  ASSERT_TRUE(listener->SetHopLimit(42));
  const std::shared_ptr<TcpSocket> socket = ConnectingTo(*listener);
  const TcpSocket::Accepted accepted = Accept(*listener);
  EXPECT_EQ(accepted.socket->KeepAliveEnabled(), true);
  EXPECT_EQ(accepted.socket->KeepAliveCount(), 3u);
  EXPECT_EQ(accepted.socket->HopLimit(), 42);
}

TEST_P(TcpSocketTest, InstanceHasAsManyAsItMayAndNoMore) {
  Environment environment = Granted(Loopback(), {.sockets = 3});
  std::vector<std::shared_ptr<TcpSocket>> sockets;
  for (int i = 0; i < 3; ++i) {
    sockets.push_back(TcpSocket::Create(environment, GetParam()).value());
  }
  EXPECT_EQ(Outcome(TcpSocket::Create(environment, GetParam())), "new-socket-limit");
  sockets.pop_back();
  EXPECT_EQ(Outcome(TcpSocket::Create(environment, GetParam())), "ok");
}

TEST_P(TcpSocketTest, TenantHasAsManyAsItMayAndNoMore) {
  Environment one = Granted(Loopback()), other = Granted(Loopback());
  one.count_of_tenant = other.count_of_tenant = std::make_shared<SocketCount>(2);
  const std::shared_ptr<TcpSocket> first = TcpSocket::Create(one, GetParam()).value();
  const std::shared_ptr<TcpSocket> second = TcpSocket::Create(other, GetParam()).value();
  EXPECT_EQ(Outcome(TcpSocket::Create(one, GetParam())), "new-socket-limit");
  EXPECT_EQ(Outcome(TcpSocket::Create(other, GetParam())), "new-socket-limit");
}

// Without a place for it the connection waits as it did before.
TEST_P(TcpSocketTest, AcceptedSocketCounts) {
  Environment environment = Granted(Loopback(), {.sockets = 2});
  const std::shared_ptr<TcpSocket> listener = TcpSocket::Create(environment, GetParam()).value();
  ASSERT_TRUE(listener->StartBind(Loop()) && listener->FinishBind());
  ASSERT_TRUE(listener->StartListen() && listener->FinishListen());
  std::shared_ptr<TcpSocket> other = TcpSocket::Create(environment, GetParam()).value();
  const std::shared_ptr<TcpSocket> socket = ConnectingTo(*listener);
  const TcpStreams streams = Finish(*socket);
  AwaitReady(*listener);
  EXPECT_EQ(Outcome(listener->Accept()), "new-socket-limit");
  other = nullptr;
  EXPECT_EQ(Outcome(listener->Accept()), "ok");
}

TEST_P(TcpSocketTest, NothingIsGrantedByDefault) {
  Environment environment = Granted({});
  EXPECT_EQ(Outcome(TcpSocket::Create(environment, GetParam())), "access-denied");
}

TEST_P(TcpSocketTest, ReachesWhatIsGrantedOnly) {
  const std::shared_ptr<TcpSocket> listener = Listening();
  const Endpoint granted = listener->LocalAddress().value();
  Network network;
  network.connect.push_back(
      {.host = granted.ip.ToString(), .first_port = granted.port, .last_port = granted.port});
  Environment environment = Granted(network);
  const std::shared_ptr<TcpSocket> socket = TcpSocket::Create(environment, GetParam()).value();
  EXPECT_EQ(Outcome(socket->StartConnect(Loop(1))), "access-denied");
  EXPECT_EQ(Outcome(socket->StartBind(Loop())), "access-denied");
  const bool is_four = GetParam() == Family::kIpv4;
  ASSERT_TRUE(socket->StartBind(At(is_four ? "0.0.0.0" : "::", 0)) && socket->FinishBind());
  EXPECT_EQ(Outcome(socket->StartListen()), "access-denied");
  ASSERT_TRUE(socket->StartConnect(granted));
  AwaitReady(*socket);
  EXPECT_TRUE(socket->FinishConnect());
}

TEST_P(TcpSocketTest, ResetsPeersThatAreNotWelcome) {
  Network network;
  network.listen.push_back({.host = Loop().ip.ToString(), .peers = {"10.0.0.0/8"}});
  Environment environment = Granted(network);
  const std::shared_ptr<TcpSocket> listener = TcpSocket::Create(environment, GetParam()).value();
  ASSERT_TRUE(listener->StartBind(Loop()) && listener->FinishBind());
  ASSERT_TRUE(listener->StartListen() && listener->FinishListen());
  const std::shared_ptr<TcpSocket> socket = ConnectingTo(*listener);
  const TcpStreams streams = Finish(*socket);
  AwaitReady(*listener);
  EXPECT_EQ(Outcome(listener->Accept()), "would-block");
  EXPECT_EQ(ReadAll(*streams.in), " failed");
}

}  // namespace
}  // namespace davit::wasi::sockets
