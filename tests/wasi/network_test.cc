// Sockets and names as a command of Rust's standard library has them.
#include "runtime/wasi/net/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/net/policy.h"
#include "tests/wasi/command.h"

namespace davit::guests {
namespace {

using testing::HasSubstr;

CommandOutcome RunWith(const wasi::Network& network, std::vector<std::string> args) {
  CommandOptions options;
  options.args = std::move(args);
  options.config.network = wasi::net::Policy::Create(network, {}).value();
  return RunCommand("tests/guests/wasi/rust/command/command.wasm", options);
}

wasi::NetworkRule Loopback(uint16_t first_port, uint16_t last_port) {
  return {.host = "127.0.0.0/8", .first_port = first_port, .last_port = last_port};
}

wasi::Network Everything() {
  return {
      .connect = {Loopback(1, 65535)}, .udp = {Loopback(1, 65535)}, .listen = {Loopback(0, 65535)}};
}

// Accepts one connection, and sends back what comes.
class EchoServer {
 public:
  EchoServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof address;
    bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    listen(listener_, 1);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      const int peer = accept(listener_, nullptr, nullptr);
      char bytes[4096];
      for (ssize_t count; (count = recv(peer, bytes, sizeof bytes, 0)) > 0;) {
        send(peer, bytes, static_cast<size_t>(count), MSG_NOSIGNAL);
      }
      close(peer);
    });
  }
  // Ends also where nobody has come.
  ~EchoServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  uint16_t port() const { return port_; }

 private:
  const int listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

TEST(NetworkTest, NothingIsGrantedByDefault) {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"tcp", "connect", "127.0.0.1:1"},
                                             {"tcp", "loopback"},
                                             {"udp", "loopback"},
                                             {"resolve", "localhost:80"}}) {
    const CommandOutcome outcome = RunWith({}, args);
    EXPECT_EQ(outcome.exit_code, 1) << args[0] << outcome.status;
    EXPECT_NE(outcome.err, "") << args[0];
  }
  EXPECT_THAT(RunWith({}, {"tcp", "connect", "127.0.0.1:1"}).err, HasSubstr("PermissionDenied"));
}

TEST(NetworkTest, TalksToAServer) {
  const EchoServer server;
  const std::string text(300'000, 'x');
  const std::string address = absl::StrCat("127.0.0.1:", server.port());
  const CommandOutcome outcome = RunWith({.connect = {Loopback(server.port(), server.port())}},
                                         {"tcp", "send", address, text.substr(0, 100'000)});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.status << outcome.err;
  EXPECT_TRUE(outcome.out == text.substr(0, 100'000));
}

TEST(NetworkTest, ReachesWhatIsGrantedOnly) {
  const EchoServer server;
  const CommandOutcome outcome = RunWith(
      {.connect = {Loopback(1, 1)}}, {"tcp", "connect", absl::StrCat("127.0.0.1:", server.port())});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.status;
  EXPECT_THAT(outcome.err, HasSubstr("PermissionDenied"));
}

TEST(NetworkTest, TellsThatNobodyListens) {
  uint16_t port;
  {
    const EchoServer gone;
    port = gone.port();
  }
  const CommandOutcome outcome =
      RunWith(Everything(), {"tcp", "connect", absl::StrCat("127.0.0.1:", port)});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.status;
  EXPECT_THAT(outcome.err, HasSubstr("ConnectionRefused"));
}

TEST(NetworkTest, ListensAndConnectsInOneGuest) {
  const CommandOutcome outcome = RunWith(Everything(), {"tcp", "loopback"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.status << outcome.err;
  EXPECT_EQ(outcome.out, "ok\n");
}

TEST(NetworkTest, SendsDatagramsInOneGuest) {
  const CommandOutcome outcome = RunWith(Everything(), {"udp", "loopback"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.status << outcome.err;
  EXPECT_EQ(outcome.out, "ok\n");
}

TEST(NetworkTest, WaitsForAConnectionUntilItsDeadline) {
  CommandOptions options;
  options.args = {"tcp", "accept", "127.0.0.1:0", "1"};
  options.timeout = absl::Milliseconds(300);
  options.config.network = wasi::net::Policy::Create(Everything(), {}).value();
  const CommandOutcome outcome = RunCommand("tests/guests/wasi/rust/command/command.wasm", options);
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(outcome.out, HasSubstr("listening 127.0.0.1:"));
}

TEST(NetworkTest, FindsNamesThatAreGranted) {
  wasi::Network network = Everything();
  network.resolve = {"localhost"};
  const CommandOutcome outcome = RunWith(network, {"resolve", "localhost:80"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.status << outcome.err;
  EXPECT_EQ(outcome.out, "127.0.0.1:80\n");
  EXPECT_EQ(RunWith(network, {"resolve", "example.com:80"}).exit_code, 1);
}

}  // namespace
}  // namespace davit::guests
