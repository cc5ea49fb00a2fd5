// Bytes on the socket that no gRPC client would send. Requests that are malformed and have large
// headers once ended gRPC servers by an assertion (CVE-2023-1428): none may end this one.

#include <sys/resource.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/http2.h"
#include "tests/integration/fixture.h"

namespace davit::integration {
namespace {

using hostile::BigEndian;
using hostile::Encode;
using hostile::Frame;
using hostile::GoodHeaders;
using hostile::GrpcMessage;
using hostile::Headers;
using hostile::LargeHeaders;
using hostile::Socket;
using hostile::With;
using enum hostile::FrameType;
using hostile::kAck;
using hostile::kEndHeaders;
using hostile::kEndStream;
using hostile::kPreface;

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

  // Sends `frames` behind the preface on a connection of their own, and waits until the server has
  // dealt with them: it answers a ping, has closed the connection, or says nothing more.
  static void Converse(std::string_view frames) {
    const std::string_view data = "at last!";
    const Socket socket(davitd().address());
    socket.Send(
        absl::StrCat(kPreface, Frame(kSettings, 0, 0, ""), frames, Frame(kPing, 0, 0, data)));
    socket.Receive(Frame(kPing, kAck, 0, data));
  }
  static std::string Request(const Headers& headers) {
    return Frame(kHeaders, kEndHeaders | kEndStream, 1, Encode(headers));
  }
  static std::string LargeRequest(const Headers& headers) {
    return LargeHeaders(1, kEndStream, Encode(headers));
  }
};

// That the frames of these tests are right where they are not meant to be wrong.
TEST_F(Http2AbuseTest, AGoodRequestIsAnswered) {
  const std::string empty = GrpcMessage("");  // a CallRequest
  const Socket socket(davitd().address());
  socket.Open();
  socket.Send(absl::StrCat(Frame(kHeaders, kEndHeaders, 1, Encode(GoodHeaders())),
                           Frame(kData, kEndStream, 1, empty)));
  std::string answer;
  EXPECT_TRUE(WaitUntil([&] {
    socket.ReceiveSome(absl::Milliseconds(50), answer);
    return absl::StrContains(answer, "grpc-status");
  })) << answer;
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
        Frame(kHeaders, kEndHeaders | hostile::kPadded, 1, "\xff"),   // more padding than frame
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
    frames += Frame(kRstStream, 0, stream, BigEndian(8));
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
