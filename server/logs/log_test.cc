#include "server/logs/log.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr size_t kAll = 1 << 20;

struct Bell final : wasi::io::Wakee {
  void Wake() override { ++rung; }
  int rung = 0;
};

class LogTest : public ::testing::Test {
 protected:
  void Add(std::string text) { log_->Append({.text = std::move(text)}, now_); }
  std::vector<std::string> Texts(const Log::Part& part) {
    std::vector<std::string> texts;
    for (const LogLine& line : part.lines) texts.push_back(line.text);
    return texts;
  }
  std::vector<std::string> TextsAfter(uint64_t after) { return Texts(log_->Read(after, kAll)); }

  wasi::io::MonotonicTime now_{std::chrono::hours(1)};
  std::shared_ptr<Log> log_ = std::make_shared<Log>(LogLimits{});
  std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
};

TEST_F(LogTest, KeepsLinesInOrderWithNumbers) {
  Add("one");
  Add("");
  Add("three");
  const Log::Part part = log_->Read(0, kAll);
  EXPECT_THAT(Texts(part), ElementsAre("one", "", "three"));
  EXPECT_EQ(part.lines[0].sequence, 1u);
  EXPECT_EQ(part.lines[2].sequence, 3u);
  EXPECT_EQ(part.lost, 0u);
}

TEST_F(LogTest, GoesOnAfterANumber) {
  for (int i = 1; i <= 5; ++i) Add(absl::StrCat(i));
  EXPECT_THAT(TextsAfter(3), ElementsAre("4", "5"));
  EXPECT_THAT(TextsAfter(5), IsEmpty());
}

TEST_F(LogTest, BeginsAgainWhereItHasNotComeToTheNumber) {
  Add("one");
  EXPECT_THAT(TextsAfter(100), ElementsAre("one"));
}

TEST_F(LogTest, AnswersInParts) {
  for (const char* text : {"aaaa", "bbbb", "cc"}) Add(text);
  EXPECT_THAT(Texts(log_->Read(0, 1)), ElementsAre("aaaa")) << "one at least";
  EXPECT_THAT(Texts(log_->Read(0, 2 * sizeof(LogLine) + 8)), ElementsAre("aaaa", "bbbb"));
  EXPECT_THAT(Texts(log_->Read(1, 2 * sizeof(LogLine) + 5)), ElementsAre("bbbb"));
}

TEST_F(LogTest, LosesTheOldestAndSaysHowMany) {
  log_ = std::make_shared<Log>(LogLimits{.bytes = 3 * (sizeof(LogLine) + 10)});
  for (int i = 1; i <= 5; ++i) Add(absl::StrCat("line-", i, "----"));
  Log::Part part = log_->Read(0, kAll);
  EXPECT_EQ(part.lost, 2u);
  ASSERT_EQ(part.lines.size(), 3u);
  EXPECT_EQ(part.lines[0].sequence, 3u);
  EXPECT_EQ(log_->Read(1, kAll).lost, 1u) << "of those that were asked for";
  EXPECT_EQ(log_->Read(2, kAll).lost, 0u);
}

TEST_F(LogTest, DropsWhatComesTooFastAndCountsIt) {
  log_ = std::make_shared<Log>(LogLimits{.bytes_per_second = 100});
  Add(std::string(98, 'a'));
  Add("");  // 99 + 1: the last that fits
  Add("b");
  Add("c");
  EXPECT_EQ(TextsAfter(0).size(), 2u);
  now_ += std::chrono::seconds(1);
  Add("d");
  const Log::Part part = log_->Read(2, kAll);
  ASSERT_THAT(Texts(part), ElementsAre("d"));
  EXPECT_EQ(part.lines[0].sequence, 5u);
  EXPECT_EQ(part.lines[0].dropped, 2u);
  EXPECT_EQ(part.lost, 0u) << "they did not make room";
  EXPECT_EQ(log_->Read(4, kAll).lost, 0u) << "also for a number among them";
}

TEST_F(LogTest, TellsOfTheNextLineOnce) {
  const auto seat = Log::TakeSeat(log_);
  seat->Arm(0, wasi::io::Waker(bell_));
  EXPECT_EQ(bell_->rung, 0);
  Add("one");
  Add("two");
  EXPECT_EQ(bell_->rung, 1);
}

TEST_F(LogTest, TellsAtOnceOfWhatIsThere) {
  Add("one");
  const auto seat = Log::TakeSeat(log_);
  seat->Arm(1, wasi::io::Waker(bell_));
  EXPECT_EQ(bell_->rung, 0);
  seat->Arm(0, wasi::io::Waker(bell_));
  EXPECT_EQ(bell_->rung, 1);
}

TEST_F(LogTest, TellsOfLinesToWhoKnowsNumbersOfAnother) {
  const auto seat = Log::TakeSeat(log_);
  Add("one");
  seat->Arm(100, wasi::io::Waker(bell_));
  EXPECT_EQ(bell_->rung, 1);
}

TEST_F(LogTest, ItsEndIsTold) {
  Add("one");
  const auto seat = Log::TakeSeat(log_);
  seat->Arm(1, wasi::io::Waker(bell_));
  EXPECT_FALSE(log_->Read(1, kAll).is_closed);
  log_->Close();
  EXPECT_EQ(bell_->rung, 1);
  EXPECT_TRUE(log_->Read(0, kAll).is_closed) << "with the last lines";
  EXPECT_TRUE(log_->Read(1, kAll).is_closed);
  seat->Arm(1, wasi::io::Waker(bell_));
  EXPECT_EQ(bell_->rung, 2);
}

TEST_F(LogTest, HasSeatsForAFew) {
  std::vector<std::unique_ptr<Log::Seat>> seats;
  for (size_t i = 0; i < Log::kMaxFollowers; ++i) {
    seats.push_back(Log::TakeSeat(log_));
    ASSERT_NE(seats.back(), nullptr);
  }
  EXPECT_EQ(Log::TakeSeat(log_), nullptr);
  seats[3]->Arm(0, wasi::io::Waker(bell_));
  seats.erase(seats.begin() + 3);
  EXPECT_NE(Log::TakeSeat(log_), nullptr);
  Add("one");
  EXPECT_EQ(bell_->rung, 0) << "who has left is not told";
}

}  // namespace
}  // namespace davit::server
