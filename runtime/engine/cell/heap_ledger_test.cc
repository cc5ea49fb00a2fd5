#include "runtime/engine/cell/heap_ledger.h"

#include "gtest/gtest.h"

namespace davit::engine {
namespace {

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kLimit = 64 * kMiB, kLive = 48 * kMiB;
constexpr auto kMuch = HeapLedger::Took::kMuch;
constexpr auto kLittle = HeapLedger::Took::kLittle;

class Holder final : public HeapHolder {
  void ReleaseHeap() override {}
};

class HeapLedgerTest : public testing::Test {
 protected:
  HeapLedgerTest() {
    for (Holder* holder : {&hog_, &other_, &third_}) ledger_.Add(*holder);
  }
  void Run(HeapHolder& holder, int64_t growth, HeapLedger::Took took) {
    ledger_.RunIsMeasured(holder, growth, took);
    ledger_.ForgetRun();
  }
  HeapHolder* Culprit(uint64_t at_least = 1) const { return ledger_.Culprit(kLive, at_least); }

  HeapLedger ledger_{kLimit};
  Holder hog_, other_, third_;
};

TEST_F(HeapLedgerTest, NobodyIsEndedForWhatIsOnlyThought) {
  EXPECT_EQ(Culprit(), nullptr);
  ledger_.NoteGrowth(other_, 40 * kMiB);
  EXPECT_EQ(Culprit(), nullptr);
}

TEST_F(HeapLedgerTest, WhoHasMostForCertainIsEndedAtOnce) {
  ledger_.NoteGrowth(other_, 24 * kMiB);
  ledger_.NoteProven(hog_, 24 * kMiB);
  EXPECT_EQ(Culprit(), nullptr);
  ledger_.NoteProven(hog_, 1);
  EXPECT_EQ(Culprit(), &hog_);
}

TEST_F(HeapLedgerTest, WhoHasMostByFarIsEndedAtOnceWhenMuchOfItIsProven) {
  ledger_.NoteProven(hog_, 6 * kMiB);
  ledger_.NoteGrowth(hog_, 18 * kMiB);
  ledger_.NoteGrowth(other_, 12 * kMiB);
  EXPECT_EQ(Culprit(), &hog_);
  ledger_.NoteGrowth(other_, 2);
  EXPECT_EQ(Culprit(), nullptr);
}

TEST_F(HeapLedgerTest, WhoKeepsInATrialIsEndedAndNotWhoWastes) {
  ledger_.NoteGrowth(other_, 46 * kMiB);
  ledger_.NoteGrowth(hog_, 2 * kMiB);
  ledger_.BeginTrial();
  int rounds = 0;
  for (; Culprit() == nullptr; ++rounds) {
    Run(hog_, kMiB / 8, kMuch);
    Run(other_, 0, kMuch);
  }
  EXPECT_EQ(Culprit(), &hog_);
  EXPECT_LT(rounds, 8);
}

TEST_F(HeapLedgerTest, ThriftyRunsProveNothing) {
  ledger_.NoteGrowth(hog_, 40 * kMiB);
  ledger_.NoteGrowth(other_, 8 * kMiB);
  ledger_.BeginTrial();
  for (int i = 0; i < 63; ++i) Run(hog_, 0, kLittle);
  EXPECT_EQ(Culprit(), nullptr);
  Run(hog_, 0, kLittle);
  EXPECT_EQ(Culprit(), &hog_);
}

TEST_F(HeapLedgerTest, WhatIsProvenStaysHowever) {
  ledger_.NoteProven(hog_, 20 * kMiB);
  ledger_.BeginTrial();
  for (int i = 0; i < 10; ++i) Run(hog_, 0, kMuch);
  EXPECT_TRUE(ledger_.AnyHas(20 * kMiB - 1));
  Run(hog_, -20 * static_cast<int64_t>(kMiB), kMuch);
  EXPECT_FALSE(ledger_.AnyHas(0));
}

TEST_F(HeapLedgerTest, IdleHogIsEndedAfterATrial) {
  ledger_.NoteGrowth(hog_, 30 * kMiB);
  ledger_.NoteGrowth(other_, 18 * kMiB);
  ledger_.BeginTrial();
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(Culprit(), nullptr) << i;
    Run(other_, 0, kMuch);
  }
  EXPECT_EQ(Culprit(), &hog_);
}

TEST_F(HeapLedgerTest, IdleHogIsEndedWhenOthersAreRefused) {
  ledger_.NoteGrowth(hog_, 40 * kMiB);
  ledger_.BeginTrial();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Culprit(), nullptr) << i;
    ledger_.NoteRefusal();
  }
  EXPECT_EQ(Culprit(), &hog_);
}

TEST_F(HeapLedgerTest, WhoKeepsIsEndedBeforeAnIdleOneThatIsThoughtToHaveMore) {
  ledger_.NoteGrowth(other_, 46 * kMiB);
  ledger_.BeginTrial();
  for (int i = 0; i < 16; ++i) Run(hog_, kMiB / 8, kMuch);
  EXPECT_EQ(Culprit(), &hog_);
}

TEST_F(HeapLedgerTest, TrialEndsEarlyWhenTheHeapGrowsFast) {
  ledger_.NoteGrowth(other_, 46 * kMiB);
  ledger_.BeginTrial();
  Run(hog_, kLimit / 4 - 1, kMuch);
  EXPECT_EQ(Culprit(), nullptr);
  Run(hog_, kMiB, kMuch);
  EXPECT_EQ(Culprit(), &hog_);
}

TEST_F(HeapLedgerTest, RunIsOfAllWhoRanInIt) {
  ledger_.BeginTrial();
  ledger_.NoteGrowth(hog_, 3 * kMiB);
  ledger_.NoteGrowth(other_, kMiB);
  Run(other_, 2 * kMiB, kMuch);
  EXPECT_TRUE(ledger_.HasMost(hog_));
  EXPECT_TRUE(ledger_.AnyHas(kMiB));
  EXPECT_FALSE(ledger_.AnyHas(2 * kMiB));
  EXPECT_EQ(Culprit(), &hog_);
}

TEST_F(HeapLedgerTest, OnlyWhoHasAsMuchIsEndedForOthers) {
  ledger_.NoteProven(hog_, 30 * kMiB);
  EXPECT_EQ(Culprit(31 * kMiB), nullptr);
  EXPECT_EQ(Culprit(30 * kMiB), &hog_);
}

TEST_F(HeapLedgerTest, WhatWasFreedWasEverybodys) {
  ledger_.NoteProven(hog_, 40 * kMiB);
  ledger_.NoteGrowth(other_, 40 * kMiB);
  ledger_.ScaleDown(40 * kMiB);
  EXPECT_TRUE(ledger_.AnyHas(19 * kMiB));
  EXPECT_FALSE(ledger_.AnyHas(20 * kMiB));
  EXPECT_EQ(Culprit(), nullptr);
}

}  // namespace
}  // namespace davit::engine
