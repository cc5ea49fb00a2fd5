// The rules of wasi:io, wasi:clocks and wasi:random that no language's library meets.
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/wasi/config.h"
#include "runtime/wasi/io/pipe.h"
#include "tests/wasi/guest.h"

namespace davit::guests {
namespace {

// The answer of one call, or "trap", or another status.
std::string Answer(const std::string& call, wasi::Config config = {}, wasi::Stdio stdio = {}) {
  auto guest = Guest::Create("tests/guests/wasi/wat/edges.wasm",
                             std::make_shared<const wasi::Config>(std::move(config)), stdio);
  if (!guest.ok()) return std::string(guest.status().message());
  const absl::StatusOr<std::string> answer = guest->Call(call, absl::Now() + absl::Seconds(20));
  if (answer.ok()) return *answer;
  return base::IsTrap(answer.status()) &&
                 answer.status().code() != absl::StatusCode::kDeadlineExceeded
             ? "trap"
             : answer.status().ToString();
}

TEST(PollTest, EmptyListTraps) { EXPECT_EQ(Answer("poll-of-nothing()"), "trap"); }

TEST(PollTest, EachPlaceOfAPollableIsReported) {
  EXPECT_EQ(Answer("poll-of-the-same(1)"), "1");
  EXPECT_EQ(Answer("poll-of-the-same(7)"), "7");
}

TEST(PollTest, ListIsLimited) {
  wasi::Config config;
  config.quotas.polled = 50;
  EXPECT_EQ(Answer("poll-of-the-same(50)", config), "50");
  EXPECT_EQ(Answer("poll-of-the-same(51)", config), "trap");
}

TEST(PollTest, OneThatIsNeverReadyHoldsUpNoOther) {
  EXPECT_EQ(Answer("poll-beside-never()"), "212");
}

TEST(PollTest, PollableIsNotUsedUp) { EXPECT_EQ(Answer("block-again(5)"), "1"); }

TEST(PollTest, ManyWaitsOneAfterTheOther) { EXPECT_EQ(Answer("nap(2000)"), "1"); }

TEST(ClocksTest, TimersAreLimited) {
  wasi::Config config;
  config.quotas.timers = 10;
  EXPECT_EQ(Answer("leak-timers(10)", config), "1");
  EXPECT_EQ(Answer("leak-timers(11)", config), "trap");
}

TEST(ClocksTest, MonotonicClockDoesNotGoBack) { EXPECT_EQ(Answer("clock-goes-on()"), "1"); }

TEST(ResourcesTest, AreLimited) {
  wasi::Config config;
  config.quotas.resources = 10;
  EXPECT_EQ(Answer("leak-streams(10)", config), "1");
  EXPECT_EQ(Answer("leak-streams(11)", config), "trap");
}

TEST(ResourcesTest, ParentWithAChildCannotBeDropped) {
  EXPECT_EQ(Answer("drop-parent()"), "trap");
  EXPECT_EQ(Answer("drop-child-first()"), "1");
}

TEST(StreamsTest, WriteWithoutPermitTraps) { EXPECT_EQ(Answer("write-without-check()"), "trap"); }

TEST(StreamsTest, WriteOfWhatIsPermittedPassesAndOneByteMoreTraps) {
  const wasi::io::Pipe pipe = wasi::io::MakePipe(1000);
  EXPECT_EQ(Answer("write-permitted-and(0)", {}, {.out = pipe.sink}), "0");
  const wasi::io::Pipe other = wasi::io::MakePipe(1000);
  EXPECT_EQ(Answer("write-permitted-and(1)", {}, {.out = other.sink}), "trap");
}

TEST(StreamsTest, BlockingWriteIsOf4096BytesAtMost) {
  EXPECT_EQ(Answer("blocking-write(4096)"), "0");
  EXPECT_EQ(Answer("blocking-write(4097)"), "trap");
}

TEST(RandomTest, BytesOfOneCallAreLimited) {
  EXPECT_EQ(Answer("random-bytes(1048576)"), "1048576");
  EXPECT_EQ(Answer("random-bytes(1048577)"), "trap");
}

}  // namespace
}  // namespace davit::guests
