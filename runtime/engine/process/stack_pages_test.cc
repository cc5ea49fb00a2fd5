#include "runtime/engine/process/stack_pages.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "gtest/gtest.h"

namespace davit::engine {
namespace {

constexpr size_t kStack = 552 << 10;
constexpr size_t kPerChunk = StackPages::kChunkBytes / kStack;

TEST(StackPagesTest, KnowsWhatV8AsksFor) {
  EXPECT_EQ(StackBytes(512, 4096), 565'248u);
  EXPECT_EQ(StackBytes(65, 4096), 110'592u) << "whole pages";
}

TEST(StackPagesTest, StacksDoNotOverlapAndAreWritable) {
  StackPages pages(kStack);
  std::vector<char*> stacks;
  for (size_t i = 0; i < 2 * kPerChunk + 1; ++i) {
    stacks.push_back(static_cast<char*>(pages.Allocate()));
    ASSERT_NE(stacks.back(), nullptr);
    stacks.back()[0] = stacks.back()[kStack - 1] = 1;
  }
  EXPECT_EQ(pages.chunks(), 3u);
  std::ranges::sort(stacks);
  for (size_t i = 1; i < stacks.size(); ++i) EXPECT_GE(stacks[i] - stacks[i - 1], kStack);
}

TEST(StackPagesTest, WhatIsReleasedServesAgain) {
  StackPages pages(kStack);
  void* const stack = pages.Allocate();
  EXPECT_TRUE(pages.Release(stack));
  EXPECT_EQ(pages.Allocate(), stack);
  EXPECT_EQ(pages.used(), 1u);
}

TEST(StackPagesTest, OthersPagesAreNotTaken) {
  StackPages pages(kStack);
  char other = 0;
  EXPECT_FALSE(pages.Release(&other));
  void* const stack = pages.Allocate();
  EXPECT_FALSE(pages.Release(&other));
  EXPECT_TRUE(pages.Release(stack));
}

TEST(StackPagesTest, ChunksOfNobodyAreUnmapped) {
  StackPages pages(kStack);
  std::vector<void*> stacks;
  for (size_t i = 0; i < 10 * kPerChunk; ++i) stacks.push_back(pages.Allocate());
  EXPECT_EQ(pages.chunks(), 10u);
  std::shuffle(stacks.begin(), stacks.end(), std::mt19937(1));
  for (void* stack : stacks) EXPECT_TRUE(pages.Release(stack));
  EXPECT_EQ(pages.used(), 0u);
  EXPECT_LE(pages.chunks(), StackPages::kHot) << "those with a hot one";
  for (size_t i = 0; i < 10 * kPerChunk; ++i) EXPECT_NE(pages.Allocate(), nullptr);
  EXPECT_LE(pages.chunks(), 10u);
}

}  // namespace
}  // namespace davit::engine
