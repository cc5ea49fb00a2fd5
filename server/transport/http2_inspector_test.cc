#include "server/transport/http2_inspector.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr uint8_t kPing = 6, kWindowUpdate = 8;
constexpr uint8_t kEndStream = Http2Frame::kEndStream, kEndHeaders = Http2Frame::kEndHeaders;

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, size_t length) {
  std::string frame;
  for (int shift = 16; shift >= 0; shift -= 8) frame += static_cast<char>(length >> shift);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (int shift = 24; shift >= 0; shift -= 8) frame += static_cast<char>(stream >> shift);
  return frame + std::string(length, 'x');
}

std::string Request(uint32_t stream) {
  return Frame(Http2Frame::kHeaders, kEndHeaders, stream, 20);
}
std::string Answer(uint32_t stream) {
  return Frame(Http2Frame::kHeaders, kEndHeaders | kEndStream, stream, 20);
}
std::string Reset(uint32_t stream) { return Frame(Http2Frame::kRstStream, 0, stream, 4); }

class Http2InspectorTest : public testing::Test {
 protected:
  bool Receive(std::string_view bytes) { return inspector_->Received(Span(bytes), now_ms_); }
  bool Send(std::string_view bytes) { return inspector_->Sent(Span(bytes), now_ms_); }
  // The beginning of a connection with a client that behaves.
  void Greet() {
    ASSERT_TRUE(Receive(absl::StrCat(kPreface, Frame(Http2Frame::kSettings, 0, 0, 12))));
    ASSERT_TRUE(Send(Frame(Http2Frame::kSettings, 0, 0, 12)));
    ASSERT_TRUE(Receive(Frame(Http2Frame::kSettings, Http2Frame::kAck, 0, 0)));
  }

  static std::span<const uint8_t> Span(std::string_view bytes) {
    return {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  }

  const Http2Limits limits_{.max_streams = 200,
                            .max_header_block_bytes = 40'000,
                            .resets = 50,
                            .resets_per_second = 10,
                            .idle_frames = 100,
                            .idle_frames_per_second = 10};
  int64_t now_ms_ = 0;
  std::optional<Http2Inspector> inspector_ = Http2Inspector(limits_, now_ms_);
};

TEST_F(Http2InspectorTest, LetsCallsPassHoweverManyAndHoweverTheyAreCut) {
  Greet();
  for (uint32_t stream = 1; stream < 20'000; stream += 2) {
    const std::string bytes =
        absl::StrCat(Request(stream), Frame(Http2Frame::kData, kEndStream, stream, 30),
                     Frame(kPing, 0, 0, 8), Frame(kWindowUpdate, 0, 0, 4));
    const size_t cut = stream % bytes.size();
    ASSERT_TRUE(Receive(bytes.substr(0, cut))) << inspector_->fault();
    ASSERT_TRUE(Receive(bytes.substr(cut))) << inspector_->fault();
    EXPECT_EQ(inspector_->open_streams(), 1u);
    ASSERT_TRUE(Send(absl::StrCat(Frame(Http2Frame::kHeaders, kEndHeaders, stream, 10),
                                  Frame(Http2Frame::kData, 0, stream, 30), Answer(stream))));
    EXPECT_EQ(inspector_->open_streams(), 0u);
  }
}

TEST_F(Http2InspectorTest, LetsLargeMessagesPass) {
  Greet();
  ASSERT_TRUE(Receive(Request(1)));
  const std::string data = Frame(Http2Frame::kData, 0, 1, 16384);
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(Receive(data));
}

// -- Unfinished messages --

constexpr uint8_t kPadded = 8;

std::string Data(uint8_t flags, uint32_t stream, std::string_view payload) {
  return Frame(Http2Frame::kData, flags, stream, payload.size()).substr(0, 9) +
         std::string(payload);
}
// The prefix of a message of 100 bytes.
constexpr std::string_view kPrefix("\0\0\0\0\x64", 5);

TEST_F(Http2InspectorTest, CountsTheBytesOfUnfinishedMessages) {
  Greet();
  ASSERT_TRUE(Receive(Request(1) + Request(3)));
  ASSERT_TRUE(Receive(Data(0, 1, kPrefix)));
  EXPECT_EQ(inspector_->unfinished_bytes(), 0u);
  ASSERT_TRUE(Receive(Data(0, 1, std::string(70, 'x')) + Data(0, 3, absl::StrCat(kPrefix, "x"))));
  EXPECT_EQ(inspector_->unfinished_bytes(), 71u);
  ASSERT_TRUE(Receive(Data(0, 1, std::string(30, 'x'))));
  EXPECT_EQ(inspector_->unfinished_bytes(), 1u);
}

TEST_F(Http2InspectorTest, PaddingIsNoPartOfAMessage) {
  Greet();
  ASSERT_TRUE(Receive(Request(1)));
  const std::string frame = Data(
      kPadded, 1, absl::StrCat("\x0a", kPrefix, std::string(50, 'x'), std::string(10, '\xff')));
  for (const char byte : frame) ASSERT_TRUE(Receive(std::string(1, byte)));
  EXPECT_EQ(inspector_->unfinished_bytes(), 50u);
  ASSERT_TRUE(Receive(Data(kPadded, 1, "\xff" + std::string(20, 'x')))) << "more than there is";
  EXPECT_EQ(inspector_->unfinished_bytes(), 50u);
}

TEST_F(Http2InspectorTest, WhatIsUnfinishedGoesWithItsStream) {
  const std::string part = absl::StrCat(kPrefix, std::string(50, 'x'));
  Greet();
  for (uint32_t stream = 1; stream < 10; stream += 2) {
    ASSERT_TRUE(Receive(Request(stream) + Data(0, stream, part)));
  }
  EXPECT_EQ(inspector_->unfinished_bytes(), 250u);
  ASSERT_TRUE(Receive(Reset(1)));
  ASSERT_TRUE(Send(Reset(3)));
  ASSERT_TRUE(Send(Answer(5)));
  EXPECT_EQ(inspector_->unfinished_bytes(), 100u);
  ASSERT_TRUE(Receive(Data(kEndStream, 7, "")));
  EXPECT_EQ(inspector_->unfinished_bytes(), 50u);
  ASSERT_TRUE(Receive(Data(kEndStream, 9, "xx")));
  EXPECT_EQ(inspector_->unfinished_bytes(), 0u);
  ASSERT_TRUE(Receive(Data(0, 77, part))) << "of a stream that there is not";
  EXPECT_EQ(inspector_->unfinished_bytes(), 0u);
}

TEST_F(Http2InspectorTest, EndsWhatIsNoHttp2AtTheFirstWrongByte) {
  EXPECT_TRUE(Receive(kPreface.substr(0, 10)));
  EXPECT_FALSE(Receive("x"));
  EXPECT_EQ(inspector_->fault(), "it does not speak HTTP/2");
}

TEST_F(Http2InspectorTest, EndsAClientThatResetsMoreThanTheBurst) {
  Greet();
  for (uint32_t i = 0; i < limits_.resets; ++i) {
    ASSERT_TRUE(Receive(absl::StrCat(Request(2 * i + 1), Reset(2 * i + 1)))) << i;
  }
  EXPECT_FALSE(Receive(absl::StrCat(Request(999), Reset(999))));
  EXPECT_EQ(inspector_->fault(), "it resets too many streams");
}

TEST_F(Http2InspectorTest, LetsResetsPassAtTheirRate) {
  Greet();
  for (uint32_t i = 0; i < 1000; ++i) {
    now_ms_ += 100;
    ASSERT_TRUE(Receive(absl::StrCat(Request(2 * i + 1), Reset(2 * i + 1)))) << i;
  }
  EXPECT_EQ(inspector_->reset_streams(), 1000u);
}

// A client can make the server reset its streams by what it sends on them.
TEST_F(Http2InspectorTest, CountsResetsThatTheServerIsMadeToSend) {
  Greet();
  for (uint32_t i = 0; i < limits_.resets; ++i) {
    ASSERT_TRUE(Receive(Request(2 * i + 1)));
    ASSERT_TRUE(Send(Reset(2 * i + 1))) << i;
  }
  ASSERT_TRUE(Receive(Request(999)));
  EXPECT_FALSE(Send(Reset(999)));
}

TEST_F(Http2InspectorTest, AResetBehindTheAnswerIsNone) {
  Greet();
  for (uint32_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(Receive(Request(2 * i + 1)));
    ASSERT_TRUE(Send(Answer(2 * i + 1) + Reset(2 * i + 1)));
  }
  EXPECT_EQ(inspector_->reset_streams(), 0u);
}

TEST_F(Http2InspectorTest, EndsAClientThatOpensMoreStreamsThanItMay) {
  Greet();
  for (uint32_t i = 0; i < limits_.max_streams; ++i) ASSERT_TRUE(Receive(Request(2 * i + 1)));
  EXPECT_EQ(inspector_->open_streams(), limits_.max_streams);
  EXPECT_FALSE(Receive(Request(999)));
  EXPECT_EQ(inspector_->fault(), "it opens too many streams");
}

TEST_F(Http2InspectorTest, AnAnswerMakesRoomForAnotherStream) {
  Greet();
  for (uint32_t i = 0; i < limits_.max_streams; ++i) ASSERT_TRUE(Receive(Request(2 * i + 1)));
  ASSERT_TRUE(Send(Answer(7)));
  EXPECT_TRUE(Receive(Request(999)));
}

TEST_F(Http2InspectorTest, EndsAClientThatNeverAcknowledgesTheSettings) {
  ASSERT_TRUE(Receive(absl::StrCat(kPreface, Frame(Http2Frame::kSettings, 0, 0, 0))));
  ASSERT_TRUE(Send(Frame(Http2Frame::kSettings, 0, 0, 12)));
  for (uint32_t i = 0; i < 100; ++i) {
    ASSERT_TRUE(Receive(Request(2 * i + 1)));
    ASSERT_TRUE(Send(Answer(2 * i + 1)));
  }
  EXPECT_FALSE(Receive(Request(999)));
  EXPECT_EQ(inspector_->fault(), "it does not acknowledge the settings");
}

// Another thread tells of what was sent, and may be late.
TEST_F(Http2InspectorTest, AnAcknowledgementCountsThatIsHereBeforeTheSettingsAreKnownToBeSent) {
  ASSERT_TRUE(Receive(absl::StrCat(kPreface, Frame(Http2Frame::kSettings, 0, 0, 0))));
  ASSERT_TRUE(Receive(Frame(Http2Frame::kSettings, Http2Frame::kAck, 0, 0)));
  ASSERT_TRUE(Send(Frame(Http2Frame::kSettings, 0, 0, 12)));
  for (uint32_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(Receive(Request(2 * i + 1)));
    ASSERT_TRUE(Send(Answer(2 * i + 1)));
  }
}

TEST_F(Http2InspectorTest, HeadersMayBeAsLongAsTheLimitAndNoLonger) {
  Greet();
  ASSERT_TRUE(Receive(absl::StrCat(Frame(Http2Frame::kHeaders, 0, 1, 16'000),
                                   Frame(Http2Frame::kContinuation, 0, 1, 16'000),
                                   Frame(Http2Frame::kContinuation, kEndHeaders, 1, 8'000))));
  ASSERT_TRUE(Receive(absl::StrCat(Frame(Http2Frame::kHeaders, 0, 3, 16'000),
                                   Frame(Http2Frame::kContinuation, 0, 3, 16'000))));
  EXPECT_FALSE(Receive(Frame(Http2Frame::kContinuation, kEndHeaders, 3, 8'001).substr(0, 9)))
      << "the header of the frame is enough";
  EXPECT_EQ(inspector_->fault(), "its headers are too large");
}

TEST_F(Http2InspectorTest, EndsEmptyContinuationsWithoutEnd) {
  Greet();
  ASSERT_TRUE(Receive(Frame(Http2Frame::kHeaders, 0, 1, 10)));
  for (int i = 1; i < 64; ++i) ASSERT_TRUE(Receive(Frame(Http2Frame::kContinuation, 0, 1, 0)));
  EXPECT_FALSE(Receive(Frame(Http2Frame::kContinuation, 0, 1, 0)));
}

TEST_F(Http2InspectorTest, EndsFramesBetweenHeadersAndTheirContinuation) {
  Greet();
  ASSERT_TRUE(Receive(Frame(Http2Frame::kHeaders, 0, 1, 10)));
  EXPECT_FALSE(Receive(Frame(kPing, 0, 0, 8)));
  EXPECT_EQ(inspector_->fault(), "its headers are out of order");
}

TEST_F(Http2InspectorTest, EndsAContinuationOfNothing) {
  Greet();
  ASSERT_TRUE(Receive(Request(1)));
  EXPECT_FALSE(Receive(Frame(Http2Frame::kContinuation, kEndHeaders, 1, 10)));
}

// gRPC parses them from the beginning again with each piece.
TEST_F(Http2InspectorTest, EndsLongHeadersThatComeByteByByte) {
  Greet();
  const std::string headers = Frame(Http2Frame::kHeaders, kEndHeaders, 1, 40'000);
  size_t passed = 0;
  while (passed < headers.size() && Receive(headers.substr(passed, 1))) ++passed;
  EXPECT_GT(passed, 1000u);
  EXPECT_LT(passed, 4000u) << "n bytes in n pieces are n * n / 2 bytes to parse";
  EXPECT_EQ(inspector_->fault(), "its headers come in too many pieces");
}

TEST_F(Http2InspectorTest, LetsLongHeadersPassInPiecesOfTheNetwork) {
  Greet();
  for (uint32_t stream = 1; stream < 41; stream += 2) {
    const std::string headers = Frame(Http2Frame::kHeaders, kEndHeaders, stream, 16'000);
    for (size_t at = 0; at < headers.size(); at += 1460) {
      ASSERT_TRUE(Receive(headers.substr(at, 1460))) << inspector_->fault();
    }
  }
}

TEST_F(Http2InspectorTest, EndsFloodsOfFramesThatCarryNothing) {
  for (const std::string& frame :
       {Frame(kPing, 0, 0, 8), Frame(Http2Frame::kSettings, 0, 0, 6), Frame(2, 0, 1, 5),
        Frame(kWindowUpdate, 0, 0, 4), Frame(Http2Frame::kData, 0, 1, 0),
        Frame(Http2Frame::kData, 0, 1, 1), Frame(0xff, 0, 1, 3), Reset(999),
        Frame(Http2Frame::kHeaders, kEndHeaders | kEndStream, 1, 5),
        Frame(Http2Frame::kHeaders, kEndHeaders, 2, 5)}) {
    inspector_.emplace(limits_, now_ms_);
    Greet();
    ASSERT_TRUE(Receive(Request(1)));
    size_t passed = 0;
    while (passed < 1000 && Receive(frame)) ++passed;
    EXPECT_GE(passed, 90u) << int{frame[3]};
    EXPECT_LE(passed, 100u) << int{frame[3]};
    EXPECT_EQ(inspector_->fault(), "it sends too many frames that carry nothing");
  }
}

TEST_F(Http2InspectorTest, LongFramesThatCarryNothingCountAsSeveral) {
  Greet();
  EXPECT_FALSE(Receive(Frame(0xff, 0, 0, 16'000)));
}

TEST_F(Http2InspectorTest, AnswersToPingsEarnNoMorePings) {
  Greet();
  size_t passed = 0;
  while (passed < 1000 && Receive(Frame(kPing, 0, 0, 8))) {
    ASSERT_TRUE(Send(Frame(kPing, Http2Frame::kAck, 0, 8)));
    ++passed;
  }
  EXPECT_LE(passed, 100u);
}

}  // namespace
}  // namespace davit::server
