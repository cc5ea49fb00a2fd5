#include "server/rpc/deadlines.h"

#include "gtest/gtest.h"

namespace davit::server {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

absl::Duration Budget(absl::Duration left) {
  return BudgetEnd(Config::Deadlines(), kNow, absl::ToChronoTime(kNow + left)) - kNow;
}

TEST(BudgetEnd, IsShortOfTheDeadlineByTheMargin) {
  EXPECT_EQ(Budget(absl::Seconds(1)), absl::Milliseconds(990));
}

TEST(BudgetEnd, TakesATenthFromAShortDeadlineAtMost) {
  EXPECT_EQ(Budget(absl::Milliseconds(20)), absl::Milliseconds(18));
}

TEST(BudgetEnd, IsTheDefaultWithoutADeadline) {
  EXPECT_EQ(BudgetEnd(Config::Deadlines(), kNow, std::chrono::system_clock::time_point::max()),
            kNow + absl::Seconds(30));
}

TEST(BudgetEnd, IsCutAtTheMaximum) { EXPECT_EQ(Budget(absl::Hours(48)), absl::Hours(1)); }

TEST(BudgetEnd, StaysInThePastForADeadlineThatIs) {
  EXPECT_LT(Budget(-absl::Seconds(1)), absl::ZeroDuration());
}

google::protobuf::Duration Seconds(int64_t seconds, int32_t nanos = 0) {
  google::protobuf::Duration d;
  d.set_seconds(seconds);
  d.set_nanos(nanos);
  return d;
}

absl::StatusOr<absl::Duration> Lease(const google::protobuf::Duration& lease) {
  return LeaseOf(Config::Deadlines(), &lease);
}

TEST(LeaseOf, HasADefaultAndAMaximum) {
  EXPECT_EQ(*LeaseOf(Config::Deadlines(), nullptr), absl::Seconds(30));
  EXPECT_EQ(*Lease(Seconds(600)), absl::Minutes(10));
  EXPECT_FALSE(Lease(Seconds(600, 1)).ok());
}

TEST(LeaseOf, RefusesWhatIsNoDuration) {
  EXPECT_FALSE(Lease(Seconds(-1)).ok());
  EXPECT_FALSE(Lease(Seconds(0, -1)).ok());
  EXPECT_FALSE(Lease(Seconds(0, 1'000'000'000)).ok());
  EXPECT_FALSE(Lease(Seconds(INT64_MAX, 999'999'999)).ok());
}

}  // namespace
}  // namespace davit::server
