#include "runtime/link/park_analysis.h"

#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/link/test_link.h"

namespace davit::link {
namespace {

using ::absl_testing::IsOk;
using ::testing::Each;

class ParkAnalysisTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto linked = Link("parks");
    ASSERT_THAT(linked, IsOk());
    linked_ = *std::move(linked);
  }
  // What parks when the imported function of this name waits.
  Parks When(std::string_view waiting) {
    std::vector<bool> waits;
    for (const ImportedFunc& import : linked_.program.imports) {
      waits.push_back(import.name == waiting);
    }
    return FindParks(linked_.program, waits);
  }
  bool Lift(const Parks& parks, std::string_view name) {
    return parks.lifts[std::get<LiftIndex>(linked_.Export(name)).value];
  }

  Linked linked_;
};

TEST_F(ParkAnalysisTest, NothingParksWhereNoImportWaits) {
  const Parks parks = When("");
  EXPECT_THAT(parks.lifts, Each(false));
  EXPECT_THAT(parks.resources, Each(false));
}

TEST_F(ParkAnalysisTest, WhatCallsAnImportThatWaitsParks) {
  const Parks parks = When("waits");
  EXPECT_TRUE(Lift(parks, "calls"));
  EXPECT_FALSE(Lift(parks, "calls-other"));
  EXPECT_FALSE(Lift(parks, "plain"));
}

TEST_F(ParkAnalysisTest, SoDoesWhatCallsItThroughAnotherComponent) {
  const Parks parks = When("waits");
  EXPECT_TRUE(Lift(parks, "through"));
  EXPECT_FALSE(Lift(When("other"), "through"));
}

TEST_F(ParkAnalysisTest, CoreInstancesThatShareSomethingParkTogether) {
  EXPECT_TRUE(Lift(When("waits"), "shares-a-table"));
  EXPECT_FALSE(Lift(When("other"), "shares-a-table"));
}

TEST_F(ParkAnalysisTest, ADestructorThatWaitsParksWhoDropsItsResource) {
  const Parks parks = When("other");
  EXPECT_TRUE(Lift(parks, "drops"));
  EXPECT_THAT(parks.resources, ::testing::Contains(true));
  EXPECT_FALSE(Lift(When("waits"), "drops"));
}

}  // namespace
}  // namespace davit::link
