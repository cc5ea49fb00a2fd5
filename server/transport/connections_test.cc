#include "server/transport/connections.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame(2, '\0');
  frame += static_cast<char>(payload.size());
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(stream >> shift);
  return absl::StrCat(frame, payload);
}
std::string Request(uint32_t stream) { return Frame(1, 4, stream, "headers"); }

// A connection between a client and a server that calls the C library as gRPC does.
class Pair {
 public:
  Pair() {
    int ends[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    client_ = ends[0];
    server_ = ends[1];
  }
  ~Pair() {
    Close();
    close(client_);
  }
  int server() const { return server_; }

  // The client sends `bytes`, and the server receives them: their number, 0 when it was shut down
  // before, or -1 with errno.
  ssize_t Receive(std::string_view bytes) const {
    if (send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) return 0;
    char buffers[2][5000];
    iovec parts[] = {{buffers[0], 10}, {buffers[1], sizeof buffers[1]}};
    msghdr message = {};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    return recvmsg(server_, &message, 0);
  }
  void Send(std::string bytes) const {
    iovec part = {bytes.data(), bytes.size()};
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    EXPECT_EQ(sendmsg(server_, &message, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // Behind the greeting of a client that behaves.
  void Greet() const {
    EXPECT_GT(Receive(absl::StrCat(kPreface, Frame(4, 0, 0, ""))), 0);
    Send(Frame(4, 0, 0, ""));
    EXPECT_GT(Receive(Frame(4, 1, 0, "")), 0);
  }
  bool IsShutDown() const {
    pollfd waited = {.fd = server_, .events = 0, .revents = 0};
    return poll(&waited, 1, 0) == 1 && (waited.revents & POLLHUP) != 0;
  }
  void Close() {
    if (server_ >= 0) close(std::exchange(server_, -1));
  }

 private:
  int client_ = -1;
  int server_ = -1;
};

// Admitted pairs.
std::vector<std::unique_ptr<Pair>> Connect(Connections& connections, int count) {
  std::vector<std::unique_ptr<Pair>> pairs;
  for (int i = 0; i < count; ++i) {
    pairs.push_back(std::make_unique<Pair>());
    EXPECT_TRUE(connections.Admit(pairs.back()->server()));
    pairs.back()->Greet();
  }
  return pairs;
}

TEST(ConnectionsTest, WatchesAConnectionUntilItIsClosed) {
  const auto connections = Connections::Create({});
  auto pairs = Connect(*connections, 2);
  EXPECT_EQ(connections->count(), 2u);
  EXPECT_GT(pairs[0]->Receive(Request(1) + Request(3)), 0);
  EXPECT_EQ(connections->open_streams(), 2);
  pairs[0]->Send(Frame(1, 5, 1, "trailers"));
  EXPECT_EQ(connections->open_streams(), 1);
  pairs[0]->Close();
  EXPECT_EQ(connections->count(), 1u);
  EXPECT_EQ(connections->open_streams(), 0);
}

TEST(ConnectionsTest, ShutsDownWhatBreaksALimitAndHoldsItsBytesBack) {
  const auto connections = Connections::Create({.http2 = {.max_streams = 2}});
  const auto pairs = Connect(*connections, 1);
  EXPECT_GT(pairs[0]->Receive(Request(1) + Request(3)), 0);
  EXPECT_FALSE(pairs[0]->IsShutDown());
  EXPECT_EQ(pairs[0]->Receive(Request(5)), -1);
  EXPECT_EQ(errno, ECONNRESET);
  EXPECT_TRUE(pairs[0]->IsShutDown());
}

TEST(ConnectionsTest, LeavesOtherDescriptorsAlone) {
  const Pair pair;
  EXPECT_GT(pair.Receive("anything"), 0);
  EXPECT_FALSE(pair.IsShutDown());
}

TEST(ConnectionsTest, ADescriptorThatIsUsedAgainIsAnotherConnection) {
  const auto connections = Connections::Create({.http2 = {.max_streams = 1}});
  int first = 0;
  {
    const auto pairs = Connect(*connections, 1);
    first = pairs[0]->server();
    EXPECT_EQ(pairs[0]->Receive(Request(1) + Request(3)), -1);
  }
  const auto pairs = Connect(*connections, 1);
  ASSERT_EQ(pairs[0]->server(), first);
  EXPECT_GT(pairs[0]->Receive(Request(1)), 0);
}

TEST(ConnectionsTest, AtTheLimitTheOneThatWasNeverUsedMakesRoom) {
  const auto connections = Connections::Create({.max_connections = 3});
  const auto pairs = Connect(*connections, 3);
  EXPECT_GT(pairs[0]->Receive(Request(1)), 0);
  EXPECT_GT(pairs[1]->Receive(Request(1)), 0);
  pairs[1]->Send(Frame(1, 5, 1, "trailers"));
  const auto more = Connect(*connections, 1);
  EXPECT_TRUE(pairs[2]->IsShutDown());
  EXPECT_FALSE(pairs[0]->IsShutDown() || pairs[1]->IsShutDown());
  EXPECT_EQ(connections->count(), 3u);
}

TEST(ConnectionsTest, AtTheLimitNoneWithOpenStreamsMakesRoom) {
  const auto connections = Connections::Create({.max_connections = 2});
  const auto pairs = Connect(*connections, 2);
  for (const auto& pair : pairs) EXPECT_GT(pair->Receive(Request(1)), 0);
  const Pair refused;
  EXPECT_FALSE(connections->Admit(refused.server()));
  EXPECT_FALSE(connections->ShutDownIdle());
  pairs[0]->Send(Frame(1, 5, 1, "trailers"));
  EXPECT_TRUE(connections->Admit(refused.server()));
}

TEST(ConnectionsTest, PastTheStreamsOfAllTheConnectionWithMostIsShutDown) {
  const auto connections = Connections::Create({.max_total_streams = 250});
  const auto pairs = Connect(*connections, 3);
  for (uint32_t i = 0; i < 60; ++i) ASSERT_GT(pairs[0]->Receive(Request(2 * i + 1)), 0);
  for (uint32_t i = 0; i < 130; ++i) ASSERT_GT(pairs[1]->Receive(Request(2 * i + 1)), 0);
  for (uint32_t i = 0; i < 60; ++i) ASSERT_GT(pairs[2]->Receive(Request(2 * i + 1)), 0);
  EXPECT_FALSE(pairs[1]->IsShutDown());
  pairs[2]->Receive(Request(999));
  EXPECT_TRUE(pairs[1]->IsShutDown());
  EXPECT_FALSE(pairs[0]->IsShutDown() || pairs[2]->IsShutDown());
}

TEST(ConnectionsTest, ThoseWhoHaveFewStreamsKeepThem) {
  const auto connections = Connections::Create({.max_total_streams = 150});
  const auto pairs = Connect(*connections, 2);
  for (const auto& pair : pairs) {
    for (uint32_t i = 0; i < 100; ++i) ASSERT_GT(pair->Receive(Request(2 * i + 1)), 0);
  }
  EXPECT_FALSE(pairs[0]->IsShutDown() || pairs[1]->IsShutDown());
  pairs[1]->Receive(Request(999));
  EXPECT_TRUE(pairs[1]->IsShutDown());
}

// A message of 1000 bytes that lacks its last one.
std::string UnfinishedMessage(uint32_t stream) {
  std::string message("\0\0\0\x03\xe8", 5);
  message += std::string(999, 'x');
  std::string frames;
  for (size_t at = 0; at < message.size(); at += 200) {
    frames += Frame(0, 0, stream, message.substr(at, 200));
  }
  return frames;
}

TEST(ConnectionsTest, CountsWhatHasComeOfUnfinishedMessages) {
  const auto connections = Connections::Create({});
  auto pairs = Connect(*connections, 2);
  pairs[0]->Receive(Request(1) + UnfinishedMessage(1) + Request(3) + UnfinishedMessage(3));
  EXPECT_EQ(connections->unfinished_bytes(), 2 * 999);
  pairs[0]->Receive(Frame(0, 0, 1, "x"));
  EXPECT_EQ(connections->unfinished_bytes(), 999);
  pairs[1]->Receive(Request(1) + UnfinishedMessage(1));
  EXPECT_EQ(connections->unfinished_bytes(), 2 * 999);
  pairs[1]->Send(Frame(1, 5, 1, "trailers"));
  EXPECT_EQ(connections->unfinished_bytes(), 999);
  pairs[0]->Close();
  EXPECT_EQ(connections->unfinished_bytes(), 0);
}

TEST(ConnectionsTest, PastTheUnfinishedBytesOfAllTheConnectionWithMostIsShutDown) {
  const auto connections = Connections::Create({.max_unfinished_bytes = 5 * 999});
  auto pairs = Connect(*connections, 3);
  const auto receive = [&](size_t pair, uint32_t stream) {
    pairs[pair]->Receive(Request(stream) + UnfinishedMessage(stream));
  };
  receive(0, 1);
  for (const uint32_t stream : {1, 3, 5}) receive(1, stream);
  receive(2, 1);
  EXPECT_EQ(connections->unfinished_bytes(), 5 * 999);
  EXPECT_FALSE(pairs[1]->IsShutDown());
  receive(2, 3);
  EXPECT_TRUE(pairs[1]->IsShutDown());
  EXPECT_FALSE(pairs[0]->IsShutDown() || pairs[2]->IsShutDown());
  receive(2, 5);
  EXPECT_FALSE(pairs[2]->IsShutDown()) << "the other's bytes are as good as gone";
}

// gRPC still has the calls of a client that opens many streams, leaves, and comes back.
TEST(ConnectionsTest, StreamsThatWereLeftLatelyCount) {
  const auto connections = Connections::Create({.max_total_streams = 5000});
  int refused = 0;
  for (int round = 0; round < 100; ++round) {
    auto pairs = Connect(*connections, 1);
    for (uint32_t i = 0; i < 1000 && pairs[0]->Receive(Request(2 * i + 1)) > 0; ++i) {
    }
    refused += pairs[0]->IsShutDown() ? 1 : 0;
  }
  EXPECT_GT(refused, 0);
}

// The same with resets instead of leaving.
TEST(ConnectionsTest, StreamsThatWereResetLatelyCount) {
  const auto connections = Connections::Create({.max_total_streams = 5000});
  int refused = 0;
  for (int round = 0; round < 100; ++round) {
    const auto pairs = Connect(*connections, 1);
    for (uint32_t i = 0; i < 900; ++i) {
      const uint32_t stream = 2 * i + 1;
      if (pairs[0]->Receive(Request(stream) + Frame(3, 0, stream, "code")) <= 0) break;
    }
    refused += pairs[0]->IsShutDown() ? 1 : 0;
  }
  EXPECT_GT(refused, 0);
}

// A socket on which a client of this machine, or another that looks the same, is connected.
class LoopbackTest : public testing::Test {
 protected:
  // The server's end of a connection from 127.0.0.1.
  static int Accepted(std::vector<int>& opened) {
    const int listening = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listening, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening, 1), 0);
    getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size);
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), size), 0);
    const int accepted = accept(listening, nullptr, nullptr);
    close(listening);
    opened.insert(opened.end(), {client, accepted});
    return accepted;
  }
};

TEST_F(LoopbackTest, ConnectionsOfThisMachineAreNotCountedByAddress) {
  const auto connections = Connections::Create({.max_connections_per_address = 1});
  std::vector<int> opened;
  EXPECT_TRUE(connections->Admit(Accepted(opened)));
  EXPECT_TRUE(connections->Admit(Accepted(opened)));
  for (const int descriptor : opened) close(descriptor);
  EXPECT_EQ(connections->count(), 0u);
}

}  // namespace
}  // namespace davit::server
