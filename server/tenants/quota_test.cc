#include "server/tenants/quota.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(Quota, EndsAtItsLimit) {
  Quota quota(3);
  const auto two = quota.Take(2);
  ASSERT_TRUE(two.has_value());
  EXPECT_FALSE(quota.Take(2).has_value());
  EXPECT_TRUE(quota.Take(1).has_value());
}

TEST(Quota, CannotBeOverrunByALargeNumber) {
  Quota quota(3);
  const auto one = quota.Take(1);
  EXPECT_FALSE(quota.Take(UINT64_MAX).has_value());
}

TEST(Quota, SharesAddUp) {
  Quota quota(3);
  {
    Quota::Share all;
    all.Add(*quota.Take(1));
    all.Add(*quota.Take(2));
    EXPECT_EQ(quota.used(), 3u);
  }
  EXPECT_EQ(quota.used(), 0u);
}

TEST(Quota, SharesGoBackOnce) {
  Quota quota(3);
  {
    auto share = quota.Take(3);
    Quota::Share moved = *std::move(share);
    EXPECT_EQ(quota.used(), 3u);
    moved = Quota::Share();
    EXPECT_EQ(quota.used(), 0u);
  }
  EXPECT_EQ(quota.used(), 0u);
}

}  // namespace
}  // namespace davit::server
