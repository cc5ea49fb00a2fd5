#include "server/logs/log_output.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LogOutputTest : public ::testing::Test {
 protected:
  static void Write(wasi::io::ByteSink& sink, std::string_view text) {
    EXPECT_TRUE(sink.Write({reinterpret_cast<const uint8_t*>(text.data()), text.size()}));
  }
  void Out(std::string_view text) { Write(*stdio_.out, text); }
  void Err(std::string_view text) { Write(*stdio_.err, text); }
  std::vector<LogLine> Lines() const { return log_->Read(0, 1 << 20).lines; }
  std::vector<std::string> Texts() const {
    std::vector<std::string> texts;
    for (const LogLine& line : Lines()) texts.push_back(line.text);
    return texts;
  }

  const std::shared_ptr<Log> log_ = std::make_shared<Log>(LogLimits{});
  LogOutput output_{log_};
  wasi::Stdio stdio_ = output_.stdio();
};

TEST_F(LogOutputTest, CutsAtTheEndsOfLines) {
  Out("one\ntwo\n\nth");
  EXPECT_THAT(Texts(), ElementsAre("one", "two", ""));
  Out("ree\n");
  EXPECT_THAT(Texts(), ElementsAre("one", "two", "", "three"));
}

TEST_F(LogOutputTest, KeepsBothStreamsApart) {
  Out("o1");
  Err("e\n");
  Out("o2\n");
  EXPECT_THAT(Texts(), ElementsAre("e", "o1o2"));
  EXPECT_EQ(Lines()[0].stream, LogStream::kStderr);
  EXPECT_EQ(Lines()[1].stream, LogStream::kStdout);
}

TEST_F(LogOutputTest, ALineOf8KiBIsWhole) {
  Out(std::string(kMaxLineBytes, 'a'));
  EXPECT_THAT(Texts(), IsEmpty());
  Out("\n");
  ASSERT_EQ(Lines().size(), 1u);
  EXPECT_FALSE(Lines()[0].continues);
}

TEST_F(LogOutputTest, ALongerOneGoesOnInTheNext) {
  Out(std::string(2 * kMaxLineBytes + 1, 'a') + "\nb\n");
  const std::vector<LogLine> lines = Lines();
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_TRUE(lines[0].continues);
  EXPECT_TRUE(lines[1].continues);
  EXPECT_FALSE(lines[2].continues);
  EXPECT_EQ(lines[1].text.size(), kMaxLineBytes);
  EXPECT_EQ(lines[2].text, "a");
  EXPECT_EQ(lines[3].text, "b");
}

TEST_F(LogOutputTest, NamesTheCall) {
  output_.BeginCall("c1");
  Out("one\n");
  output_.EndCall();
  Err("two\n");
  EXPECT_EQ(*Lines()[0].call_id, "c1");
  EXPECT_EQ(Lines()[1].call_id, nullptr);
}

TEST_F(LogOutputTest, TheEndOfACallIsTheEndOfALine) {
  output_.BeginCall("c1");
  Out("prompt> ");
  output_.EndCall();
  output_.EndCall();
  EXPECT_THAT(Texts(), ElementsAre("prompt> "));
}

TEST_F(LogOutputTest, SoIsTheEndOfTheInstance) {
  {
    const wasi::Stdio other = LogOutput(log_).stdio();
    Write(*other.out, "last words");
    EXPECT_THAT(Texts(), IsEmpty());
  }
  EXPECT_THAT(Texts(), ElementsAre("last words"));
}

TEST_F(LogOutputTest, NeverHasToBeWaitedFor) {
  EXPECT_TRUE(stdio_.out->Ready());
  EXPECT_GT(*stdio_.out->Room(), 0u);
  EXPECT_EQ(stdio_.in, nullptr);
}

}  // namespace
}  // namespace davit::server
