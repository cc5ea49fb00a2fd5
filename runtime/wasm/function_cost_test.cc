#include "runtime/wasm/function_cost.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/wasm/binary_test_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::wasm {
namespace {

constexpr uint64_t kMuch = 1'000'000;
// Functions as short as these may be put into others by the optimiser.
constexpr uint64_t kMostInlined = 64;
// Units of what the tests are made of.
constexpr uint64_t kName = 2, kTrap = 64, kJump = 128, kLoop = 256, kTry = 256, kLabel = 32,
                   kOperand = 16, kThrown = 24, kCaughtCall = 128;

// Types 0 (func), 1 (func (param i32 i32) (result i32)), 2 (struct (field i32) (field i32)),
// 3 (array i8); function 0 of type 0 imported, function 1 of `type` defined; tag 0 of type 1.
std::vector<uint8_t> Module(std::string_view body, std::string_view type = "00") {
  return ModuleFromText(absl::StrCat(
      "01 [04 60 00 00 60 02 7f 7f 01 7f 5f 02 7f 00 7f 00 5e 78 00] 02 [01 ['m'] ['f'] 00 00] "
      "03 [01 ",
      type, "] 0d [01 00 01] 0a [01 [", body, "]]"));
}

absl::Status Check(const std::vector<uint8_t>& module, const FunctionLimits& limits) {
  const auto info = ReadCoreModule(module, 0);
  if (!info.ok()) return info.status();
  return CheckFunctionCosts(module, *info, limits);
}

// The least limit that the function passes.
uint64_t ValuesOf(const std::vector<uint8_t>& module) {
  uint64_t least = 0, most = kMuch;
  while (least < most) {
    const uint64_t middle = least + (most - least) / 2;
    const absl::Status status =
        Check(module, {.bytes = kMuch, .values = middle * kMostInlined, .gc = true});
    if (status.ok()) {
      most = middle;
    } else {
      EXPECT_EQ(base::LimitOf(status), "function_values") << status;
      least = middle + 1;
    }
  }
  return least;
}
uint64_t ValuesOf(std::string_view body, std::string_view type = "00") {
  return ValuesOf(Module(body, type));
}

// How many operands are alive after `code`, to which a branch is added.
uint64_t OperandsAfter(std::string_view code) {
  const uint64_t before = ValuesOf(absl::StrCat("00 ", code, " 0b"));
  return ValuesOf(absl::StrCat("00 ", code, " 0c 00 0b")) - before - kJump;
}

TEST(FunctionCost, ABodyHasSoManyBytes) {
  const auto module = Module("00 01 01 0b");
  EXPECT_TRUE(Check(module, {.bytes = 4, .values = kMuch}).ok());
  const absl::Status status = Check(module, {.bytes = 3, .values = kMuch});
  EXPECT_EQ(base::LimitOf(status), "function_bytes");
  EXPECT_NE(status.message().find("core function 1 "), std::string_view::npos) << status;
}

TEST(FunctionCost, ParamsAndLocalsAreKeptAtEachBranchAndLabel) {
  constexpr uint64_t kEmpty = kName, kLocals = 3;  // "end"; each local counts as the body begins
  EXPECT_EQ(ValuesOf("00 0b"), kEmpty);
  EXPECT_EQ(ValuesOf("02 03 7f 02 64 70 0b"), kEmpty + 5) << "locals";
  EXPECT_EQ(ValuesOf("02 03 7f 02 64 70 0c 00 0b"), kEmpty + 5 + kJump + 5) << "br";
  EXPECT_EQ(ValuesOf("01 03 7f 20 00 0c 00 0b", "01"), kEmpty + 5 + kName + kJump + 6)
      << "with an operand";
  EXPECT_EQ(ValuesOf("01 03 7f 03 40 0b 0b"), kEmpty + 2 * kLocals + kLoop + kName) << "loop";
  EXPECT_EQ(ValuesOf("01 03 7f 02 40 0b 0b"), kEmpty + kLocals + 2 * kName) << "block";
  EXPECT_EQ(ValuesOf("01 03 7f 41 00 04 40 0b 0b"), kEmpty + 2 * kLocals + 2 * kName + kJump)
      << "if";
  EXPECT_EQ(ValuesOf("01 03 7f 41 00 0e 02 00 00 00 0b"),
            kEmpty + kLocals + kName + kTrap + 3 * (kLabel + kLocals))
      << "br_table";
  EXPECT_EQ(ValuesOf("01 03 7f 10 00 10 00 0b"), kEmpty + kLocals + 2 * (kTrap + kLocals))
      << "call";
  EXPECT_EQ(ValuesOf("01 03 7f 1f 40 02 00 00 00 02 00 0b 0b"),
            kEmpty + kLocals + kTry + kLocals + 2 * (kLabel + kLocals) + 2 * kThrown + kName)
      << "try_table, catch and catch_all";
  EXPECT_EQ(ValuesOf("01 03 7f 06 40 07 00 19 0b 0b"),
            kEmpty + kLocals + 3 * kTry + 3 + 3 + 5 + 2 * kThrown + kName)
      << "try, catch, catch_all";
}

TEST(FunctionCost, WhatCallsPassIsCounted) {
  constexpr std::string_view kArguments = "00 41 00 41 00 ";
  const auto more = [&](std::string_view instruction, std::string_view type = "00") {
    return ValuesOf(absl::StrCat(kArguments, instruction, " 0b"), type) -
           ValuesOf(absl::StrCat(kArguments, "0b"), type);
  };
  constexpr uint64_t kSlots = 3, kAlive = 2;  // (i32 i32) -> i32
  EXPECT_EQ(more("10 01", "01") - more("10 00", "01"), kOperand * kSlots) << "call";
  EXPECT_EQ(more("11 01 00") - more("11 00 00"), kOperand * kSlots) << "call_indirect";
  EXPECT_EQ(more("14 01") - more("14 00"), kOperand * kSlots) << "call_ref";
  EXPECT_EQ(more("12 01", "01") - more("12 00", "01"), kOperand * kSlots) << "return_call";
  EXPECT_EQ(more("13 01 00") - more("13 00 00"), kOperand * kSlots) << "return_call_indirect";
  EXPECT_EQ(more("15 01") - more("15 00"), kOperand * kSlots) << "return_call_ref";
  EXPECT_EQ(more("08 00"), kTrap + kAlive + 2 * kThrown) << "throw";
  EXPECT_EQ(more("fb 01 02") - more("fb 01 03"), kOperand * 2) << "struct.new_default";
  EXPECT_EQ(more("fb 08 03 02") - more("fb 08 03 00"), kOperand * 2) << "array.new_fixed";
}

TEST(FunctionCost, ACallWhoseExceptionIsCaughtCostsMore) {
  const auto more = [&](std::string_view before, std::string_view after) {
    return ValuesOf(absl::StrCat("01 03 7f ", before, " 10 00 ", after)) -
           ValuesOf(absl::StrCat("01 03 7f ", before, " ", after));
  };
  const uint64_t uncaught = more("02 40", "0b 0b");
  EXPECT_EQ(more("06 40", "0b 0b"), uncaught + kCaughtCall + 3) << "try";
  EXPECT_EQ(more("1f 40 01 02 00", "0b 0b"), uncaught + kCaughtCall + 3) << "try_table";
  EXPECT_EQ(more("06 40 02 40", "0b 0b 0b"), uncaught + kCaughtCall + 3) << "around";
  EXPECT_EQ(more("06 40 0b", "0b"), uncaught) << "before";
}

TEST(FunctionCost, AFunctionThatMayBeInlinedAsksForLess) {
  const auto module = [](size_t bytes) {
    std::string body = "00 ";
    for (size_t i = 0; i + 2 < bytes; ++i) body += "01 ";
    return Module(body + "0b");
  };
  constexpr uint64_t kLongest = 500;
  const auto limits = [](uint64_t values) {
    return FunctionLimits{.bytes = kMuch, .values = values};
  };
  EXPECT_TRUE(Check(module(kLongest), limits(kMostInlined * kName * (kLongest - 1))).ok());
  EXPECT_FALSE(Check(module(kLongest), limits(kMostInlined * kName * (kLongest - 1) - 1)).ok());
  EXPECT_TRUE(Check(module(kLongest + 1), limits(kName * kLongest)).ok());
  EXPECT_FALSE(Check(module(kLongest + 1), limits(kName * kLongest - 1)).ok());
}

TEST(FunctionCost, AllFunctionsOfAModuleAskForSoMuchTogether) {
  // Each of them 50,000 locals in four bytes.
  const auto module = [](uint32_t count) {
    CoreEncoder types, funcs, code;
    types.U32(1).Bytes({0x60, 0, 0});
    funcs.U32(count);
    code.U32(count);
    for (uint32_t i = 0; i < count; ++i) {
      funcs.U32(0);
      code.Sized(CoreEncoder().U32(1).U32(50'000).Bytes({0x7f, 0x0b}));
    }
    const std::string bytes = CoreEncoder()
                                  .Preamble()
                                  .Section(CoreSectionId::kType, types)
                                  .Section(CoreSectionId::kFunction, funcs)
                                  .Section(CoreSectionId::kCode, code)
                                  .Take();
    return std::vector<uint8_t>(bytes.begin(), bytes.end());
  };
  constexpr FunctionLimits kLimits = {.bytes = kMuch, .values = kMostInlined * kMuch};
  constexpr uint64_t kEach = 50'002, kAll = 64 << 20, kPerByte = 24 * 7;
  constexpr uint32_t kCount = kAll / (kEach - kPerByte);
  EXPECT_TRUE(Check(module(kCount), kLimits).ok()) << Check(module(kCount), kLimits);
  EXPECT_EQ(base::LimitOf(Check(module(kCount + 1), kLimits)), "module_values");
}

TEST(FunctionCost, InstructionsOfTheGcProposalAreAFeature) {
  const auto module = Module("00 41 00 fb 1c 1a 0b");  // ref.i31
  EXPECT_TRUE(Check(module, {.bytes = kMuch, .values = kMuch, .gc = true}).ok());
  const absl::Status status = Check(module, {.bytes = kMuch, .values = kMuch});
  EXPECT_EQ(base::FeatureOf(status), "gc") << status;
  EXPECT_TRUE(Check(Module("00 d0 01 d4 1a 0b"), {.bytes = kMuch, .values = kMuch}).ok())
      << "typed references are none of it";
}

TEST(FunctionCost, OperandsAreCountedThroughEveryKindOfInstruction) {
  constexpr std::string_view kOne = "41 00 ", kTwo = "41 00 41 00 ",
                             kFour = "41 00 41 00 41 00 41 00 ";
  EXPECT_EQ(OperandsAfter(kFour), 4u);
  EXPECT_EQ(OperandsAfter(absl::StrCat(kTwo, "6a")), 1u) << "i32.add";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kTwo, "45")), 2u) << "i32.eqz";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "1b")), 2u) << "select";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "1c 01 7f")), 2u) << "select t";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kOne, "28 02 00")), 1u) << "i32.load";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kTwo, "28 42 01 80 80 80 80 80 01")), 2u) << "memory 1";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "36 02 00")), 2u) << "i32.store";
  EXPECT_EQ(OperandsAfter("42 80 01 43 00 00 00 00 44 00 00 00 00 00 00 00 00"), 3u) << "const";
  EXPECT_EQ(OperandsAfter("d0 70 d1"), 1u) << "ref.null, ref.is_null";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "10 00")), 4u) << "call";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "11 01 00")), 2u) << "call_indirect";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "14 01")), 2u) << "call_ref";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fb 00 02")), 3u) << "struct.new";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fb 08 03 03")), 2u) << "array.new_fixed";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fb 0e 03")), 1u) << "array.set";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fc 0a 00 00")), 1u) << "memory.copy";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fd 6e")), 3u) << "i8x16.add";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fd 80 01")), 4u) << "i16x8.abs";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fd 85 02")), 2u) << "f32x4.relaxed_madd";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fd 54 00 00 03")), 3u) << "v128.load8_lane";
  EXPECT_EQ(OperandsAfter(absl::StrCat(kFour, "fe 48 02 00")), 2u) << "i32.atomic.rmw.cmpxchg";
}

TEST(FunctionCost, BlocksLeaveTheirResults) {
  EXPECT_EQ(OperandsAfter("41 00 02 40 0b"), 1u);
  EXPECT_EQ(OperandsAfter("41 00 02 7f 41 01 0b"), 2u);
  EXPECT_EQ(OperandsAfter("41 00 02 64 70 d2 00 0b"), 2u) << "a reference";
  EXPECT_EQ(OperandsAfter("41 00 41 00 02 01 6a 0b"), 1u) << "params";
  EXPECT_EQ(OperandsAfter("41 00 41 00 41 00 04 01 6a 05 6b 0b"), 1u) << "if and else";
}

TEST(FunctionCost, NothingIsAliveAfterABranch) {
  EXPECT_EQ(OperandsAfter("41 00 41 00 00"), 0u) << "unreachable";
  EXPECT_EQ(OperandsAfter("41 00 02 40 41 00 41 00 0f 0b"), 1u) << "return, in a block";
  EXPECT_EQ(OperandsAfter("00 6a 6a 41 00"), 1u) << "dead code may pop from nothing";
}

TEST(FunctionCost, AHugeNumberOfLocalsIsNoMistake) {
  constexpr uint64_t kLocals = 0x1'ffff'fffe;
  const auto module = Module("02 ff ff ff ff 0f 7f ff ff ff ff 0f 7f 0b");
  EXPECT_EQ(base::LimitOf(
                Check(module, {.bytes = kMuch, .values = kMostInlined * (kLocals + kName) - 1})),
            "function_values");
  EXPECT_EQ(
      base::LimitOf(Check(module, {.bytes = kMuch, .values = kMostInlined * (kLocals + kName)})),
      "module_values");
}

TEST(FunctionCost, BytesThatAreNoInstructionAreMalformed) {
  for (std::string_view body : {"00 27 0b", "00 fb 1f 0b", "00 fc 12 0b", "00 fd 94 02 0b",
                                "00 fe 4f 0b", "00 fc 80 80 04 0b", "00 41", "00 02 40 0b", "00"}) {
    const absl::Status status = Check(Module(body), {.bytes = kMuch, .values = kMuch, .gc = true});
    EXPECT_TRUE(base::BinaryErrorOf(status).has_value()) << body << status;
  }
}

}  // namespace
}  // namespace davit::wasm
