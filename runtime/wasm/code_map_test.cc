#include "runtime/wasm/code_map.h"

#include "gtest/gtest.h"

namespace davit::wasm {
namespace {

TEST(CodeMap, LeavesOffsetsAloneWhereNothingHasMoved) {
  CodeMap map;
  EXPECT_EQ(map.OriginalOf(0), 0u);
  EXPECT_EQ(map.OriginalOf(12345), 12345u);
  map.Add(10, 10);
  EXPECT_EQ(map.size(), 0u);
}

TEST(CodeMap, TakesAwayWhatWasInserted) {
  CodeMap map;
  map.Add(13, 10);  // three bytes in front of the tenth
  EXPECT_EQ(map.OriginalOf(9), 9u);
  EXPECT_EQ(map.OriginalOf(13), 10u);
  EXPECT_EQ(map.OriginalOf(20), 17u);
}

TEST(CodeMap, PutsInsertedBytesWhereTheNextOriginalOneIs) {
  CodeMap map;
  map.Add(13, 10);
  for (const uint64_t inserted : {10, 11, 12}) EXPECT_EQ(map.OriginalOf(inserted), 10u);
}

TEST(CodeMap, AddsWhatWasLeftOut) {
  CodeMap map;
  map.Add(12, 14);  // of four bytes two are left
  EXPECT_EQ(map.OriginalOf(11), 11u);
  EXPECT_EQ(map.OriginalOf(12), 14u);
}

TEST(CodeMap, KeepsOnePlaceForEachMove) {
  CodeMap map;
  map.Add(13, 10);
  map.Add(23, 20);  // follows
  EXPECT_EQ(map.size(), 1u);
  map.Add(26, 20);  // three more bytes in front of the twentieth
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.OriginalOf(25), 20u);
  EXPECT_EQ(map.OriginalOf(26), 20u);
}

TEST(CodeMap, CountsFromWhereTheCodeBegins) {
  CodeMap map;
  map.Add(3, 0);
  map.SetBegin(/*rewritten=*/100, /*original=*/40);
  EXPECT_EQ(map.OriginalOf(99), 99u) << "no code";
  EXPECT_EQ(map.OriginalOf(103), 40u);
  EXPECT_EQ(map.OriginalOf(110), 47u);
}

}  // namespace
}  // namespace davit::wasm
