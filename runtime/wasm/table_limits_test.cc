#include "runtime/wasm/table_limits.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::wasm {
namespace {

struct Outcome {
  std::string section;
  uint64_t elements;
};

std::string Text(std::string_view text) {
  const std::vector<uint8_t> bytes = FromText(text);
  return std::string(bytes.begin(), bytes.end());
}

Outcome Limit(std::string_view tables, const TableLimits& limits) {
  const std::vector<uint8_t> contents = FromText(tables);
  LimitedTables limited = *LimitTables({.id = CoreSectionId::kTable, .contents = contents}, limits);
  return {.section = limited.section.Take(), .elements = limited.elements};
}

TEST(LimitTables, TableWithoutMaximumGrowsByAsMuchAsThereIs) {
  const Outcome outcome = Limit("01 70 00 02", {.growth = 3});
  EXPECT_EQ(outcome.section, Text("01 70 01 02 05"));
  EXPECT_EQ(outcome.elements, 5u);
}

TEST(LimitTables, MaximumThatIsLowerStays) {
  EXPECT_EQ(Limit("01 70 01 02 04", {.growth = 3}).section, Text("01 70 01 02 04"));
  EXPECT_EQ(Limit("01 70 01 02 05", {.growth = 3}).section, Text("01 70 01 02 05"));
  EXPECT_EQ(Limit("01 70 01 02 06", {.growth = 3}).section, Text("01 70 01 02 05"));
}

TEST(LimitTables, WhatATableDoesNotWantIsLeftToTheOthers) {
  const Outcome outcome = Limit("03 70 00 01 6f 01 07 07 70 01 00 02", {.growth = 12});
  EXPECT_EQ(outcome.section, Text("03 70 01 01 0b 6f 01 07 07 70 01 00 02"));
  EXPECT_EQ(outcome.elements, 11u + 7u + 2u);
}

TEST(LimitTables, GrowthIsSharedEvenly) {
  const Outcome outcome = Limit("03 70 00 00 70 00 00 70 00 00", {.growth = 7});
  EXPECT_EQ(outcome.section, Text("03 70 01 00 02 70 01 00 02 70 01 00 03"));
  EXPECT_EQ(outcome.elements, 7u);
}

TEST(LimitTables, ElementsAreLimitedTogetherWithWhatTablesStartWith) {
  EXPECT_EQ(Limit("02 70 00 04 70 00 04", {.elements = 10, .growth = 100}).section,
            Text("02 70 01 04 05 70 01 04 05"));
  EXPECT_EQ(Limit("01 70 00 04", {.elements = 3, .growth = 100}).section, Text("01 70 01 04 04"));
}

TEST(LimitTables, MaximumFitsTheAddressesOfTheTable) {
  EXPECT_EQ(Limit("01 70 00 01", {}).section, Text("01 70 01 01 ff ff ff ff 0f"));
  EXPECT_EQ(Limit("01 70 04 01", {}).section, Text("01 70 05 01 ff ff ff ff ff ff ff ff ff 01"));
}

TEST(LimitTables, InitialisersStayWhereTheyAre) {
  // (table 1 (ref func) (ref.func 0))
  EXPECT_EQ(Limit("01 40 00 64 70 00 01 d2 00 0b", {.growth = 1}).section,
            Text("01 40 00 64 70 01 01 02 d2 00 0b"));
}

}  // namespace
}  // namespace davit::wasm
