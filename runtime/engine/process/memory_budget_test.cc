#include "runtime/engine/process/memory_budget.h"

#include <cstddef>
#include <cstdint>

#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace davit::engine {
namespace {

constexpr size_t kMemory = MemoryBudget::kSmallestReservation;

// Addresses are numbers to a budget.
const void* At(uintptr_t address) {
  return reinterpret_cast<const void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

TEST(MemoryBudget, MemoriesHaveSoMuchTogether) {
  MemoryBudget budget(100);
  budget.Reserved(At(0x1000), kMemory);
  budget.Reserved(At(0x1000 + kMemory), kMemory);
  EXPECT_TRUE(budget.Use(At(0x1000), 60));
  EXPECT_FALSE(budget.Use(At(0x1000 + kMemory), 41));
  EXPECT_TRUE(budget.Use(At(0x1000 + kMemory), 40));
  EXPECT_EQ(budget.used(), 100u);
}

TEST(MemoryBudget, WhatAMemoryHasIsCountedOnce) {
  MemoryBudget budget(100);
  budget.Reserved(At(0x1000), kMemory);
  EXPECT_TRUE(budget.Use(At(0x2000), 60)) << "the guard in front of it is not used";
  EXPECT_TRUE(budget.Use(At(0x2000), 100));
  EXPECT_TRUE(budget.Use(At(0x2000), 50));
  EXPECT_FALSE(budget.Use(At(0x2000), 101));
  EXPECT_EQ(budget.used(), 100u);
}

TEST(MemoryBudget, AMemoryThatIsGoneMakesRoom) {
  MemoryBudget budget(100);
  budget.Reserved(At(0x1000), kMemory);
  EXPECT_TRUE(budget.Use(At(0x1000), 100));
  budget.Release(At(0x1000));
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_TRUE(budget.Use(At(0x1000), 100));
  budget.Unreserved(At(0x1000));
  EXPECT_EQ(budget.used(), 0u);
  EXPECT_TRUE(budget.Use(At(0x1000), 200)) << "no longer a memory";
}

TEST(MemoryBudget, WhatCouldNotBeMadeUsableIsTakenBack) {
  MemoryBudget budget(100);
  budget.Reserved(At(0x1000), kMemory);
  EXPECT_EQ(budget.Use(At(0x1000), 60), 0u);
  EXPECT_EQ(budget.Use(At(0x1000), 90), 60u);
  budget.TakeBack(At(0x1000), 60);
  EXPECT_EQ(budget.used(), 60u);
  EXPECT_EQ(budget.Use(At(0x1000), 50), 60u);
  budget.TakeBack(At(0x1000), 60);
  EXPECT_EQ(budget.used(), 60u) << "nothing was added";
}

TEST(MemoryBudget, OtherPagesAreNotCounted) {
  MemoryBudget budget(100);
  budget.Reserved(At(0x1000), kMemory - 1);
  budget.Reserved(At(0x1000 + kMemory), kMemory);
  EXPECT_TRUE(budget.Use(At(0x1000), 1000));
  EXPECT_TRUE(budget.Use(At(0x1000 + 2 * kMemory), 1000)) << "behind the last memory";
  budget.Unreserved(At(0x1000));
  budget.Release(At(0x1000));
  EXPECT_EQ(budget.used(), 0u);
}

TEST(MemoryBudget, OwnMemoryIsNotCounted) {
  MemoryBudget budget(100);
  {
    const MemoryBudget::OwnMemory own;
    budget.Reserved(At(0x1000), kMemory);
  }
  EXPECT_TRUE(budget.Use(At(0x1000), 1000));
  budget.Reserved(At(0x1000 + kMemory), kMemory);
  EXPECT_FALSE(budget.Use(At(0x1000 + kMemory), 101)) << "those of guests are";
}

TEST(MemoryBudget, AdmitsWhatWouldFit) {
  MemoryBudget budget(100);
  budget.Reserved(At(0x1000), kMemory);
  EXPECT_TRUE(budget.Use(At(0x1000), 60));
  EXPECT_TRUE(budget.Admit(40).ok());
  EXPECT_EQ(base::LimitOf(budget.Admit(41)), "total_memory_bytes");
  EXPECT_FALSE(budget.Admit(UINT64_MAX).ok());
}

TEST(MemoryBudget, IsHalfOfTheMachineUnlessItIsSet) {
  EXPECT_GT(MachineMemoryBytes(), uint64_t{64} << 20);
  EXPECT_TRUE(MemoryBudget(0).Admit(MachineMemoryBytes() / 2).ok());
  EXPECT_FALSE(MemoryBudget(0).Admit(MachineMemoryBytes() / 2 + 1).ok());
}

}  // namespace
}  // namespace davit::engine
