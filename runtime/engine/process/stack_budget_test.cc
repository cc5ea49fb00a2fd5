#include "runtime/engine/process/stack_budget.h"

#include <cstring>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace davit::engine {
namespace {

constexpr size_t kStack = 256 << 10;

TEST(StackBudgetTest, CountsStacks) {
  const StackPages pages(kStack);
  StackBudget budget(pages, /*max_stacks=*/2, /*max_bytes=*/1 << 20);
  auto one = budget.Take();
  auto two = budget.Take();
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ(base::LimitOf(budget.Take().status()), "parked_stacks");
  *one = {};
  EXPECT_TRUE(budget.Take().ok());
}

// Takes one after the other until none is to be had; how many that were.
int TakeMany(StackBudget& budget, int most) {
  for (int i = 0; i < most; ++i) {
    const auto taken = budget.Take();
    if (!taken.ok()) return i;
    absl::SleepFor(absl::Microseconds(200));
  }
  return most;
}

TEST(StackBudgetTest, StacksThatAreHardlyUsedTakeLittle) {
  StackPages pages(kStack);
  StackBudget budget(pages, 1000, /*max_bytes=*/64 * kStack / 8);
  for (int i = 0; i < 64; ++i) static_cast<char*>(pages.Allocate())[kStack - 1] = 1;
  EXPECT_EQ(TakeMany(budget, 400), 400);
  EXPECT_FALSE(budget.exceeded());
}

TEST(StackBudgetTest, StacksThatWereUsedDeeplyAreFoundSoon) {
  StackPages pages(kStack);
  StackBudget budget(pages, 1000, /*max_bytes=*/64 * kStack / 8);
  std::vector<void*> stacks;
  for (int i = 0; i < 64 + static_cast<int>(StackPages::kHot); ++i) {
    stacks.push_back(pages.Allocate());
    std::memset(stacks.back(), 1, kStack);
  }
  EXPECT_LT(TakeMany(budget, 1000), 400);
  EXPECT_TRUE(budget.exceeded());
  EXPECT_EQ(base::LimitOf(budget.Take().status()), "stack_bytes");
}

}  // namespace
}  // namespace davit::engine
