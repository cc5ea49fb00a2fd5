#include "runtime/base/stack_arena.h"

#include <cstring>

#include "gtest/gtest.h"

namespace davit::base {
namespace {

TEST(StackArenaTest, WhatIsAllocatedLiesApartAndAligned) {
  StackArena arena;
  auto* const one = static_cast<std::byte*>(arena.Allocate(1, 1));
  auto* const eight = static_cast<std::byte*>(arena.Allocate(8, 8));
  EXPECT_EQ(reinterpret_cast<uintptr_t>(eight) % 8, 0u);
  EXPECT_GE(eight - one, 1);
}

TEST(StackArenaTest, MemoryIsUsedAgainAfterARelease) {
  StackArena arena;
  arena.Allocate(100, 8);
  const StackArena::Mark mark = arena.mark();
  void* const before = arena.Allocate(100, 8);
  arena.Release(mark);
  EXPECT_EQ(arena.Allocate(100, 8), before);
}

TEST(StackArenaTest, GoesOnInTheNextChunkAndComesBack) {
  StackArena arena;
  void* const first = arena.Allocate(StackArena::kChunkBytes, 8);
  const StackArena::Mark mark = arena.mark();
  void* const second = arena.Allocate(16, 8);
  std::memset(second, 1, 16);
  arena.Release(mark);
  EXPECT_EQ(arena.Allocate(16, 8), second);
  arena.Release({});
  EXPECT_EQ(arena.Allocate(8, 8), first);
}

TEST(StackArenaTest, AnObjectLargerThanAChunkHasRoom) {
  StackArena arena;
  const StackArena::Mark mark = arena.mark();
  arena.Allocate(8, 8);
  constexpr size_t kLarge = 3 * StackArena::kChunkBytes;
  std::memset(arena.Allocate(kLarge, 8), 1, kLarge);
  arena.Release(mark);
  arena.Allocate(8, 8);
  std::memset(arena.Allocate(2 * kLarge, 8), 2, 2 * kLarge);
}

}  // namespace
}  // namespace davit::base
