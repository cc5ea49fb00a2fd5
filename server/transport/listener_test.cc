#include "server/transport/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

using absl::StatusCode;
using absl_testing::IsOk;
using absl_testing::StatusIs;

int ConnectTo(int port) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(connect(client, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  return client;
}

TEST(ListenerTest, HandsOverConnectionsThatDoNotBlock) {
  auto listener = Listener::Listen("127.0.0.1:0");
  ASSERT_THAT(listener, IsOk());
  EXPECT_GT((*listener)->port(), 0);
  absl::Notification connected;
  int flags = 0;
  (*listener)->Start({.connected =
                          [&](int descriptor) {
                            flags = fcntl(descriptor, F_GETFL);
                            close(descriptor);
                            connected.Notify();
                          },
                      .exhausted = [] {}});
  const int client = ConnectTo((*listener)->port());
  connected.WaitForNotification();
  EXPECT_NE(flags & O_NONBLOCK, 0);
  close(client);
}

TEST(ListenerTest, AnAddressThatIsTakenIsUnavailable) {
  auto first = Listener::Listen("localhost:0");
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(Listener::Listen(absl::StrCat("localhost:", (*first)->port())),
              StatusIs(StatusCode::kUnavailable, testing::HasSubstr("localhost")));
  const int port = (*first)->port();
  (*first)->Stop();
  EXPECT_THAT(Listener::Listen(absl::StrCat("localhost:", port)), IsOk());
}

TEST(ListenerTest, WhatIsNoAddressIsInvalid) {
  for (const char* address : {"", "localhost", "localhost:", "127.0.0.1:65536", "127.0.0.1:-1",
                              "127.0.0.1:http", "unix:"}) {
    EXPECT_THAT(Listener::Listen(address), StatusIs(StatusCode::kInvalidArgument)) << address;
  }
  EXPECT_THAT(Listener::Listen(absl::StrCat("unix:/", std::string(200, 'x'))),
              StatusIs(StatusCode::kInvalidArgument));
}

class UnixListenerTest : public testing::Test {
 protected:
  const std::string path_ = absl::StrCat("/tmp/davit-listener-", getpid(), ".sock");  // short
};

TEST_F(UnixListenerTest, TakesTheSocketOfAProcessThatIsGoneAndNoOther) {
  const int gone = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path_.size(), sizeof address.sun_path);
  path_.copy(address.sun_path, path_.size());
  ASSERT_EQ(bind(gone, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  close(gone);
  auto listener = Listener::Listen("unix:" + path_);
  ASSERT_THAT(listener, IsOk());
  EXPECT_EQ((*listener)->port(), 0);
  EXPECT_THAT(Listener::Listen("unix:" + path_), StatusIs(StatusCode::kUnavailable));
  (*listener)->Stop();
  EXPECT_NE(access(path_.c_str(), F_OK), 0) << "the socket goes with the listener";
}

TEST(ListenerExhaustionTest, AcceptsAgainWhenThereAreDescriptors) {
  auto listener = Listener::Listen("127.0.0.1:0");
  ASSERT_THAT(listener, IsOk());
  const int client = ConnectTo((*listener)->port());
  rlimit files = {};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  const int next = dup(client);
  close(next);
  const rlimit none_more = {.rlim_cur = static_cast<rlim_t>(next), .rlim_max = files.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none_more), 0);
  absl::Notification connected;
  std::atomic<int> exhausted = 0;
  (*listener)->Start({.connected =
                          [&](int descriptor) {
                            close(descriptor);
                            connected.Notify();
                          },
                      .exhausted =
                          [&] {
                            if (++exhausted == 3) setrlimit(RLIMIT_NOFILE, &files);
                          }});
  connected.WaitForNotification();
  EXPECT_GE(exhausted, 3);
  close(client);
}

}  // namespace
}  // namespace davit::server
