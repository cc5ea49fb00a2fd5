#include "runtime/engine/process/census.h"

#include <memory>

#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace davit::engine {
namespace {

class FakeHolder final : public GarbageHolder {
 public:
  void CollectIfIdle() override {
    ++collections;
    garbage.clear();
  }
  void Bury() {
    garbage.push_back(std::make_shared<int>(0));
    graveyard().Bury(garbage.back());
  }

  std::vector<std::shared_ptr<int>> garbage;  // what the next collection frees
  int collections = 0;
};

TEST(Census, AdmitsCellsToTheMaximum) {
  Census census({.max_cells = 2});
  EXPECT_TRUE(census.AdmitCell().ok());
  EXPECT_TRUE(census.AdmitCell().ok());
  EXPECT_EQ(base::LimitOf(census.AdmitCell()), "cells");
  census.CellIsGone();
  EXPECT_TRUE(census.AdmitCell().ok());
}

TEST(Census, AdmitsMemoriesToTheMaximum) {
  Census census({.max_memories = 2});
  EXPECT_TRUE(census.AdmitMemory().ok());
  EXPECT_TRUE(census.AdmitMemory().ok());
  EXPECT_EQ(base::LimitOf(census.AdmitMemory()), "memories");
  EXPECT_EQ(census.memories(), 2u);
  census.MemoriesAreGone(1);
  EXPECT_TRUE(census.AdmitMemory().ok());
}

TEST(Census, KnowsTheMapsOfTheProcess) {
  Census census({});
  EXPECT_GT(census.maps(), 10u);
  EXPECT_LT(census.maps(), 20'000u);
  const uint32_t before = census.maps();
  EXPECT_TRUE(census.AdmitMemory().ok());
  EXPECT_GT(census.maps(), before);
}

TEST(Census, RefusesWhatWouldNeedTooManyMaps) {
  Census census({.max_maps = 10});
  EXPECT_EQ(base::LimitOf(census.AdmitMemory()), "maps");
  EXPECT_EQ(base::LimitOf(census.AdmitCell()), "maps");
  EXPECT_EQ(census.memories(), 0u) << "a refused memory is not counted";
}

TEST(Census, BuriedMemoriesCountUntilTheyAreGone) {
  Census census({});
  auto holder = std::make_shared<FakeHolder>();
  census.Register(holder);
  EXPECT_TRUE(census.AdmitMemory().ok());
  holder->Bury();
  census.Sweep();
  EXPECT_EQ(census.memories(), 1u);
  holder->garbage.clear();
  census.Sweep();
  EXPECT_EQ(census.memories(), 0u);
}

TEST(Census, CollectsIdleCellsOnlyWhenMemoriesAreScarce) {
  Census census({.max_memories = 10});
  auto first = std::make_shared<FakeHolder>(), second = std::make_shared<FakeHolder>();
  census.Register(first);
  census.Register(second);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(census.AdmitMemory().ok());
    first->Bury();
  }
  census.CollectIdle();
  EXPECT_EQ(first->collections, 0);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(census.AdmitMemory().ok());
  census.CollectIdle();
  EXPECT_EQ(first->collections, 1);
  EXPECT_EQ(second->collections, 0) << "enough was free after the first";
  EXPECT_EQ(census.memories(), 5u);
}

}  // namespace
}  // namespace davit::engine
