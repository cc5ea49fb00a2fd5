#include "runtime/wasm/const_expr.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::wasm {
namespace {

// Reads an expression, which one more byte follows.
absl::StatusOr<ConstExpr> Read(std::string_view text) {
  std::vector<uint8_t> bytes = FromText(text);
  bytes.push_back(0xaa);
  base::ByteReader reader(bytes);
  absl::StatusOr<ConstExpr> expr = ReadConstExpr(reader);
  if (expr.ok()) {
    EXPECT_EQ(reader.remaining(), 1u) << text;
  }
  return expr;
}

std::optional<uint64_t> ValueOf(std::string_view text) {
  const absl::StatusOr<ConstExpr> expr = Read(text);
  EXPECT_TRUE(expr.ok()) << expr.status();
  return expr.ok() ? expr->value : std::nullopt;
}

TEST(ConstExpr, ZeroExtendsAnI32) {
  EXPECT_EQ(ValueOf("41 2a 0b"), 42u);
  EXPECT_EQ(ValueOf("41 7f 0b"), 0xffffffffu);
}

TEST(ConstExpr, KeepsAnI64) { EXPECT_EQ(ValueOf("42 7f 0b"), ~uint64_t{0}); }

TEST(ConstExpr, AddsSubtractsAndMultipliesModuloTheWidth) {
  EXPECT_EQ(ValueOf("41 05 41 03 6a 0b"), 8u);
  EXPECT_EQ(ValueOf("41 05 41 03 6b 0b"), 2u);
  EXPECT_EQ(ValueOf("41 05 41 03 6c 0b"), 15u);
  EXPECT_EQ(ValueOf("41 00 41 01 6b 0b"), 0xffffffffu);
  EXPECT_EQ(ValueOf("42 05 42 03 7c 0b"), 8u);
  EXPECT_EQ(ValueOf("42 00 42 01 7d 0b"), ~uint64_t{0});
  EXPECT_EQ(ValueOf("42 7f 42 03 7e 0b"), static_cast<uint64_t>(-3));
}

TEST(ConstExpr, HasNoValueWhenItDependsOnAGlobal) {
  EXPECT_EQ(ValueOf("23 00 0b"), std::nullopt);
  EXPECT_EQ(ValueOf("41 08 23 00 6a 0b"), std::nullopt);
}

TEST(ConstExpr, SkipsEveryOtherConstantInstruction) {
  for (const std::string_view text : {
           "43 00 00 80 3f 0b",                                         // f32.const
           "44 00 00 00 00 00 00 f0 3f 0b",                             // f64.const
           "d0 70 0b",                                                  // ref.null func
           "d0 05 0b",                                                  // ref.null 5
           "d2 03 0b",                                                  // ref.func
           "fd 0c 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 0b",  // v128.const
           "41 01 fb 00 02 0b",                                         // struct.new
           "fb 01 02 0b",                                               // struct.new_default
           "41 01 41 02 fb 06 02 0b",                                   // array.new
           "41 02 fb 07 02 0b",                                         // array.new_default
           "41 01 41 02 fb 08 02 02 0b",                                // array.new_fixed
           "41 01 fb 1c 0b",                                            // ref.i31
           "d0 6f fb 1a 0b",                                            // any.convert_extern
           "d0 6e fb 1b 0b",                                            // extern.convert_any
       }) {
    EXPECT_EQ(ValueOf(text), std::nullopt) << text;
  }
}

TEST(ConstExpr, HasNoValueWhenTheStackIsWrong) {
  EXPECT_EQ(ValueOf("0b"), std::nullopt);
  EXPECT_EQ(ValueOf("6a 0b"), std::nullopt);
  EXPECT_EQ(ValueOf("41 01 6a 0b"), std::nullopt);
  EXPECT_EQ(ValueOf("41 01 41 02 0b"), std::nullopt);
}

TEST(ConstExpr, RefusesInstructionsThatAreNotConstant) {
  EXPECT_THAT(Read("41 01 45 0b"), IsInvalid(2, "constant expression required"));
  EXPECT_THAT(Read("fd 0d"), IsInvalid(0, "constant expression required"));
  EXPECT_THAT(Read("fb 05"), IsInvalid(0, "constant expression required"));
}

TEST(ConstExpr, RefusesAMissingEnd) {
  const std::vector<uint8_t> bytes = FromText("41 01");
  base::ByteReader reader(bytes);
  EXPECT_THAT(ReadConstExpr(reader), IsMalformed(2, "constant expression"));
}

}  // namespace
}  // namespace davit::wasm
