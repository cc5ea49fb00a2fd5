#include "runtime/engine/process/code_budget.h"

#include <cstddef>
#include <cstdint>

#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace davit::engine {
namespace {

// Addresses are numbers to a budget.
const void* At(uintptr_t address) {
  return reinterpret_cast<const void*>(address);  // NOLINT(performance-no-int-to-ptr)
}

TEST(CodeBudget, CountsWhatIsCommittedInReservations) {
  CodeBudget budget(1000);
  budget.Reserved(At(1000), 500);
  budget.Committed(At(1000), 100);
  budget.Committed(At(1300), 50);
  budget.Committed(At(5000), 70);
  EXPECT_EQ(budget.used(), 150u) << "pages elsewhere are no code of modules";
  budget.Decommitted(At(1050), 50);
  EXPECT_EQ(budget.used(), 100u);
  budget.Unreserved(At(1000));
  EXPECT_EQ(budget.used(), 0u);
}

TEST(CodeBudget, ReservationsThatAreNeighboursAreCommittedTogether) {
  CodeBudget budget(1000);
  budget.Reserved(At(1000), 500);
  budget.Reserved(At(1500), 500);
  budget.Committed(At(1400), 200);
  EXPECT_EQ(budget.used(), 200u);
  budget.Unreserved(At(1000));
  EXPECT_EQ(budget.used(), 100u);
}

TEST(CodeBudget, WhatAnIsolateReservesIsNotForModules) {
  CodeBudget budget(1000);
  {
    const CodeBudget::NotForModules isolate;
    budget.Reserved(At(1000), 500);
  }
  budget.Reserved(At(2000), 500);
  budget.Committed(At(1000), 100);
  EXPECT_EQ(budget.used(), 0u);
  budget.Committed(At(2000), 100);
  EXPECT_EQ(budget.used(), 100u);
}

TEST(CodeBudget, TheLastQuarterIsForModulesThatAreThere) {
  CodeBudget budget(1000);
  budget.Reserved(At(1000), 5000);
  budget.Committed(At(1000), 749);
  EXPECT_TRUE(budget.Admit().ok());
  budget.Committed(At(2000), 1);
  EXPECT_EQ(base::LimitOf(budget.Admit()), "code_bytes");
  EXPECT_FALSE(budget.exhausted());
  budget.Committed(At(3000), 250);
  EXPECT_TRUE(budget.exhausted());
  budget.Decommitted(At(3000), 250);
  EXPECT_FALSE(budget.exhausted());
}

}  // namespace
}  // namespace davit::engine
