// Clients and attackers behind the proxies that davit ships configurations for.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status_matchers.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "client/status.h"
#include "davit/v1/call_service.grpc.pb.h"
#include "davit/v1/component_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "gtest/gtest.h"
#include "tests/hostile/http2.h"
#include "tests/hostile/watch.h"
#include "tests/integration/process.h"
#include "tests/proxy/proxies.h"

namespace davit::proxy {
namespace {

using absl_testing::IsOk;
using hostile::kMiB;

constexpr size_t kLargeMessage = 60 * kMiB;

std::string Calc() {
  std::ifstream file(integration::DataPath("examples/calc.wasm"), std::ios::binary);
  EXPECT_TRUE(file.good());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The same component with a custom section of so many bytes.
std::string Padded(std::string binary, size_t bytes) {
  const std::string contents = absl::StrCat(std::string_view("\x01x", 2), std::string(bytes, 'x'));
  binary += '\0';
  size_t left = contents.size();
  for (; left >= 128; left /= 128) binary += static_cast<char>(left % 128 | 128);
  binary += static_cast<char>(left);
  return binary + contents;
}

class ProxyTest : public testing::TestWithParam<Kind> {
 protected:
  void Start(Front front) {
    auto stack = Stack::Start(GetParam(), front);
    ASSERT_THAT(stack, IsOk());
    stack_ = *std::move(stack);
  }
  std::unique_ptr<client::Client> Connect() {
    return std::make_unique<client::Client>(stack_->address());
  }
  static v1::CallRequest Add(const std::string& component) {
    v1::CallRequest request;
    request.set_component(component);
    request.set_function("bench:calc/api#add");
    request.add_args()->set_u32(3);
    request.add_args()->set_u32(4);
    return request;
  }

  std::unique_ptr<Stack> stack_;
};

TEST_P(ProxyTest, PassesWhatClientsDo) {
  Start(Front::kPlain);
  const auto client = Connect();
  ASSERT_THAT(client->Deploy("calc", Calc()), IsOk());
  const auto sum = client->Call(Add(client->ComponentName("calc")));
  ASSERT_THAT(sum, IsOk());
  EXPECT_EQ(sum->results(0).u32(), 7u);

  EXPECT_THAT(client->Deploy("padded", Padded(Calc(), 20 * kMiB)), IsOk()) << "a large upload";

  v1::CallRequest echo;
  echo.set_component(client->ComponentName("calc"));
  echo.set_function("bench:calc/api#echo-bytes");
  echo.add_args()->set_u8_list(std::string(kLargeMessage, 'b'));
  const auto echoed = client->Call(echo);
  ASSERT_THAT(echoed, IsOk());
  EXPECT_EQ(echoed->results(0).u8_list().size(), kLargeMessage);

  struct stat socket = {};
  ASSERT_EQ(stat(stack_->SocketPath().c_str(), &socket), 0);
  EXPECT_EQ(socket.st_mode & 0777, 0600u);
}

// Neither side's messages wait for the other's end.
TEST_P(ProxyTest, PassesASessionMessageByMessage) {
  Start(Front::kPlain);
  const auto client = Connect();
  ASSERT_THAT(client->Deploy("calc", Calc()), IsOk());
  const auto stub = v1::CallService::NewStub(
      grpc::CreateChannel(stack_->address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
  const auto session = stub->Session(&context);
  for (uint64_t id = 1; id <= 20; ++id) {
    v1::SessionRequest request;
    request.set_id(id);
    *request.mutable_call() = Add(client->ComponentName("calc"));
    ASSERT_TRUE(session->Write(request));
    v1::SessionResponse response;
    ASSERT_TRUE(session->Read(&response));
    EXPECT_EQ(response.id(), id);
    EXPECT_EQ(response.call().results(0).u32(), 7u);
  }
  session->WritesDone();
  EXPECT_THAT(client::FromGrpc(session->Finish()), IsOk());
}

TEST_P(ProxyTest, SpeaksTls) {
  Start(Front::kTls);
  const auto certificate = stack_->Certificate();
  ASSERT_THAT(certificate, IsOk());
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = *certificate;
  grpc::ChannelArguments arguments;
  arguments.SetSslTargetNameOverride("localhost");
  const auto stub = v1::ComponentService::NewStub(
      grpc::CreateCustomChannel(stack_->address(), grpc::SslCredentials(options), arguments));
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
  v1::ListComponentsRequest request;
  request.set_parent("tenants/default");
  v1::ListComponentsResponse response;
  EXPECT_THAT(client::FromGrpc(stub->ListComponents(&context, request, &response)), IsOk());
}

// -- Attacks --

// A connection from an address of its own, which the bystander has not: limits of an address are
// the attackers'.
class Stranger {
 public:
  explicit Stranger(const std::string& address) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    constexpr uint32_t kOwnAddress = INADDR_LOOPBACK + 1;
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    sockaddr_in own = {}, peer = {};
    own.sin_family = peer.sin_family = AF_INET;
    own.sin_addr.s_addr = htonl(kOwnAddress);
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    peer.sin_port = htons(static_cast<uint16_t>(port));
    EXPECT_EQ(bind(descriptor_, reinterpret_cast<sockaddr*>(&own), sizeof own), 0);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&peer), sizeof peer), 0);
  }
  ~Stranger() { close(descriptor_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  // Reads and throws away meanwhile. False when it is closed, or all has not been taken by `end`.
  bool Send(std::string_view bytes, absl::Time end) const {
    while (!bytes.empty() && absl::Now() < end) {
      pollfd ready = {.fd = descriptor_, .events = POLLIN | POLLOUT, .revents = 0};
      poll(&ready, 1, 100);
      std::array<char, 65536> read;
      if ((ready.revents & POLLIN) != 0 &&
          recv(descriptor_, read.data(), read.size(), MSG_DONTWAIT) == 0) {
        return false;
      }
      const ssize_t sent =
          send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent > 0) bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return bytes.empty();
  }

 private:
  const int descriptor_;
};

// Pieces of a flood, from its beginning; "" at its end.
using Flood = std::function<std::string()>;
using MakeFlood = std::function<Flood()>;

// 650,000 streams, each reset behind its headers.
Flood Resets() {
  return [stream = uint32_t{1}, block = hostile::Encode(hostile::GoodHeaders())]() mutable {
    constexpr uint32_t kEnd = 1'300'000, kAtOnce = 1000;
    std::string piece;
    for (const uint32_t end = stream + kAtOnce; stream < end && stream < kEnd; stream += 2) {
      absl::StrAppend(&piece,
                      hostile::Frame(hostile::kHeaders, hostile::kEndHeaders, stream, block),
                      hostile::Frame(hostile::kRstStream, 0, stream, hostile::BigEndian(8)));
    }
    return piece;
  };
}

// The same, with time for a proxy to hand each of them on to davitd before it is reset.
Flood LateResets() {
  return [stream = uint32_t{1}, opened = false,
          block = hostile::Encode(hostile::GoodHeaders())]() mutable {
    constexpr uint32_t kAtOnce = 100;
    std::string piece;
    for (uint32_t i = stream; i < stream + kAtOnce; i += 2) {
      absl::StrAppend(&piece,
                      opened ? hostile::Frame(hostile::kRstStream, 0, i, hostile::BigEndian(8))
                             : hostile::Frame(hostile::kHeaders, hostile::kEndHeaders, i, block));
    }
    if (opened) absl::SleepFor(absl::Milliseconds(20));
    if (opened) stream += kAtOnce;
    opened = !opened;
    return piece;
  };
}

// A header block that begins like a good one and goes on in `frames` CONTINUATION frames.
Flood Continued(std::string begin, std::string block, int frames) {
  return [begin = std::move(begin), block = std::move(block), frames, sent = -1]() mutable {
    if (++sent > frames) return std::string();
    if (sent > 0) return hostile::Frame(hostile::kContinuation, 0, 1, block);
    return hostile::Frame(hostile::kHeaders, hostile::kEndStream, 1,
                          absl::StrCat(hostile::Encode(hostile::GoodHeaders()), begin));
  };
}

// HPACK's integers may have any number of zeros in front of their end: 10 MiB of them.
Flood PaddedIntegers() { return Continued("\x10\x7f", std::string(16384, '\x80'), 640); }

// 200 MiB of headers in one block.
Flood EndlessHeaders() {
  std::string block;
  while (block.size() < 16000) block += hostile::Encode({{"a-name", std::string(100, 'v')}});
  return Continued("", std::move(block), 12'800);
}

class ProxyAttackTest : public ProxyTest {
 protected:
  // Two attackers, who come again when they are thrown out, and a bystander who only wants to call.
  void Withstands(const MakeFlood& make) {
    constexpr absl::Duration kPatience = absl::Seconds(2 * hostile::kSlower);
    constexpr uint64_t kMostBytesOfDavitd = 400 * kMiB * hostile::kLarger;
    constexpr uint64_t kMostBytesOfProxy = 150 * kMiB;
    Start(Front::kPlain);
    const auto client = Connect();
    ASSERT_THAT(client->Deploy("calc", Calc()), IsOk());
    v1::CreateInstanceRequest request;
    request.set_component("calc");
    const auto instance = client->Instantiate(request);
    ASSERT_THAT(instance, IsOk());

    const hostile::Watch davitd(stack_->davitd_pid()), proxy(stack_->proxy_pid());
    hostile::Bystander bystander(stack_->address(), instance->name());
    std::thread other([&] { Attack(make); });
    Attack(make);
    other.join();
    const absl::Time begin = absl::Now();
    EXPECT_THAT(Connect()->Call(Add(client->ComponentName("calc"))), IsOk());
    const absl::Duration next_call = absl::Now() - begin;
    const hostile::Bystander::Record record = bystander.Stop();

    std::cerr << "davitd took " << davitd.peak_bytes() / kMiB << " MiB and the proxy "
              << proxy.peak_bytes() / kMiB << " MiB; of " << record.calls
              << " calls beside it the longest took " << record.longest << ", and the next one "
              << next_call << "; attackers sent " << sent_ / kMiB << " MiB over " << connections_
              << " connections\n";
    EXPECT_LE(next_call, kPatience);
    EXPECT_LE(record.longest, kPatience);
    EXPECT_EQ(record.failures, 0u) << record.last_failure;
    EXPECT_GT(record.calls, 0u);
    EXPECT_LE(davitd.peak_bytes(), kMostBytesOfDavitd);
    EXPECT_LE(proxy.peak_bytes(), kMostBytesOfProxy);
    EXPECT_FALSE(davitd.has_killed() || proxy.has_killed());
    if (HasFailure()) std::cerr << stack_->log() << "\n";
  }

 private:
  void Attack(const MakeFlood& make) {
    constexpr int kConnections = 20;
    const absl::Time end = absl::Now() + absl::Seconds(10);
    for (int i = 0; i < kConnections && absl::Now() < end; ++i) {
      if (SendAll(make(), end)) return;
    }
  }
  bool SendAll(const Flood& flood, absl::Time end) {
    ++connections_;
    const Stranger stranger(stack_->address());
    std::string piece = absl::StrCat(hostile::kPreface,  //
                                     hostile::Frame(hostile::kSettings, 0, 0, ""));
    for (; !piece.empty(); piece = flood()) {
      if (!stranger.Send(piece, end)) return false;
      sent_ += piece.size();
    }
    return true;
  }

  std::atomic<uint64_t> sent_ = 0;
  std::atomic<int> connections_ = 0;
};

TEST_P(ProxyAttackTest, StreamsOpenedAndReset) { Withstands(Resets); }
TEST_P(ProxyAttackTest, StreamsOpenedAndResetLater) { Withstands(LateResets); }
TEST_P(ProxyAttackTest, IntegersPaddedWithZeros) { Withstands(PaddedIntegers); }
TEST_P(ProxyAttackTest, HeadersOverContinuations) { Withstands(EndlessHeaders); }

std::string Name(const testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::kHaproxy ? "Haproxy" : "Nginx";
}
INSTANTIATE_TEST_SUITE_P(Proxies, ProxyTest, testing::Values(Kind::kHaproxy, Kind::kNginx), Name);
INSTANTIATE_TEST_SUITE_P(Proxies, ProxyAttackTest, testing::Values(Kind::kHaproxy, Kind::kNginx),
                         Name);

}  // namespace
}  // namespace davit::proxy
