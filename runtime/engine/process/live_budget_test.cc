#include "runtime/engine/process/live_budget.h"

#include <utility>

#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace davit::engine {
namespace {

TEST(LiveBudget, GivesTheMaximumAndNoMore) {
  LiveBudget budget("things", 10, "too many");
  const auto first = budget.Take(4), second = budget.Take(6);
  ASSERT_TRUE(first.ok() && second.ok());
  const absl::Status refused = budget.Take(1).status();
  EXPECT_EQ(base::LimitOf(refused), "things");
  EXPECT_TRUE(budget.Take(0).ok());
  EXPECT_EQ(base::LimitOf(budget.Take(UINT64_MAX).status()), "things");
  EXPECT_EQ(budget.used(), 10u);
}

TEST(LiveBudget, SharesGoBackOnce) {
  LiveBudget budget("things", 10, "too many");
  {
    LiveBudget::Share share = *budget.Take(7);
    LiveBudget::Share moved = std::move(share);
    EXPECT_EQ(budget.used(), 7u);
    moved = *budget.Take(2);
    EXPECT_EQ(budget.used(), 2u);
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(LiveBudget, IsScarceFromFourFifthsOn) {
  LiveBudget budget("things", 10, "too many");
  const auto most = budget.Take(7);
  EXPECT_FALSE(budget.scarce());
  const auto more = budget.Take(1);
  EXPECT_TRUE(budget.scarce());
}

}  // namespace
}  // namespace davit::engine
