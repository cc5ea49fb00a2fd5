#include "runtime/base/allowance.h"

#include "gtest/gtest.h"

namespace davit::base {
namespace {

TEST(Allowance, IsUsedUpToItsMaximumAndNotBeyond) {
  Allowance allowance("things", 10, "too many things");
  EXPECT_TRUE(allowance.Charge(9).ok());
  EXPECT_TRUE(allowance.Charge(1).ok());
  EXPECT_TRUE(allowance.Charge(0).ok());
  const absl::Status over = allowance.Charge(1);
  EXPECT_EQ(LimitOf(over), "things");
  EXPECT_EQ(over.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(allowance.Charge(0).ok()) << "what is over stays over";
}

}  // namespace
}  // namespace davit::base
