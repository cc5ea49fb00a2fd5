#include "runtime/link/inlining_budget.h"

#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"

namespace davit::link {
namespace {

using absl_testing::IsOk;

TEST(InliningBudget, GrowsWithTheBinaryUpToALimit) {
  InliningBudget small(/*binary_bytes=*/1000);
  EXPECT_THAT(small.ChargeDefinitions(208'000), IsOk());
  EXPECT_EQ(base::LimitOf(small.ChargeDefinitions(1)), "inlined_definitions");
  EXPECT_THAT(small.ChargeName((4 << 20) + 8000), IsOk());
  EXPECT_EQ(base::LimitOf(small.ChargeName(1)), "inlined_name_bytes");
  EXPECT_THAT(small.ChargeElements(base::kMaxInlinedElements), IsOk());
  EXPECT_EQ(base::LimitOf(small.ChargeElements(1)), "inlined_element_entries");

  InliningBudget large(/*binary_bytes=*/1 << 30);
  EXPECT_THAT(large.ChargeDefinitions(base::kMaxInlinedDefinitions), IsOk());
  EXPECT_EQ(base::LimitOf(large.ChargeDefinitions(1)), "inlined_definitions");
  EXPECT_THAT(large.ChargeName(base::kMaxInlinedNameBytes), IsOk());
  EXPECT_EQ(base::LimitOf(large.ChargeName(1)), "inlined_name_bytes");
}

}  // namespace
}  // namespace davit::link
