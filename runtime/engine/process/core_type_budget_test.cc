#include "runtime/engine/process/core_type_budget.h"

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/wasm/binary_test_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {
namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

constexpr uint64_t kPlenty = 1'000'000;

std::string Module(uint32_t groups, const CoreEncoder& types) {
  CoreEncoder section;
  section.U32(groups).Append(types);
  return CoreEncoder().Preamble().Section(CoreSectionId::kType, section).Take();
}

// A module of function types that are distinct, and are so in any two ranges that do not overlap.
std::string Types(uint32_t first, uint32_t count) {
  constexpr uint32_t kDigits = 12;
  CoreEncoder types;
  for (uint32_t n = first; n < first + count; ++n) {
    types.Byte(0x60).U32(kDigits);
    for (uint32_t digit = 0; digit < kDigits; ++digit) {
      types.Byte(static_cast<uint8_t>(0x7c + (n >> 2 * digit & 3)));
    }
    types.U32(0);
  }
  return Module(count, types);
}

// A module of one function type with so many params.
std::string TypeOf(uint32_t params) {
  CoreEncoder type;
  type.Byte(0x60).U32(params);
  for (uint32_t i = 0; i < params; ++i) type.Byte(0x7f);
  type.U32(0);
  return Module(1, type);
}

class CoreTypeBudgetTest : public testing::Test {
 protected:
  absl::Status Charge(std::string_view module) { return ChargeTo(&account_, module); }
  absl::Status ChargeTo(CoreTypeAccount* account, std::string_view module) {
    return budget_.Charge({reinterpret_cast<const uint8_t*>(module.data()), module.size()},
                          account);
  }

  CoreTypeBudget budget_{/*limit=*/10, /*module_limit=*/8};
  CoreTypeAccount account_{kPlenty};
};

TEST_F(CoreTypeBudgetTest, TheProcessMayHaveTheLimitAndNoMore) {
  EXPECT_TRUE(Charge(Types(0, 6)).ok());
  EXPECT_TRUE(Charge(Types(6, 4)).ok());
  EXPECT_EQ(base::LimitOf(Charge(Types(10, 1))), "core_types");
  EXPECT_EQ(budget_.used(), 10u);
  EXPECT_EQ(account_.used(), 10u);
}

TEST_F(CoreTypeBudgetTest, WhatIsKnownCostsNothingAlsoWhenNothingIsLeft) {
  EXPECT_TRUE(Charge(Types(0, 8)).ok());
  EXPECT_TRUE(Charge(Types(2, 8)).ok());
  EXPECT_EQ(budget_.used(), 10u);
  EXPECT_TRUE(Charge(Types(1, 8)).ok());
  EXPECT_TRUE(ChargeTo(nullptr, Types(0, 8)).ok());
  CoreTypeAccount empty(0);
  EXPECT_TRUE(ChargeTo(&empty, Types(0, 8)).ok());
  EXPECT_EQ(empty.used(), 0u);
}

TEST_F(CoreTypeBudgetTest, ATypeThatComesTwiceInAModuleIsCountedOnce) {
  CoreEncoder types;
  for (int i = 0; i < 5; ++i) types.Byte(0x60).U32(0).U32(0);
  EXPECT_TRUE(Charge(Module(5, types)).ok());
  EXPECT_EQ(budget_.used(), 1u);
}

TEST_F(CoreTypeBudgetTest, WhatIsRefusedIsNotCounted) {
  EXPECT_TRUE(Charge(Types(0, 6)).ok());
  EXPECT_FALSE(Charge(Types(6, 5)).ok());
  EXPECT_EQ(budget_.used(), 6u);
  EXPECT_EQ(account_.used(), 6u);
  EXPECT_TRUE(Charge(Types(6, 4)).ok());
}

TEST_F(CoreTypeBudgetTest, AModuleMayHaveTheLimitAndNoMoreKnownOrNot) {
  EXPECT_TRUE(Charge(Types(0, 8)).ok());
  EXPECT_EQ(base::LimitOf(Charge(Types(0, 9))), "core_types");
}

TEST_F(CoreTypeBudgetTest, AnAccountHasItsShare) {
  CoreTypeAccount small(4);
  EXPECT_TRUE(ChargeTo(&small, Types(0, 4)).ok());
  EXPECT_EQ(base::LimitOf(ChargeTo(&small, Types(4, 1))), "core_types");
  EXPECT_TRUE(Charge(Types(4, 1)).ok()) << "others have room";
  small.SetLimit(5);
  EXPECT_TRUE(ChargeTo(&small, Types(5, 1)).ok());
  small.SetLimit(2);
  EXPECT_FALSE(ChargeTo(&small, Types(6, 1)).ok());
  EXPECT_TRUE(ChargeTo(&small, Types(0, 6)).ok());
}

TEST_F(CoreTypeBudgetTest, ValuesCountFromThe32ndOn) {
  EXPECT_TRUE(Charge(TypeOf(31)).ok());
  EXPECT_EQ(budget_.used(), 1u);
  EXPECT_TRUE(Charge(TypeOf(32)).ok());
  EXPECT_EQ(budget_.used(), 3u);
  EXPECT_FALSE(Charge(TypeOf(8 * 32)).ok());
}

TEST_F(CoreTypeBudgetTest, ARecGroupIsCountedWhole) {
  CoreEncoder group;
  group.Byte(0x4e).U32(3);
  for (int i = 0; i < 3; ++i) group.Byte(0x60).U32(0).U32(0);
  EXPECT_TRUE(Charge(Module(1, group)).ok());
  EXPECT_EQ(budget_.used(), 3u);
  EXPECT_TRUE(Charge(Module(1, group)).ok());
  EXPECT_EQ(budget_.used(), 3u);
  EXPECT_TRUE(Charge(TypeOf(0)).ok());
  EXPECT_EQ(budget_.used(), 4u) << "a type of its own is another";
}

TEST_F(CoreTypeBudgetTest, WhatCannotBeReadIsRefused) {
  const std::vector<uint8_t> module = wasm::ModuleFromText("01 [02 60 00 00 61 00 00]");
  EXPECT_THAT(budget_.Charge(module, &account_), wasm::IsMalformed(14, "core type"));
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(CoreTypeBudgetTest, ManyThreadsTogetherHaveTheLimit) {
  constexpr uint32_t kThreads = 8;
  CoreTypeBudget budget(/*limit=*/100, /*module_limit=*/kPlenty);
  CoreTypeAccount account(kPlenty);
  std::vector<std::thread> threads;
  for (uint32_t thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&budget, &account, thread] {
      for (uint32_t i = 0; i < 50; ++i) {
        const std::string module = Types(thread * 50 + i, 1);
        budget.Charge({reinterpret_cast<const uint8_t*>(module.data()), module.size()}, &account)
            .IgnoreError();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(budget.used(), 100u);
  EXPECT_EQ(account.used(), 100u);
}

}  // namespace
}  // namespace davit::engine
