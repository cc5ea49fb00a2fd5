#include "server/rpc/answers.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "davit/v1/val.pb.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(Answers, GoBackAtTheEndOfTheirShares) {
  Answers answers(1000, 500);
  {
    Answers::Share share(answers.AccountOf("a"));
    EXPECT_TRUE(share.Take(300));
    Answers::Share moved = std::move(share);
    EXPECT_EQ(answers.used(), 300u);
    EXPECT_TRUE(moved.Resize(100));
    EXPECT_EQ(answers.used(), 100u);
  }
  EXPECT_EQ(answers.used(), 0u);
}

TEST(Answers, AConnectionHasItsOwnLimit) {
  Answers answers(1000, 300);
  Answers::Share share(answers.AccountOf("a"));
  EXPECT_FALSE(share.Take(301));
  EXPECT_TRUE(share.Take(300));
  EXPECT_EQ(answers.AccountOf("a")->Room(), 0u);
  EXPECT_FALSE(Answers::Share(answers.AccountOf("a")).Take(1));
  EXPECT_TRUE(Answers::Share(answers.AccountOf("b")).Take(300));
  EXPECT_TRUE(share.Resize(200)) << "less is always possible";
  EXPECT_FALSE(share.Resize(301));
  EXPECT_EQ(share.bytes(), 200u);
}

TEST(Answers, AnAccountLivesAsLongAsItHoldsSomething) {
  Answers answers(1000, 300);
  auto share = std::make_unique<Answers::Share>(answers.AccountOf("a"));
  ASSERT_TRUE(share->Take(100));
  EXPECT_EQ(answers.AccountOf("a")->Room(), 200u) << "the same one";
  share = nullptr;
  EXPECT_EQ(answers.AccountOf("a")->Room(), 300u) << "another one";
}

// Each takes all that it can get, and the next one finds as much as is left.
TEST(Answers, HoweverManyHoldWhatTheyGotThereIsSomeLeft) {
  Answers answers(uint64_t{1} << 20, uint64_t{1} << 20);
  std::vector<Answers::Share> held;
  for (int i = 0; i < 10; ++i) {
    Answers::Share& share = held.emplace_back(answers.AccountOf(std::to_string(i)));
    while (share.Take(1024)) {
    }
    EXPECT_GT(share.bytes(), 0u) << i;
    EXPECT_LT(answers.used(), uint64_t{1} << 20) << i;
  }
}

TEST(Answers, AllTogetherHaveALimit) {
  Answers answers(1000, 600);
  Answers::Share first(answers.AccountOf("a")), second(answers.AccountOf("b"));
  EXPECT_TRUE(first.Take(600));
  EXPECT_FALSE(second.Take(401));
  EXPECT_TRUE(second.Take(400));
  EXPECT_EQ(answers.used(), 1000u);
}

TEST(Answers, ThereIsPlentyUnlessAConnectionMightBeAtItsLimit) {
  Answers answers(1000, 300);
  Answers::Share first(answers.AccountOf("a"));
  ASSERT_TRUE(first.Take(299));
  EXPECT_TRUE(answers.plenty());
  ASSERT_TRUE(first.Take(1));
  EXPECT_FALSE(answers.plenty());
}

TEST(Answers, ARefusalNamesTheLimit) {
  const absl::Status status = Answers(1000, 300).NoRoomError();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST(BytesUntilRead, CountsAMessageAsItIsInMemoryAndItsEncoding) {
  v1::Val list;
  for (int i = 0; i < 1000; ++i) list.mutable_list()->add_items()->set_u8(1);
  EXPECT_GT(BytesUntilRead(list), list.ByteSizeLong() * 4);
  v1::Val text;
  text.set_string(std::string(100'000, 'x'));
  EXPECT_GE(BytesUntilRead(text), 200'000u);
}

}  // namespace
}  // namespace davit::server
