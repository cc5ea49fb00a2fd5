#include "runtime/binary/function_cost.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/binary/binary_test_util.h"

namespace davit::binary {
namespace {

constexpr uint64_t kMuch = 1'000'000;
// What each label, branch and call counts besides its values.
constexpr uint64_t kEach = 32;

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
uint64_t KeptBy(const std::vector<uint8_t>& module) {
  for (uint64_t limit = 0; limit < 300; ++limit) {
    const absl::Status status = Check(module, {.bytes = kMuch, .kept_values = limit});
    if (status.ok()) return limit;
    EXPECT_EQ(base::LimitOf(status), "function_values") << status;
  }
  return kMuch;
}

// How many operands are alive after `code`, to which a branch is added.
uint64_t OperandsAfter(std::string_view code) {
  const uint64_t before = KeptBy(Module(absl::StrCat("00 ", code, " 0b")));
  return KeptBy(Module(absl::StrCat("00 ", code, " 0c 00 0b"))) - before - kEach;
}

TEST(FunctionCost, ABodyHasSoManyBytes) {
  const auto module = Module("00 01 01 0b");
  EXPECT_TRUE(Check(module, {.bytes = 4, .kept_values = 0}).ok());
  const absl::Status status = Check(module, {.bytes = 3, .kept_values = 0});
  EXPECT_EQ(base::LimitOf(status), "function_bytes");
  EXPECT_NE(status.message().find("core function 1 "), std::string_view::npos) << status;
}

TEST(FunctionCost, ParamsAndLocalsAreKeptAtEachBranchAndLabel) {
  EXPECT_EQ(KeptBy(Module("00 0b")), 0u);
  EXPECT_EQ(KeptBy(Module("02 03 7f 02 64 70 0c 00 0b")), kEach + 5) << "br";
  EXPECT_EQ(KeptBy(Module("01 03 7f 20 00 0c 00 0b", "01")), kEach + 6) << "with an operand";
  EXPECT_EQ(KeptBy(Module("01 03 7f 03 40 0b 0b")), kEach + 3) << "loop";
  EXPECT_EQ(KeptBy(Module("01 03 7f 02 40 0b 0b")), 0u) << "block";
  EXPECT_EQ(KeptBy(Module("01 03 7f 41 00 04 40 0b 0b")), kEach + 3) << "if";
  EXPECT_EQ(KeptBy(Module("01 03 7f 41 00 0e 02 00 00 00 0b")), 3 * kEach + 9) << "br_table";
  EXPECT_EQ(KeptBy(Module("01 03 7f 10 00 10 00 0b")), 2 * kEach + 6) << "call";
  EXPECT_EQ(KeptBy(Module("01 03 7f 1f 40 02 00 00 00 02 00 0b 0b")), 3 * kEach + 9) << "try_table";
  EXPECT_EQ(KeptBy(Module("01 03 7f 06 40 07 00 19 0b 0b")), 3 * kEach + 3 + 3 + 5) << "try";
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
  EXPECT_FALSE(Check(Module("02 ff ff ff ff 0f 7f ff ff ff ff 0f 7f 0c 00 0b"),
                     {.bytes = kMuch, .kept_values = kEach + 0x1'ffff'fffd})
                   .ok());
  EXPECT_TRUE(Check(Module("02 ff ff ff ff 0f 7f ff ff ff ff 0f 7f 0c 00 0b"),
                    {.bytes = kMuch, .kept_values = kEach + 0x1'ffff'fffe})
                  .ok());
}

TEST(FunctionCost, BytesThatAreNoInstructionAreMalformed) {
  for (std::string_view body : {"00 27 0b", "00 fb 1f 0b", "00 fc 12 0b", "00 fd 94 02 0b",
                                "00 fe 4f 0b", "00 fc 80 80 04 0b", "00 41", "00 02 40 0b", "00"}) {
    EXPECT_TRUE(base::BinaryErrorOf(Check(Module(body), {.bytes = kMuch, .kept_values = kMuch}))
                    .has_value())
        << body;
  }
}

}  // namespace
}  // namespace davit::binary
