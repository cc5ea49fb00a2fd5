// What ends a walk over a value before its end: the copy budget of its call, and a run that was
// ended from outside.

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/native/native.h"
#include "runtime/canon/reservation.h"
#include "runtime/canon/steps.h"
#include "runtime/canon/test_memory.h"
#include "runtime/canon/test_types.h"
#include "runtime/canon/transfer.h"
#include "runtime/canon/vals/vals.h"

namespace davit::canon {
namespace {

using base::TrapCode;
using types::TypePtr;

constexpr uint32_t kArea = 1024;  // where guests have their values

std::shared_ptr<const FuncPlan> TakesA(std::string_view type) {
  return FuncPlan::Create({.params = {{"p", TypeOf(type)}}, .result = TypeOf(type)});
}

// tuple<tuple<...<type>...>>
std::string Nested(int depth, std::string_view type) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "tuple<";
  text += type;
  return text + std::string(static_cast<size_t>(depth), '>');
}

// Ends the run at a look.
class FakeWatch final : public RunWatch {
 public:
  explicit FakeWatch(int looks_before_the_end) : left_(looks_before_the_end) {}
  absl::Status CheckRun() override {
    ++looks_;
    return left_-- > 0 ? absl::OkStatus() : absl::DeadlineExceededError("ended");
  }
  int looks() const { return looks_; }

 private:
  int left_;
  int looks_ = 0;
};

// Passes a value from `caller`, whose memory has it at kArea, to `callee`.
absl::Status Transfer(const FuncPlan& plan, TestGuest& caller, TestGuest& callee,
                      std::vector<CoreSlot> slots) {
  std::vector<CoreSlot> out(plan.lift_slots());
  slots.resize(std::max(slots.size(), plan.lower_slots()));
  return TransferParams(plan, caller.context, slots, callee.context, out);
}

// -- The budget --

TEST(TransferBudget, AListCostsItsBytesOrTheStepsOfItsItems) {
  for (const auto& [type, cost] : {std::pair{std::string("u8"), 1},
                                   {"u64", 8},
                                   {"bool", 1},
                                   {"tuple<u8,u32>", 8},
                                   {Nested(2, "bool"), 3},
                                   {"variant{a,b(tuple<bool>)}", 3}}) {
    const auto plan = TakesA("list<" + type + ">");
    TestGuest caller, callee;
    caller.copy_budget = 10 * cost;
    EXPECT_TRUE(Transfer(*plan, caller, callee, {kArea, 10}).ok()) << type;
    EXPECT_EQ(caller.copy_budget, 0u) << type;
    caller.copy_budget = 10 * cost - 1;
    EXPECT_EQ(TrapCodeOf(Transfer(*plan, caller, callee, {kArea, 10})), TrapCode::kHostCopyLimit)
        << type;
  }
}

TEST(TransferBudget, AFixedListByPointerCostsItsItems) {
  constexpr uint64_t kCost = 2002;  // the parameters, the list, and its items
  const auto plan = TakesA("list<bool,2000>");
  TestGuest caller, callee;
  caller.copy_budget = kCost;
  EXPECT_TRUE(Transfer(*plan, caller, callee, {kArea}).ok());
  EXPECT_EQ(caller.copy_budget, 0u);
  caller.copy_budget = kCost - 1;
  EXPECT_EQ(TrapCodeOf(Transfer(*plan, caller, callee, {kArea})), TrapCode::kHostCopyLimit);
}

TEST(TransferBudget, AResultCostsAsMuch) {
  const auto plan = TakesA("list<bool,2000>");
  TestGuest caller, callee;
  callee.copy_budget = 2001;
  std::vector<CoreSlot> callee_slots = {kArea}, caller_slots = {0, 4096};
  EXPECT_TRUE(
      TransferResult(*plan, callee.context, callee_slots, caller.context, caller_slots).ok());
  EXPECT_EQ(callee.copy_budget, 0u);
  callee.copy_budget = 2000;
  EXPECT_EQ(
      TrapCodeOf(TransferResult(*plan, callee.context, callee_slots, caller.context, caller_slots)),
      TrapCode::kHostCopyLimit);
}

TEST(TransferBudget, FewValuesCostNothing) {
  for (const std::string_view type : {"u32", "tuple<u32,string>", "list<u8,1000>"}) {
    TestGuest caller, callee;
    caller.copy_budget = 0;
    EXPECT_TRUE(Transfer(*TakesA(type), caller, callee, {0, 0, 0}).ok()) << type;
  }
}

// The Vals of an answer are paid before there is any of them.
TEST(LiftBudget, AnAnswerCostsItsValsBeforeTheyAreMade) {
  const auto plan = TakesA("list<" + Nested(3, "bool") + ">");
  TestGuest guest;
  constexpr uint32_t kItems = 20'000;
  guest.copy_budget = kItems * uint64_t{4} * 40 - 1;
  guest.memory.Put<uint32_t>(16, kArea);
  guest.memory.Put<uint32_t>(20, kItems);
  ValArgs results;
  const std::vector<CoreSlot> slots = {16};
  EXPECT_EQ(TrapCodeOf(LiftResult(*plan, guest.context, slots, results)), TrapCode::kHostCopyLimit);
  EXPECT_EQ(results[0].list().items_size(), 0);
}

// -- The end of the run --

constexpr uint32_t kMany = 200'000;  // items, of which each is a step

// A guest whose memory has room for many items.
struct LargeGuest : TestGuest {
  LargeGuest() { memory.Realloc(0, 0, 1, 1 << 21).IgnoreError(); }
};

// Expects that `walk` looks while it goes on, and ends at the first look that finds an end.
template <typename Walk>
void ExpectEnds(std::string_view what, Walk walk) {
  FakeWatch endless(1'000'000);
  EXPECT_TRUE(walk(endless).ok()) << what;
  EXPECT_GE(endless.looks(), 2) << what;
  FakeWatch watch(0);
  EXPECT_EQ(walk(watch).code(), absl::StatusCode::kDeadlineExceeded) << what;
  EXPECT_EQ(watch.looks(), 1) << what;
}

TEST(EndOfRun, EndsATransfer) {
  for (const std::string& type :
       {std::string("list<bool>"), std::string("list<enum{a,b}>"), std::string("list<option<u8>>"),
        std::string("list<result<_,u8>>"), std::string("list<flags{a,b}>"),
        std::string("list<tuple<u8,bool>>"), std::string("map<bool,bool>"),
        "list<" + Nested(20, "bool") + ">"}) {
    ExpectEnds(type, [&](RunWatch& watch) {
      LargeGuest caller, callee;
      caller.context.watch = &watch;
      return Transfer(*TakesA(type), caller, callee, {kArea, kMany});
    });
  }
}

TEST(EndOfRun, EndsATransferOfNumbers) {
  for (const std::string_view type : {"list<u64>", "list<tuple<u32,u32>>"}) {
    ExpectEnds(type, [&](RunWatch& watch) {
      LargeGuest caller, callee;
      caller.context.watch = &watch;
      return Transfer(*TakesA(type), caller, callee, {kArea, kMany});
    });
  }
}

TEST(EndOfRun, EndsATransferOfFixedLists) {
  for (const std::string_view type :
       {"list<bool,200000>", "list<list<bool,2>,100000>", "list<list<bool,100000>,2>"}) {
    ExpectEnds(type, [&](RunWatch& watch) {
      LargeGuest caller, callee;
      caller.context.watch = &watch;
      return Transfer(*TakesA(type), caller, callee, {kArea});
    });
  }
}

// Lists of no item, and strings of no character, are items that cost as little.
TEST(EndOfRun, EndsATransferOfEmptyLists) {
  for (const std::string_view type : {"list<list<u8>>", "list<string>"}) {
    ExpectEnds(type, [&](RunWatch& watch) {
      LargeGuest caller, callee;
      caller.context.watch = &watch;
      callee.memory.KeepNoLog();
      return Transfer(*TakesA(type), caller, callee, {kArea, kMany});
    });
  }
}

// Many short ones, each of which has the same items.
TEST(EndOfRun, EndsATransferOfManyLists) {
  ExpectEnds("list<list<bool>>", [](RunWatch& watch) {
    constexpr uint32_t kLists = 1000, kItems = 200;
    LargeGuest caller, callee;
    caller.context.watch = &watch;
    for (uint32_t i = 0; i < kLists; ++i) {
      caller.memory.Put<uint32_t>(kArea + 8 * i, kArea);
      caller.memory.Put<uint32_t>(kArea + 8 * i + 4, kItems);
    }
    return Transfer(*TakesA("list<list<bool>>"), caller, callee, {kArea, kLists});
  });
}

TEST(EndOfRun, WhatComesAfterTheEndIsNotWritten) {
  LargeGuest caller, callee;
  std::ranges::fill(caller.memory.View().subspan(kArea, kMany), 1);
  FakeWatch watch(1);
  caller.context.watch = &watch;
  const auto plan = TakesA("list<bool>");
  EXPECT_FALSE(Transfer(*plan, caller, callee, {kArea, kMany}).ok());
  const auto written = std::ranges::count(callee.memory.View(), 1);
  EXPECT_GT(written, 0);
  EXPECT_LE(written, 2 * static_cast<ptrdiff_t>(Steps::kPerLook));
}

TEST(EndOfRun, EndsTheLiftingOfAnAnswer) {
  for (const std::string_view type : {"list<bool>", "map<bool,bool>", "list<u64>"}) {
    ExpectEnds(type, [&](RunWatch& watch) {
      LargeGuest guest;
      guest.context.watch = &watch;
      guest.memory.Put<uint32_t>(16, kArea);
      guest.memory.Put<uint32_t>(20, kMany);
      ValArgs results;
      const std::vector<CoreSlot> slots = {16};
      return LiftResult(*TakesA(type), guest.context, slots, results);
    });
  }
}

TEST(EndOfRun, EndsTheLoweringOfArguments) {
  v1::Val bools, plain;
  for (uint32_t i = 0; i < kMany; ++i) {
    bools.mutable_list()->add_items()->set_bool_(true);
    plain.mutable_list()->add_items()->set_u64(1);
  }
  for (const auto& [type, val] : {std::pair{"list<bool>", &bools}, {"list<u64>", &plain}}) {
    ExpectEnds(type, [&, val = val, type = type](RunWatch& watch) {
      LargeGuest guest;
      guest.context.watch = &watch;
      ValArgs args;
      *args.Add() = *val;
      std::vector<CoreSlot> slots(2);
      return LowerParams(*TakesA(type), guest.context, args, slots);
    });
  }
}

TEST(EndOfRun, EndsTheMeasuringOfArguments) {
  v1::Val options;
  for (uint32_t i = 0; i < kMany; ++i) options.mutable_list()->add_items()->mutable_option();
  ExpectEnds("list<option<string>>", [&](RunWatch& watch) {
    ValArgs args;
    *args.Add() = options;
    Reservation areas(&watch);
    return ReserveParams(*TakesA("list<option<string>>"), StringEncoding::kUtf8, args, areas);
  });
}

TEST(EndOfRun, EndsTheLiftingOfCppValues) {
  ExpectEnds("std::vector<std::optional<uint8_t>>", [](RunWatch& watch) {
    LargeGuest guest;
    guest.context.watch = &watch;
    guest.memory.Put<uint32_t>(16, kArea);
    guest.memory.Put<uint32_t>(20, kMany);
    const std::vector<CoreSlot> slots = {16};
    return LiftNative<std::vector<std::optional<uint8_t>>>(*TakesA("list<option<u8>>"),
                                                           guest.context, slots)
        .status();
  });
}

}  // namespace
}  // namespace davit::canon
