#include "runtime/wasi/net/limited_resolver.h"

#include <chrono>
#include <optional>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasi/net/fake_resolver.h"

namespace davit::wasi::net {
namespace {

using Code = ResolveFailure::Code;

class LimitedResolverTest : public testing::Test {
 protected:
  LimitedResolver Limited(ResolverLimits limits) {
    return LimitedResolver(fake_, limits, [this] { return now_; });
  }
  // What it answers to, in order.
  void Ask(LimitedResolver& resolver) {
    resolver.Resolve("name.example",
                     [this](Resolution resolution) { answers_.push_back(std::move(resolution)); });
  }
  bool WasRefused() const {
    return !answers_.empty() && !answers_.back() &&
           answers_.back().error().code == Code::kTemporary;
  }

  FakeResolver fake_;
  std::chrono::steady_clock::time_point now_;
  std::vector<Resolution> answers_;
};

TEST_F(LimitedResolverTest, AsksForAsManyAtATimeAsItMayAndNoMore) {
  fake_.Add("name.example", {"1.1.1.1"});
  LimitedResolver resolver = Limited({.under_way = 3, .per_second = 100});
  fake_.Hold();
  for (int i = 0; i < 3; ++i) Ask(resolver);
  EXPECT_TRUE(answers_.empty());
  Ask(resolver);
  EXPECT_TRUE(WasRefused());
  EXPECT_EQ(fake_.asked(), 3);
  fake_.Answer();
  EXPECT_EQ(answers_.size(), 4u);
  Ask(resolver);
  EXPECT_TRUE(answers_.back());
}

TEST_F(LimitedResolverTest, AsksForAsManyInASecondAsItMayAndNoMore) {
  fake_.Add("name.example", {"1.1.1.1"});
  LimitedResolver resolver = Limited({.under_way = 100, .per_second = 10});
  for (int i = 0; i < 10; ++i) Ask(resolver);
  EXPECT_FALSE(WasRefused());
  Ask(resolver);
  EXPECT_TRUE(WasRefused());
  now_ += std::chrono::milliseconds(101);
  Ask(resolver);
  EXPECT_FALSE(WasRefused());
  Ask(resolver);
  EXPECT_TRUE(WasRefused());
  now_ += std::chrono::hours(1);
  for (int i = 0; i < 10; ++i) Ask(resolver);
  EXPECT_FALSE(WasRefused());
  Ask(resolver);
  EXPECT_TRUE(WasRefused());
}

TEST_F(LimitedResolverTest, MayEndBeforeItsAnswers) {
  fake_.Add("name.example", {"1.1.1.1"});
  std::optional<LimitedResolver> resolver(std::in_place, fake_, ResolverLimits());
  fake_.Hold();
  Ask(*resolver);
  resolver.reset();
  fake_.Answer();
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_TRUE(answers_[0]);
}

}  // namespace
}  // namespace davit::wasi::net
