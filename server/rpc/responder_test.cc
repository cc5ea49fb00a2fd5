#include "server/rpc/responder.h"

#include <cstdint>
#include <string_view>

#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace davit::server {
namespace {

// One whose answer takes what the test says.
class TestResponder final : public Responder {
 public:
  explicit TestResponder(Answers& answers) : Responder(answers), answers_(answers) {}

  bool Cancelled() const override { return false; }
  void DropArguments() override {}
  void Respond(const absl::Status&, std::string_view) override {}
  using Responder::FreeRoom;

  uint64_t bytes = 0;

 private:
  Answers::AccountPtr FindAccount() const override { return answers_.AccountOf("client"); }
  uint64_t AnswerBytes() const override { return bytes; }

  Answers& answers_;
};

class ResponderTest : public testing::Test {
 protected:
  void ExpectNoRoom(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
    EXPECT_EQ(status.message(), answers_.NoRoomError().message());
  }

  Answers answers_{1000, 300};
  TestResponder responder_{answers_};
};

TEST_F(ResponderTest, ASmallAnswerTakesNothing) {
  responder_.bytes = 1'000'000;  // It would not be asked.
  EXPECT_TRUE(responder_.Settle(absl::OkStatus()).ok());
  EXPECT_EQ(answers_.used(), 0u);
}

TEST_F(ResponderTest, AnAnswerTakesWhatItTakesInTheEnd) {
  ASSERT_TRUE(responder_.Take(200));
  responder_.bytes = 150;
  EXPECT_TRUE(responder_.Settle(absl::OkStatus()).ok());
  EXPECT_EQ(responder_.answer_bytes(), 150u);
  EXPECT_EQ(answers_.used(), 150u);
  responder_.FreeRoom();
  EXPECT_EQ(answers_.used(), 0u);
}

TEST_F(ResponderTest, AnAnswerThatHasNoRoomInTheEndIsAnError) {
  ASSERT_TRUE(responder_.Take(200));
  responder_.bytes = 301;
  ExpectNoRoom(responder_.Settle(absl::OkStatus()));
  EXPECT_EQ(answers_.used(), 0u);
}

TEST_F(ResponderTest, ResultsThatFoundNoRoomAreAnErrorOfTheConnection) {
  EXPECT_FALSE(responder_.Take(301));
  ExpectNoRoom(responder_.Settle(base::LimitError("result_room", 0, "")));
}

TEST_F(ResponderTest, AnErrorTakesNothing) {
  ASSERT_TRUE(responder_.Take(200));
  EXPECT_EQ(responder_.Settle(absl::UnknownError("trap")), absl::UnknownError("trap"));
  EXPECT_EQ(answers_.used(), 0u);
}

TEST_F(ResponderTest, NoCallBeginsWhereThereIsNoRoomForAnyAnswer) {
  TestResponder other(answers_);
  EXPECT_TRUE(responder_.CheckRoom().ok());
  ASSERT_TRUE(other.Take(300));
  ExpectNoRoom(responder_.CheckRoom());
  other.FreeRoom();
  EXPECT_TRUE(responder_.CheckRoom().ok());
}

}  // namespace
}  // namespace davit::server
