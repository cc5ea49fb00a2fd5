// What ends a guest from within, and how it is reported.

#include "runtime/base/trap.h"

#include <string>
#include <string_view>
#include <utility>

#include "gtest/gtest.h"
#include "runtime/engine/engine_test_util.h"

namespace davit::engine {

EngineOptions TestOptions() { return {.gc = true}; }

namespace {

using base::TrapCode;

struct TrapCase {
  const char* name;
  TrapCode code;
};

class CoreTrapTest : public ::testing::TestWithParam<TrapCase> {};

TEST_P(CoreTrapTest, HasItsCodeAndItsFrameAndLeavesTheStoreUsable) {
  TestGuest guest("traps");
  const auto result = guest.Call(GetParam().name, "->");
  const auto trap = base::TrapOf(result.status());
  ASSERT_TRUE(trap.has_value()) << result.status();
  EXPECT_EQ(trap->code, GetParam().code) << result.status();
  ASSERT_FALSE(trap->frames.empty());
  EXPECT_EQ(trap->frames[0].module, "traps");
  EXPECT_GT(trap->frames[0].offset, 0u);
  EXPECT_TRUE(guest.Call("fine", "->").ok());
}

INSTANTIATE_TEST_SUITE_P(
    All, CoreTrapTest,
    ::testing::Values(TrapCase{"unreachable", TrapCode::kUnreachable},
                      TrapCase{"catch_trap", TrapCode::kUnreachable},
                      TrapCase{"load", TrapCode::kMemoryOutOfBounds},
                      TrapCase{"fill", TrapCode::kMemoryOutOfBounds},
                      TrapCase{"divide", TrapCode::kIntegerDivideByZero},
                      TrapCase{"remainder", TrapCode::kIntegerDivideByZero},
                      TrapCase{"overflow", TrapCode::kIntegerOverflow},
                      TrapCase{"truncate", TrapCode::kFloatUnrepresentable},
                      TrapCase{"null_func", TrapCode::kIndirectCallTypeMismatch},
                      TrapCase{"signature", TrapCode::kIndirectCallTypeMismatch},
                      TrapCase{"no_func", TrapCode::kTableOutOfBounds},
                      TrapCase{"table_get", TrapCode::kTableOutOfBounds},
                      TrapCase{"table_fill", TrapCode::kTableOutOfBounds},
                      TrapCase{"null_struct", TrapCode::kNullReference},
                      TrapCase{"null_ref", TrapCode::kNullReference},
                      TrapCase{"throw", TrapCode::kUncaughtException},
                      TrapCase{"recurse", TrapCode::kStackOverflow}),
    [](const auto& info) { return info.param.name; });

TEST(TrapTest, FramesNameEachFunctionFromTheInnermostOn) {
  TestGuest guest("traps");
  const auto trap = base::TrapOf(guest.Call("deep", "->").status());
  ASSERT_TRUE(trap.has_value());
  EXPECT_EQ(trap->message, "unreachable");
  ASSERT_EQ(trap->frames.size(), 3u);
  EXPECT_EQ(trap->frames[0].function, "unreachable");
  EXPECT_EQ(trap->frames[0].function_index, 0u);
  EXPECT_EQ(trap->frames[1].function, "middle");
  EXPECT_EQ(trap->frames[1].function_index, 1u);
  EXPECT_EQ(trap->frames[2].function, "deep");
  EXPECT_EQ(trap->frames[2].function_index, 2u);
}

// The engine runs another module, with memories imported and code that looks more often.
TEST(TrapTest, OffsetsAreThoseOfTheModuleAsItWasUploaded) {
  const std::string module = TestModule("traps");
  TestGuest guest("traps");
  for (const auto& [name, instruction] : {std::pair{"unreachable", std::string_view("\x00", 1)},
                                          {"load", "\x28"},
                                          {"fill", "\xfc\x0b"},
                                          {"divide", "\x6d"},
                                          {"table_fill", "\xfc\x11"},
                                          {"throw", "\x08"}}) {
    const auto trap = base::TrapOf(guest.Call(name, "->").status());
    ASSERT_TRUE(trap.has_value() && !trap->frames.empty()) << name;
    EXPECT_EQ(module.substr(trap->frames[0].offset, instruction.size()), instruction) << name;
  }
  const auto trap = base::TrapOf(guest.Call("deep", "->").status());
  for (const size_t caller : {1, 2}) EXPECT_EQ(module[trap->frames[caller].offset], '\x10');
}

TEST(TrapTest, FramesAreLimited) {
  TestGuest guest("traps");
  const auto trap = base::TrapOf(guest.Call("recurse", "->").status());
  ASSERT_TRUE(trap.has_value());
  ASSERT_EQ(trap->frames.size(), 64u);
  EXPECT_EQ(trap->frames[63].function, "recurse");
}

TEST(TrapTest, ACaughtExceptionIsNoTrap) {
  TestGuest guest("traps");
  const auto result = guest.Call("catch", "-> i32");
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, 7u);
}

}  // namespace
}  // namespace davit::engine
