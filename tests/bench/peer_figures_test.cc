#include "tests/bench/peer_figures.h"

#include "gtest/gtest.h"

namespace davit::bench {
namespace {

TEST(PeerFigures, TakesTheMedianOfALine) {
  const auto figures = PeerFigures::Parse("dynamic add: min 240.5 ns median 250.0 ns\n");
  EXPECT_DOUBLE_EQ(figures.Median("dynamic add"), 250.0);
}

TEST(PeerFigures, TakesALineThatGoesOn) {
  EXPECT_DOUBLE_EQ(
      PeerFigures::Parse("loop-add: min 8.6 ns median 8.7 ns per call").Median("loop-add"), 8.7);
}

TEST(PeerFigures, KeepsTheFirstOfLinesWithOneName) {
  const auto figures = PeerFigures::Parse("a: min 1 ns median 2 ns\na: min 3 ns median 4 ns\n");
  EXPECT_DOUBLE_EQ(figures.Median("a"), 2);
}

TEST(PeerFigures, IgnoresOtherLines) {
  const auto figures =
      PeerFigures::Parse("-- concurrency false\nb: min 1 ns\nc: min x ns median y ns\n");
  EXPECT_DOUBLE_EQ(figures.Median("b"), 0);
  EXPECT_DOUBLE_EQ(figures.Median("c"), 0);
}

TEST(PeerFigures, RefusesAFileThatIsNotThere) {
  EXPECT_EQ(PeerFigures::Read("no/such/file").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace davit::bench
