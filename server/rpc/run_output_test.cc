#include "server/rpc/run_output.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "davit/v1/call_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Bell final : wasi::io::Wakee {
  void Wake() override { ++rung; }
  int rung = 0;
};

class RunOutputTest : public ::testing::Test {
 protected:
  RunOutputTest() { output_->Connect(stdio_); }

  static bool Write(wasi::io::ByteSink& sink, std::string_view text) {
    return sink.Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}).has_value();
  }
  // As much as there is room for, until there is none.
  size_t Fill(wasi::io::ByteSink& sink) {
    size_t written = 0;
    while (const size_t room = sink.Room().value_or(0)) {
      EXPECT_TRUE(Write(sink, std::string(room, 'x')));
      written += room;
    }
    return written;
  }
  // All that is there.
  std::vector<std::string> TakeAll() {
    std::vector<std::string> all;
    for (v1::RunResponse message; output_->Take(message); message.Clear()) {
      all.push_back(message.has_stdout_data() ? absl::StrCat("out:", message.stdout_data())
                                              : absl::StrCat("err:", message.stderr_data()));
    }
    return all;
  }

  const std::shared_ptr<Bell> bell_ = std::make_shared<Bell>();
  const std::shared_ptr<RunOutput> output_ = std::make_shared<RunOutput>(wasi::io::Waker(bell_));
  wasi::Stdio stdio_;
};

TEST_F(RunOutputTest, KeepsTheOrderBetweenStdoutAndStderr) {
  Write(*stdio_.out, "a");
  Write(*stdio_.out, "b");
  Write(*stdio_.err, "c");
  Write(*stdio_.out, "d");
  EXPECT_THAT(TakeAll(), ElementsAre("out:ab", "err:c", "out:d"));
  EXPECT_THAT(TakeAll(), IsEmpty());
}

TEST_F(RunOutputTest, TellsWhatHasBeenWritten) {
  Write(*stdio_.out, "a");
  EXPECT_EQ(bell_->rung, 1);
  Write(*stdio_.err, "a");
  EXPECT_EQ(bell_->rung, 2);
}

TEST_F(RunOutputTest, MessagesAreBounded) {
  const std::string text(RunOutput::kMaxChunkBytes + 1, 'a');
  Write(*stdio_.out, text);
  EXPECT_THAT(TakeAll(), ElementsAre("out:" + text.substr(1), "out:a"));
}

TEST_F(RunOutputTest, IsFullAtItsCapacity) {
  const size_t written = Fill(*stdio_.out);
  EXPECT_LE(written, RunOutput::kCapacity);
  EXPECT_GT(written, RunOutput::kCapacity * 9 / 10);
  EXPECT_FALSE(stdio_.out->Ready());
  EXPECT_FALSE(stdio_.err->Ready()) << "both go the same way";
}

TEST_F(RunOutputTest, ManySmallWritesAreBoundedByWhatKeepingThemTakes) {
  size_t writes = 0;
  while (stdio_.out->Room().value_or(0) > 0 && writes < RunOutput::kCapacity) {
    Write(writes % 2 == 0 ? *stdio_.out : *stdio_.err, "x");
    ++writes;
  }
  EXPECT_LT(writes, RunOutput::kCapacity / 64);
}

TEST_F(RunOutputTest, WakesWhoWaitsForRoom) {
  Fill(*stdio_.out);
  const auto waits = std::make_shared<Bell>();
  stdio_.err->Arm(wasi::io::Waker(waits));
  EXPECT_EQ(waits->rung, 0);
  v1::RunResponse message;
  ASSERT_TRUE(output_->Take(message));
  EXPECT_EQ(waits->rung, 1);
  stdio_.out->Arm(wasi::io::Waker(waits));
  EXPECT_EQ(waits->rung, 2) << "there is room now";
}

TEST_F(RunOutputTest, AllGoesBackWhenItIsTaken) {
  const size_t first = Fill(*stdio_.out);
  TakeAll();
  EXPECT_EQ(Fill(*stdio_.err), first);
}

TEST_F(RunOutputTest, OnceClosedNothingIsTakenAndWhoWaitsIsTold) {
  Fill(*stdio_.out);
  const auto waits = std::make_shared<Bell>();
  stdio_.out->Arm(wasi::io::Waker(waits));
  output_->Close();
  EXPECT_EQ(waits->rung, 1);
  EXPECT_TRUE(stdio_.out->Ready());
  const auto room = stdio_.out->Room();
  ASSERT_FALSE(room.has_value());
  EXPECT_TRUE(room.error().is_closed());
  EXPECT_FALSE(Write(*stdio_.out, "a"));
  EXPECT_THAT(TakeAll(), IsEmpty());
}

TEST_F(RunOutputTest, SinksMayOutliveWhoReads) {
  const std::weak_ptr<RunOutput> weak = output_;
  stdio_ = {};
  EXPECT_EQ(weak.use_count(), 1);
}

}  // namespace
}  // namespace davit::server
