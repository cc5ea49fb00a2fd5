#include "runtime/handles/handle_table.h"

#include <limits>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "runtime/base/trap.h"

namespace davit::handles {
namespace {

using base::TrapCode;

constexpr types::ResourceId kFile{1};
constexpr types::ResourceId kSocket{2};
constexpr Rep kRep{70};

template <typename T>
TrapCode TrapCodeOf(const absl::StatusOr<T>& result) {
  const auto trap = base::TrapOf(result.status());
  return trap.has_value() ? trap->code : TrapCode::kUnspecified;
}

template <typename T>
std::string TrapMessageOf(const absl::StatusOr<T>& result) {
  const auto trap = base::TrapOf(result.status());
  return trap.has_value() ? trap->message : "no trap";
}

HandleIndex Own(HandleTable& table, Rep rep = kRep) { return table.AddOwn(kFile, rep).value(); }

TEST(HandleTable, GivesOutIndicesFromOne) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  EXPECT_EQ(Own(table).value, 1u);
  EXPECT_EQ(Own(table).value, 2u);
  EXPECT_EQ(table.live(), 2u);
}

TEST(HandleTable, ReusesTheLastFreedIndexFirst) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  const HandleIndex first = Own(table), second = Own(table);
  Own(table);
  ASSERT_TRUE(table.Drop(kFile, first).ok());
  ASSERT_TRUE(table.Drop(kFile, second).ok());
  EXPECT_EQ(Own(table), second);
  EXPECT_EQ(Own(table), first);
  EXPECT_EQ(Own(table).value, 4u);
}

TEST(HandleTable, TrapsOnIndexZero) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  EXPECT_EQ(TrapMessageOf(table.RepOf(kFile, HandleIndex(0))), "unknown handle index 0");
}

TEST(HandleTable, TrapsOnAnIndexNeverGivenOut) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  Own(table);
  EXPECT_EQ(TrapCodeOf(table.RepOf(kFile, HandleIndex(2))), TrapCode::kUnknownHandle);
  EXPECT_EQ(TrapMessageOf(table.Drop(kFile, HandleIndex(std::numeric_limits<uint32_t>::max()))),
            "unknown handle index 4294967295");
}

TEST(HandleTable, TrapsOnAFreedIndex) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  const HandleIndex handle = Own(table);
  ASSERT_TRUE(table.Drop(kFile, handle).ok());
  EXPECT_EQ(TrapCodeOf(table.Drop(kFile, handle)), TrapCode::kUnknownHandle);
}

TEST(HandleTable, TrapsOnAnotherResourceType) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  CallScope scope;
  const HandleIndex handle = Own(table);
  EXPECT_EQ(TrapCodeOf(table.RepOf(kSocket, handle)), TrapCode::kUnknownHandle);
  EXPECT_EQ(TrapCodeOf(table.TakeOwn(kSocket, handle)), TrapCode::kUnknownHandle);
  EXPECT_EQ(TrapCodeOf(table.LendBorrow(kSocket, handle, scope)), TrapCode::kUnknownHandle);
  EXPECT_NE(TrapMessageOf(table.Drop(kSocket, handle)).find("used with the wrong type"),
            std::string::npos);
  EXPECT_TRUE(table.RepOf(kFile, handle).ok());
}

TEST(HandleTable, HoldsAsManyHandlesAsItsLimit) {
  HandleBudget budget(2, nullptr);
  HandleTable table(budget);
  CallScope scope;
  const HandleIndex handle = Own(table);
  ASSERT_TRUE(table.AddBorrow(kFile, kRep, scope).ok());
  EXPECT_EQ(TrapCodeOf(table.AddOwn(kFile, kRep)), TrapCode::kHandleTableFull);
  EXPECT_EQ(TrapCodeOf(table.AddBorrow(kFile, kRep, scope)), TrapCode::kHandleTableFull);
  EXPECT_EQ(scope.num_borrows(), 1u);
  ASSERT_TRUE(table.Drop(kFile, handle).ok());
  EXPECT_TRUE(table.AddOwn(kFile, kRep).ok());
}

TEST(HandleTable, TakeOwnRemovesTheHandle) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  const HandleIndex handle = Own(table);
  EXPECT_EQ(table.TakeOwn(kFile, handle).value(), kRep);
  EXPECT_EQ(table.live(), 0u);
  EXPECT_EQ(TrapCodeOf(table.RepOf(kFile, handle)), TrapCode::kUnknownHandle);
}

TEST(HandleTable, TakeOwnTrapsOnABorrow) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  CallScope scope;
  const HandleIndex borrow = table.AddBorrow(kFile, kRep, scope).value();
  EXPECT_EQ(TrapCodeOf(table.TakeOwn(kFile, borrow)), TrapCode::kUnknownHandle);
  EXPECT_EQ(table.live(), 1u);
}

TEST(HandleTable, ALentOwnCanNeitherMoveNorGo) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  CallScope scope;
  const HandleIndex handle = Own(table);
  EXPECT_EQ(table.LendBorrow(kFile, handle, scope).value(), kRep);
  ASSERT_TRUE(table.LendBorrow(kFile, handle, scope).ok());
  EXPECT_EQ(TrapCodeOf(table.TakeOwn(kFile, handle)), TrapCode::kBorrowsOutstanding);
  EXPECT_EQ(TrapMessageOf(table.Drop(kFile, handle)),
            "cannot remove owned resource while borrowed");
  scope.ReleaseLends();
  EXPECT_TRUE(table.TakeOwn(kFile, handle).ok());
}

TEST(HandleTable, ReleasesTheLendsOfOneScopeOnly) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  CallScope scope, other;
  const HandleIndex handle = Own(table);
  ASSERT_TRUE(table.LendBorrow(kFile, handle, scope).ok());
  ASSERT_TRUE(table.LendBorrow(kFile, handle, other).ok());
  scope.ReleaseLends();
  scope.ReleaseLends();
  EXPECT_EQ(TrapCodeOf(table.Drop(kFile, handle)), TrapCode::kBorrowsOutstanding);
  other.ReleaseLends();
  EXPECT_TRUE(table.Drop(kFile, handle).ok());
}

TEST(HandleTable, ALentBorrowCannotGo) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  CallScope callee, call_out;
  const HandleIndex borrow = table.AddBorrow(kFile, kRep, callee).value();
  EXPECT_EQ(table.LendBorrow(kFile, borrow, call_out).value(), kRep);
  EXPECT_EQ(TrapCodeOf(table.Drop(kFile, borrow)), TrapCode::kBorrowsOutstanding);
  EXPECT_EQ(callee.num_borrows(), 1u);
  call_out.ReleaseLends();
  EXPECT_TRUE(table.Drop(kFile, borrow).ok());
  EXPECT_EQ(callee.num_borrows(), 0u);
}

TEST(HandleBudget, IsOfAllTablesThatHaveIt) {
  HandleBudget budget(3, nullptr);
  HandleTable table(budget), other(budget);
  Own(table);
  Own(other);
  Own(table);
  EXPECT_EQ(TrapCodeOf(other.AddOwn(kFile, kRep)), TrapCode::kHandleTableFull);
}

TEST(HandleBudget, CountsSlotsWhichATableKeeps) {
  HandleBudget budget(1, nullptr);
  HandleTable table(budget), other(budget);
  ASSERT_TRUE(table.Drop(kFile, Own(table)).ok());
  EXPECT_EQ(TrapCodeOf(other.AddOwn(kFile, kRep)), TrapCode::kHandleTableFull);
  EXPECT_TRUE(table.AddOwn(kFile, kRep).ok()) << "has one to use again";
}

TEST(HandleBudget, GetsBackWhatATableHadWhenItIsGone) {
  HandleQuota quota(2);
  HandleBudget budget(10, &quota), of_another(10, &quota);
  HandleTable other(of_another);
  {
    HandleTable table(budget);
    Own(table);
    Own(table);
    EXPECT_EQ(TrapCodeOf(table.AddOwn(kFile, kRep)), TrapCode::kHandleTableFull);
    EXPECT_EQ(TrapCodeOf(other.AddOwn(kFile, kRep)), TrapCode::kHandleTableFull);
    EXPECT_EQ(quota.used(), 2u);
    HandleTable moved(std::move(table));
    moved = HandleTable(budget);
    EXPECT_EQ(quota.used(), 0u);
    EXPECT_EQ(budget.used(), 0u);
  }
  EXPECT_TRUE(other.AddOwn(kFile, kRep).ok());
}

TEST(HandleTable, CountsBorrowsInTheirScope) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  CallScope scope, other;
  const HandleIndex a = table.AddBorrow(kFile, kRep, scope).value();
  ASSERT_TRUE(table.AddBorrow(kFile, kRep, scope).ok());
  ASSERT_TRUE(table.AddBorrow(kFile, kRep, other).ok());
  EXPECT_EQ(scope.num_borrows(), 2u);
  ASSERT_TRUE(table.Drop(kFile, a).ok());
  EXPECT_EQ(scope.num_borrows(), 1u);
  EXPECT_EQ(other.num_borrows(), 1u);
}

TEST(HandleTable, DropTellsOwnFromBorrow) {
  HandleBudget budget(10, nullptr);
  HandleTable table(budget);
  CallScope scope;
  const HandleIndex own = Own(table, Rep(5));
  const HandleIndex borrow = table.AddBorrow(kFile, Rep(6), scope).value();
  const auto dropped_own = table.Drop(kFile, own).value();
  EXPECT_TRUE(dropped_own.was_own);
  EXPECT_EQ(dropped_own.rep, Rep(5));
  const auto dropped_borrow = table.Drop(kFile, borrow).value();
  EXPECT_FALSE(dropped_borrow.was_own);
  EXPECT_EQ(dropped_borrow.rep, Rep(6));
}

}  // namespace
}  // namespace davit::handles
