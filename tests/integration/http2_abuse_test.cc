// Bytes on the socket that no gRPC client would send. Requests that are malformed and have large
// headers once ended gRPC servers by an assertion (CVE-2023-1428): none may end this one.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kEndHeaders = 4;

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  std::string frame;
  for (int shift = 16; shift >= 0; shift -= 8) frame += static_cast<char>(payload.size() >> shift);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(stream >> shift);
  return absl::StrCat(frame, payload);
}

// An HPACK integer with 7 bits of prefix: the length of a string without Huffman coding.
std::string HpackLength(size_t length) {
  if (length < 127) return std::string(1, static_cast<char>(length));
  std::string out = "\x7f";
  for (length -= 127; length >= 128; length /= 128) out += static_cast<char>(length % 128 | 128);
  return out + static_cast<char>(length);
}

using Headers = std::vector<std::pair<std::string, std::string>>;

// Literals that are never indexed.
std::string Encode(const Headers& headers) {
  std::string out;
  for (const auto& [name, value] : headers) {
    absl::StrAppend(&out, std::string_view("\x10", 1), HpackLength(name.size()), name,
                    HpackLength(value.size()), value);
  }
  return out;
}

Headers GoodHeaders() {
  return {{":method", "POST"},         {":scheme", "http"}, {":path", "/davit.v1.CallService/Call"},
          {":authority", "localhost"}, {"te", "trailers"},  {"content-type", "application/grpc"}};
}

class Socket {
 public:
  explicit Socket(const std::string& address) : descriptor_(socket(AF_INET, SOCK_STREAM, 0)) {
    int port = 0;
    EXPECT_TRUE(absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
    sockaddr_in peer = {};
    peer.sin_family = AF_INET;
    peer.sin_port = htons(static_cast<uint16_t>(port));
    peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(descriptor_, reinterpret_cast<sockaddr*>(&peer), sizeof peer), 0);
    const timeval timeout = {.tv_sec = 0, .tv_usec = 200'000};
    setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  }
  ~Socket() { close(descriptor_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  void Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // The server has closed the connection, which it may.
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
  }
  // What comes up to and with `last`, or until the server closes or is silent for a while.
  std::string Receive(std::string_view last) const {
    std::string received;
    char buffer[4096];
    while (received.find(last) == std::string::npos) {
      const ssize_t count = recv(descriptor_, buffer, sizeof buffer, 0);
      if (count <= 0) return received;
      received.append(buffer, static_cast<size_t>(count));
    }
    return received;
  }

 private:
  const int descriptor_;
};

class Http2AbuseTest : public DavitdTest {
 protected:
  // The same process answers the next good call.
  void TearDown() override {
    ExpectServes();
    EXPECT_THAT(davitd().Wait(absl::ZeroDuration()),
                absl_testing::StatusIs(absl::StatusCode::kDeadlineExceeded))
        << "the process has ended:\n"
        << davitd().log();
  }

  // Sends `frames` behind the preface on a connection of their own; what came back up to `last`.
  static std::string Converse(std::string_view frames, std::string_view last) {
    const Socket socket(davitd().address());
    socket.Send(absl::StrCat(kPreface, Frame(kSettings, 0, 0, ""), frames));
    return socket.Receive(last);
  }
  // The same until the server has dealt with them: it answers a ping, or has closed the connection.
  static void Converse(std::string_view frames) {
    constexpr uint8_t kAck = 1;
    const std::string_view data = "at last!";
    Converse(absl::StrCat(frames, Frame(kPing, 0, 0, data)), Frame(kPing, kAck, 0, data));
  }
  static std::string Request(const Headers& headers) {
    return Frame(kHeaders, kEndHeaders | kEndStream, 1, Encode(headers));
  }
  // The same as a HEADERS frame and as many CONTINUATION frames as it takes.
  static std::string LargeRequest(const Headers& headers) {
    constexpr size_t kMaxFrame = 16384;
    const std::string block = Encode(headers);
    std::string frames = Frame(kHeaders, kEndStream, 1, block.substr(0, kMaxFrame));
    for (size_t at = kMaxFrame; at < block.size(); at += kMaxFrame) {
      frames += Frame(kContinuation, 0, 1, block.substr(at, kMaxFrame));
    }
    return frames + Frame(kContinuation, kEndHeaders, 1, "");
  }
  static Headers With(const std::string& name, const std::string& value) {
    Headers headers = GoodHeaders();
    for (auto& [key, old] : headers) {
      if (key == name) {
        old = value;
        return headers;
      }
    }
    headers.emplace_back(name, value);
    return headers;
  }
};

// That the frames of these tests are right where they are not meant to be wrong.
TEST_F(Http2AbuseTest, AGoodRequestIsAnswered) {
  const std::string message("\0\0\0\0\0", 5);  // an empty CallRequest
  const std::string answer = Converse(
      Frame(kHeaders, kEndHeaders, 1, Encode(GoodHeaders())) + Frame(kData, kEndStream, 1, message),
      "grpc-status");
  EXPECT_THAT(answer, testing::HasSubstr("grpc-status"));
}

TEST_F(Http2AbuseTest, PseudoHeadersThatAreWrong) {
  for (const auto& [name, value] : Headers{{"te", "nonsense"},
                                           {":scheme", "gopher"},
                                           {":method", "BREW"},
                                           {":path", ""},
                                           {":path", "no slash"},
                                           {":authority", std::string("\0\r\n", 3)},
                                           {"content-type", "text/html"},
                                           {"grpc-timeout", "99999999999999999H"},
                                           {"grpc-timeout", "-1n"},
                                           {"grpc-encoding", "lzma"},
                                           {":unknown", "x"},
                                           {"Upper-Case", "x"},
                                           {"x-bin", "no base64 \xff"}}) {
    Converse(Request(With(name, value)));
  }
}

TEST_F(Http2AbuseTest, MissingPseudoHeaders) {
  for (size_t left_out = 0; left_out < GoodHeaders().size(); ++left_out) {
    Headers headers = GoodHeaders();
    headers.erase(headers.begin() + static_cast<std::ptrdiff_t>(left_out));
    Converse(Request(headers));
  }
  Converse(Request({}));
}

TEST_F(Http2AbuseTest, MalformedRequestsWithHeadersOverEightKiB) {
  for (const auto& [name, value] :
       Headers{{"te", "nonsense"}, {":scheme", "gopher"}, {":method", "BREW"}, {":path", ""}}) {
    for (const size_t size :
         {8u << 10, (8u << 10) + 1, 12u << 10, 17u << 10, 64u << 10, 1u << 20}) {
      Headers headers = With(name, value);
      headers.emplace_back("x-padding", std::string(size, 'x'));
      Converse(LargeRequest(headers));
    }
  }
}

TEST_F(Http2AbuseTest, LargeValuesOfTheHeadersThatAreLookedAt) {
  for (const char* name : {"te", ":scheme", ":method", ":path", ":authority", "content-type",
                           "grpc-timeout", "grpc-encoding", "grpc-accept-encoding", "user-agent"}) {
    Converse(LargeRequest(With(name, std::string(9u << 10, 'y'))));
  }
}

TEST_F(Http2AbuseTest, EndlessContinuations) {
  std::string frames = Frame(kHeaders, kEndStream, 1, Encode(GoodHeaders()));
  for (int i = 0; i < 5000; ++i) {
    frames += Frame(kContinuation, 0, 1, Encode({{"a", std::string(100, 'b')}}));
  }
  Converse(frames);
}

TEST_F(Http2AbuseTest, FramesOutOfPlace) {
  const std::string good = Request(GoodHeaders());
  for (const std::string& frames :
       {Frame(kData, 0, 0, "x"), Frame(kData, 0, 1, "x"), Frame(kContinuation, 0, 1, "x"),
        Frame(kHeaders, kEndHeaders, 0, Encode(GoodHeaders())),
        Frame(kHeaders, kEndHeaders, 2, Encode(GoodHeaders())), good + good,
        Frame(kHeaders, 0, 1, Encode(GoodHeaders())) + Frame(kPing, 0, 0, std::string(8, 'p')),
        Frame(kRstStream, 0, 1, "1234"), Frame(kWindowUpdate, 0, 0, std::string(4, '\0')),
        Frame(kWindowUpdate, 0, 0, "\x7f\xff\xff\xff"), Frame(kPing, 0, 0, "short"),
        Frame(kSettings, 0, 0, "odd"), Frame(kSettings, 0, 7, ""), Frame(0xff, 0xff, 1, "x"),
        Frame(kHeaders, kEndHeaders, 1, "\xff\xff\xff\xff\xff\xff"),  // no HPACK
        Frame(kHeaders, kEndHeaders | 8, 1, "\xff"),                  // more padding than frame
        std::string("\xff\xff\xff\0\0\0\0\0\1", 9)}) {                // a frame of 16 MiB
    Converse(frames);
  }
}

TEST_F(Http2AbuseTest, MessageLengthsThatLie) {
  for (const std::string& message :
       {std::string("\0\xff\xff\xff\xff", 5), std::string("\0\0\0\0\x05", 5) + "abc",
        std::string("\x01\0\0\0\x01z", 6), std::string("\x02\0\0\0\0", 5), std::string("\0", 1)}) {
    Converse(Frame(kHeaders, kEndHeaders, 1, Encode(GoodHeaders())) +
             Frame(kData, kEndStream, 1, message));
  }
}

TEST_F(Http2AbuseTest, StreamsOpenedAndResetInQuickSuccession) {
  std::string frames;
  for (uint32_t stream = 1; stream < 20'000; stream += 2) {
    frames += Frame(kHeaders, kEndHeaders, stream, Encode(GoodHeaders()));
    frames += Frame(kRstStream, 0, stream, std::string("\0\0\0\x08", 4));
  }
  Converse(frames);
}

TEST_F(Http2AbuseTest, AnotherProtocolAndNoise) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 20; ++round) {
    std::string noise(1 + random() % 5000, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    const Socket socket(davitd().address());
    socket.Send(round % 2 == 0 ? noise : absl::StrCat(kPreface, noise));
  }
  const Socket http1(davitd().address());
  http1.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const Socket silent(davitd().address());
}

// gRPC stops listening for good when it has no file descriptor left for a connection.
class ManyConnectionsTest : public DavitdTest {
 protected:
  // davitd begins with a limit that is soon reached, and takes what it may have.
  static void SetUpTestSuite() {
    rlimit files{};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
    const rlimit few{.rlim_cur = 200, .rlim_max = files.rlim_max};
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
    StartServer("");
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  }
};

TEST_F(ManyConnectionsTest, DoNotEndTheListener) {
  constexpr int kMany = 400;
  std::vector<std::unique_ptr<Socket>> sockets;
  sockets.reserve(kMany);
  for (int i = 0; i < kMany; ++i) sockets.push_back(std::make_unique<Socket>(davitd().address()));
  EXPECT_THAT(Connect()->ListComponents(), absl_testing::IsOk());
  sockets.clear();
  EXPECT_THAT(Connect()->ListComponents(), absl_testing::IsOk());
}

}  // namespace
}  // namespace davit::integration
