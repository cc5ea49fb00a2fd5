// Frames without end, on connections beside that of somebody who only wants to call.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/http2.h"

namespace davit::hostile {
namespace {

// A flood that the server lets pass may take so long.
constexpr absl::Duration kLongest = absl::Seconds(20);

class Http2FloodTest : public HostileTest {
 protected:
  // A piece of a flood; "" at its end.
  using Piece = std::function<std::string()>;
  // `total` bytes, `piece` again and again.
  static Piece Again(std::string piece, size_t total) {
    return [piece = std::move(piece), left = total]() mutable {
      if (left < piece.size()) return std::string();
      left -= piece.size();
      return piece;
    };
  }
  static Piece Frames(const std::string& frame, size_t count) {
    constexpr size_t kAtOnce = 1000;
    std::string piece;
    for (size_t i = 0; i < kAtOnce; ++i) piece += frame;
    const size_t size = piece.size();
    return Again(std::move(piece), count / kAtOnce * size);
  }

  enum class Reading : uint8_t { kYes, kNo };
  // Sends it all over a connection of its own, unless the server closes it or takes no more.
  void Flood(const Piece& piece, Reading reading = Reading::kYes) {
    const Socket socket(davitd().address());
    socket.Open();
    const absl::Time end = absl::Now() + kLongest;
    for (std::string bytes = piece(); !bytes.empty() && absl::Now() < end && !IsDown();
         bytes = piece()) {
      const bool sent = reading == Reading::kYes ? socket.SendAll(bytes, end) : socket.Send(bytes);
      if (!sent) return;
    }
    // Until the server has dealt with it, so that what it costs falls into the attack.
    socket.Send(Frame(kPing, 0, 0, "at last!"));
    if (reading == Reading::kYes) socket.AwaitClosed(absl::Now() + absl::Milliseconds(500));
  }
  // From two connections at once.
  void FloodTwice(const std::function<Piece()>& make, Reading reading = Reading::kYes) {
    std::thread other([&] { Flood(make(), reading); });
    Flood(make(), reading);
    other.join();
  }
};

TEST_F(Http2FloodTest, StreamsOpenedAndReset) {
  const auto resets = [] {
    constexpr uint32_t kStreams = 650'000, kAtOnce = 500;
    return [stream = uint32_t{1}, block = Encode(GoodHeaders())]() mutable {
      std::string piece;
      for (uint32_t i = 0; i < kAtOnce && stream < 2 * kStreams; ++i, stream += 2) {
        absl::StrAppend(&piece, Frame(kHeaders, kEndHeaders, stream, block),
                        Frame(kRstStream, 0, stream, BigEndian(8)));
      }
      return piece;
    };
  };
  EXPECT_THAT(Attack([&] { FloodTwice(resets); }), StaysWithin(Bounds{}));
}

// HPACK's integers may have zeros in front of their end: each byte read is one of the same number.
TEST_F(Http2FloodTest, IntegersPaddedWithZeros) {
  const auto padded = [] {
    const std::string zeros(16384, '\x80');
    return [zeros, sent = 0]() mutable {
      constexpr int kFrames = 640;  // 10 MiB
      const int frame = sent++;
      if (frame > kFrames) return std::string();
      if (frame > 0) return Frame(kContinuation, 0, 1, zeros);
      return Frame(kHeaders, kEndStream, 1, absl::StrCat(Encode(GoodHeaders()), "\x10\x7f"));
    };
  };
  EXPECT_THAT(Attack([&] { FloodTwice(padded); }), StaysWithin(Bounds{}));
}

TEST_F(Http2FloodTest, HeadersOverContinuations) {
  const auto endless = [] {
    std::string block;
    while (block.size() < 16000) block += Encode({{"a-name", std::string(100, 'v')}});
    return [block, sent = 0]() mutable {
      constexpr int kFrames = 12'800;  // 200 MiB
      const int frame = sent++;
      if (frame > kFrames) return std::string();
      if (frame > 0) return Frame(kContinuation, 0, 1, block);
      return Frame(kHeaders, kEndStream, 1, Encode(GoodHeaders()));
    };
  };
  EXPECT_THAT(Attack([&] { FloodTwice(endless); }), StaysWithin(Bounds{}));
}

// A name of one byte on the wire that stands for four kilobytes.
TEST_F(Http2FloodTest, HeadersThatAreIndexed) {
  const auto bomb = [] {
    const std::string entry = absl::StrCat(std::string_view("\x40", 1), HpackLength(1), "x",
                                           HpackLength(3900), std::string(3900, 'y'));
    return [entry, stream = uint32_t{1}]() mutable {
      constexpr uint32_t kStreams = 1000;
      if (stream > 2 * kStreams) return std::string();
      const std::string block =
          absl::StrCat(Encode(GoodHeaders()), entry, std::string(10'000, '\xbe'));  // index 62
      const std::string frame = Frame(kHeaders, kEndHeaders, stream, block);
      stream += 2;
      return frame;
    };
  };
  EXPECT_THAT(Attack([&] { FloodTwice(bomb); }), StaysWithin(Bounds{}));
}

TEST_F(Http2FloodTest, FramesOfControl) {
  const std::string data = "8 bytes!";
  for (const auto& [name, frame] : std::vector<std::pair<std::string, std::string>>{
           {"PING", Frame(kPing, 0, 0, data)},
           {"PING answers", Frame(kPing, kAck, 0, data)},
           {"SETTINGS", Frame(kSettings, 0, 0, "")},
           {"SETTINGS of the header table",
            Frame(kSettings, 0, 0, absl::StrCat(std::string("\0\1", 2), BigEndian(4096))) +
                Frame(kSettings, 0, 0, absl::StrCat(std::string("\0\1", 2), BigEndian(0)))},
           {"WINDOW_UPDATE", Frame(kWindowUpdate, 0, 0, BigEndian(1))},
           {"PRIORITY", Frame(kPriority, 0, 1, std::string(5, '\0'))},
           {"frames of no type", Frame(0x77, 0, 1, "")}}) {
    for (const Reading reading : {Reading::kYes, Reading::kNo}) {
      SCOPED_TRACE(name);
      EXPECT_THAT(Attack([&] { FloodTwice([&] { return Frames(frame, 300'000); }, reading); }),
                  StaysWithin(Bounds{}));
      if (IsDown()) return;
    }
  }
}

TEST_F(Http2FloodTest, FramesOfAStream) {
  const std::string headers = Frame(kHeaders, kEndHeaders, 1, Encode(GoodHeaders()));
  for (const auto& [name, frame] : std::vector<std::pair<std::string, std::string>>{
           {"empty DATA", Frame(kData, 0, 1, "")},
           {"padding", Frame(kData, kPadded, 1, std::string(1, '\0'))},
           {"WINDOW_UPDATE", Frame(kWindowUpdate, 0, 1, BigEndian(1))},
           {"empty CONTINUATION",
            Frame(kHeaders, 0, 3, "") + Frame(kContinuation, kEndHeaders, 3, "")}}) {
    SCOPED_TRACE(name);
    const auto flood = [&]() -> Piece {
      return [headers = headers, frames = Frames(frame, 300'000)]() mutable {
        return headers.empty() ? frames() : std::exchange(headers, "");
      };
    };
    EXPECT_THAT(Attack([&] { FloodTwice(flood); }), StaysWithin(Bounds{}));
    if (IsDown()) return;
  }
}

// Calls to nothing, whose answers wait for a client that reads none.
TEST_F(Http2FloodTest, ErrorsThatNobodyReads) {
  const auto calls = [] {
    return [stream = uint32_t{1}]() mutable {
      constexpr uint32_t kStreams = 100'000, kAtOnce = 100;
      std::string piece;
      for (uint32_t i = 0; i < kAtOnce && stream < 2 * kStreams; ++i, stream += 2) {
        absl::StrAppend(&piece, Frame(kHeaders, kEndHeaders, stream, Encode(GoodHeaders())),
                        Frame(kData, kEndStream, stream, GrpcMessage("")));
      }
      return piece;
    };
  };
  EXPECT_THAT(Attack([&] { FloodTwice(calls, Reading::kNo); }), StaysWithin(Bounds{}));
}

TEST_F(Http2FloodTest, ThousandsOfConnections) {
  EXPECT_THAT(Attack([&] {
                std::vector<std::unique_ptr<Socket>> sockets;
                for (int i = 0; i < 4000; ++i) {
                  sockets.push_back(std::make_unique<Socket>(davitd().address()));
                  sockets.back()->Open();
                }
                absl::SleepFor(absl::Seconds(1));
              }),
              StaysWithin(Bounds{}));
}

}  // namespace
}  // namespace davit::hostile
