#include "runtime/wasi/sockets/tcp_connection.h"

#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasi/sockets/sockets_test_util.h"
#include "runtime/wasi/sockets/tcp_socket.h"

namespace davit::wasi::sockets {
namespace {

// The guest's end of a connection, and the other one as the kernel has it.
class TcpConnectionTest : public SocketsTest {
 protected:
  void SetUp() override {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    net::RawEndpoint raw = ToRaw(At("127.0.0.1", 0));
    ASSERT_EQ(bind(listener_, raw.address(), raw.length), 0);
    ASSERT_EQ(listen(listener_, 1), 0);
    ASSERT_EQ(getsockname(listener_, raw.address(), &raw.length), 0);
    socket_ = TcpSocket::Create(environment_, net::Family::kIpv4).value();
    ASSERT_TRUE(socket_->SetSendBufferSize(16 * 1024));
    ASSERT_TRUE(socket_->StartConnect(*net::FromRaw(raw.address(), raw.length)));
    AwaitReady(*socket_);
    streams_ = socket_->FinishConnect().value();
    peer_ = accept(listener_, nullptr, nullptr);
    ASSERT_GE(peer_, 0);
  }
  void TearDown() override {
    close(listener_);
    ClosePeer();
  }
  void ClosePeer() {
    if (peer_ >= 0) close(peer_);
    peer_ = -1;
  }
  // By resetting the connection.
  void ResetPeer() {
    const linger now = {.l_onoff = 1, .l_linger = 0};
    setsockopt(peer_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    ClosePeer();
  }
  void PeerSends(std::string_view text) {
    ASSERT_EQ(send(peer_, text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  // All that comes until the end.
  std::string PeerReads() {
    std::string all;
    char bytes[65536];
    for (ssize_t count; (count = recv(peer_, bytes, sizeof bytes, 0)) > 0;) {
      all.append(bytes, static_cast<size_t>(count));
    }
    return all;
  }
  // Writes until no more is taken.
  std::string Fill() {
    std::string written;
    const std::string piece(kMostPending, 'x');
    while (streams_.out->Room().value() > 0) {
      EXPECT_TRUE(streams_.out->Write(Bytes(piece)));
      written += piece;
    }
    return written;
  }

  Environment environment_ = Granted(Loopback());
  int listener_ = -1;
  int peer_ = -1;
  std::shared_ptr<TcpSocket> socket_;
  TcpStreams streams_;
};

std::string EndOf(const io::StreamResult<size_t>& result) {
  return result ? "open" : result.error().is_closed() ? "closed" : result.error().failure->text;
}

TEST_F(TcpConnectionTest, PassesBytesBothWays) {
  ASSERT_TRUE(streams_.out->Write(Bytes("to the peer")));
  char bytes[11];
  ASSERT_EQ(recv(peer_, bytes, sizeof bytes, MSG_WAITALL), 11);
  EXPECT_EQ(std::string(bytes, 11), "to the peer");
  EXPECT_FALSE(streams_.in->Ready());
  PeerSends("to the guest");
  ClosePeer();
  EXPECT_EQ(ReadAll(*streams_.in), "to the guest");
}

TEST_F(TcpConnectionTest, ReadOfNothingTellsOpenFromClosed) {
  EXPECT_EQ(EndOf(streams_.in->Read({})), "open");
  PeerSends("x");
  AwaitReady(*streams_.in);
  EXPECT_EQ(streams_.in->Read({}).value(), 0u);
  uint8_t byte;
  EXPECT_EQ(streams_.in->Read({&byte, 1}).value(), 1u);
  EXPECT_EQ(streams_.in->Read({&byte, 1}).value(), 0u);
  ClosePeer();
  AwaitReady(*streams_.in);
  EXPECT_EQ(EndOf(streams_.in->Read({})), "closed");
  EXPECT_EQ(EndOf(streams_.in->Read({&byte, 1})), "closed");
}

TEST_F(TcpConnectionTest, PeerThatHasEndedItsSideStillReads) {
  shutdown(peer_, SHUT_WR);
  EXPECT_EQ(ReadAll(*streams_.in), "");
  ASSERT_TRUE(streams_.out->Write(Bytes("more")));
  streams_.out = nullptr;
  EXPECT_EQ(PeerReads(), "more");
}

TEST_F(TcpConnectionTest, ResetFailsOnceAndIsClosedThen) {
  ResetPeer();
  AwaitReady(*streams_.in);
  uint8_t byte;
  EXPECT_EQ(EndOf(streams_.in->Read({&byte, 1})), "connection-reset");
  EXPECT_EQ(EndOf(streams_.in->Read({&byte, 1})), "closed");
  const io::StreamResult<void> written = streams_.out->Write(Bytes("x"));
  ASSERT_FALSE(written);
  EXPECT_TRUE(written.error().is_closed());
  EXPECT_EQ(EndOf(streams_.out->Room()), "closed");
  EXPECT_TRUE(streams_.out->Ready());
}

TEST_F(TcpConnectionTest, WriterWaitsForItsReader) {
  std::string written = Fill();
  EXPECT_FALSE(streams_.out->Ready());
  EXPECT_FALSE(streams_.out->IsFlushed().value());
  std::string read(written.size(), '\0');
  ASSERT_EQ(recv(peer_, read.data(), read.size(), MSG_WAITALL), static_cast<ssize_t>(read.size()));
  AwaitReady(*streams_.out);
  EXPECT_TRUE(streams_.out->IsFlushed().value());
  EXPECT_EQ(streams_.out->Room().value(), kMostPending);
  ASSERT_TRUE(streams_.out->Write(Bytes("last")));
  streams_.out = nullptr;
  EXPECT_TRUE(read + PeerReads() == written + "last");
}

TEST_F(TcpConnectionTest, ResetWhileBytesWaitIsToldOnce) {
  Fill();
  ResetPeer();
  AwaitReady(*streams_.out);
  EXPECT_EQ(EndOf(streams_.out->Room()), "connection-reset");
  EXPECT_EQ(EndOf(streams_.out->Room()), "closed");
}

TEST_F(TcpConnectionTest, ShutdownLosesNothing) {
  const std::string written = Fill();
  EXPECT_TRUE(socket_->ShutDown(Shutdown::kSend));
  EXPECT_TRUE(socket_->ShutDown(Shutdown::kSend));
  EXPECT_EQ(EndOf(streams_.out->Room()), "closed");
  EXPECT_TRUE(streams_.out->Ready());
  EXPECT_TRUE(PeerReads() == written);
  PeerSends("answer");
  ClosePeer();
  EXPECT_EQ(ReadAll(*streams_.in), "answer");
}

TEST_F(TcpConnectionTest, DropOfEverythingLosesNothing) {
  const std::string written = Fill();
  streams_ = {};
  socket_ = nullptr;
  EXPECT_EQ(lingering_.kept()->size(), 1u);
  EXPECT_TRUE(PeerReads() == written);
  while (lingering_.kept()->size() > 0) sched_yield();
}

TEST_F(TcpConnectionTest, LingersNoMoreThanMayLinger) {
  lingering_.kept()->Clear();
  Fill();
  streams_ = {};
  socket_ = nullptr;
  EXPECT_EQ(lingering_.kept()->size(), 0u);
}

TEST_F(TcpConnectionTest, ShutdownOfReceivingClosesAtOnce) {
  PeerSends("unread");
  AwaitReady(*streams_.in);
  EXPECT_TRUE(socket_->ShutDown(Shutdown::kReceive));
  EXPECT_TRUE(socket_->ShutDown(Shutdown::kReceive));
  EXPECT_TRUE(streams_.in->Ready());
  uint8_t byte;
  EXPECT_EQ(EndOf(streams_.in->Read({&byte, 1})), "closed");
  EXPECT_EQ(streams_.out->Room().value(), kMostPending);
}

TEST_F(TcpConnectionTest, DropOfAStreamEndsItsDirectionOnly) {
  streams_.out = nullptr;
  EXPECT_EQ(PeerReads(), "");
  PeerSends("still read");
  ClosePeer();
  EXPECT_EQ(ReadAll(*streams_.in), "still read");
}

TEST_F(TcpConnectionTest, WakesWhoWaitsAgainAndAgain) {
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(streams_.out->Write(Bytes("x")));
    char byte;
    ASSERT_EQ(recv(peer_, &byte, 1, 0), 1);
    ASSERT_EQ(send(peer_, &byte, 1, 0), 1);
    AwaitReady(*streams_.in);
    uint8_t answer;
    ASSERT_EQ(streams_.in->Read({&answer, 1}).value(), 1u);
  }
}

}  // namespace
}  // namespace davit::wasi::sockets
