#include "server/transport/token_bucket.h"

#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(TokenBucketTest, GivesTheBurstAtOnceAndNoMore) {
  TokenBucket bucket(3, 10, 0);
  EXPECT_TRUE(bucket.Take(2, 0));
  EXPECT_FALSE(bucket.Take(2, 0)) << "all or nothing";
  EXPECT_EQ(bucket.missing(), 2u);
  EXPECT_TRUE(bucket.Take(1, 0));
  EXPECT_FALSE(bucket.Take(1, 0));
}

TEST(TokenBucketTest, FillsAtItsRate) {
  TokenBucket bucket(5, 10, 0);
  EXPECT_TRUE(bucket.Take(5, 0));
  EXPECT_FALSE(bucket.Take(1, 99));
  EXPECT_TRUE(bucket.Take(1, 100));
  EXPECT_FALSE(bucket.Take(1, 100));
}

TEST(TokenBucketTest, HoldsNoMoreThanTheBurst) {
  TokenBucket bucket(5, 10, 0);
  EXPECT_FALSE(bucket.Take(6, 1'000'000));
  EXPECT_TRUE(bucket.Take(5, 1'000'000));
  bucket.Give(7);
  EXPECT_FALSE(bucket.Take(6, 1'000'000));
  EXPECT_TRUE(bucket.Take(5, 1'000'000));
}

TEST(TokenBucketTest, TakesTheLargestNumbers) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  TokenBucket bucket(kMost, kMost, 0);
  EXPECT_TRUE(bucket.Take(kMost, 0));
  EXPECT_TRUE(bucket.Take(kMost, std::numeric_limits<int64_t>::max()));
  TokenBucket without_rate(1, 0, 0);
  EXPECT_TRUE(without_rate.Take(1, 5));
  EXPECT_FALSE(without_rate.Take(1, 1'000'000));
}

TEST(TokenBucketTest, AClockThatStandsOrGoesBackGivesNothing) {
  TokenBucket bucket(1, 1000, 50);
  EXPECT_TRUE(bucket.Take(1, 50));
  EXPECT_FALSE(bucket.Take(1, 50));
  EXPECT_FALSE(bucket.Take(1, 10));
}

}  // namespace
}  // namespace davit::server
