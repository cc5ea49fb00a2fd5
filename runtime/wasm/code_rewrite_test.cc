#include "runtime/wasm/code_rewrite.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/wasm/binary_test_util.h"
#include "runtime/wasm/core_module.h"
#include "runtime/wasm/core_sections.h"

namespace davit::wasm {
namespace {

// A module whose one function, () -> (), has this body without its locals and its end.
std::vector<uint8_t> ModuleOf(std::string_view body, std::string_view declarations = "") {
  return ModuleFromText(
      absl::StrCat("01 [01 60 00 00] ", declarations, " 0a [01 [00 ", body, " 0b]]"));
}
// A table of funcref and a memory of one page.
constexpr std::string_view kAll = "03 [01 00] 04 [01 70 00 01] 05 [01 00 01]";

class CodeRewriteTest : public testing::Test {
 protected:
  absl::StatusOr<RewrittenCode> Rewrite(std::string_view body,
                                        std::string_view declarations = kAll) {
    module_ = ModuleOf(body, declarations);
    info_ = *ReadCoreModule(module_, 0);
    const auto sections = *ReadCoreSections(module_, 0);
    code_ = *std::ranges::find(sections, CoreSectionId::kCode, &CoreSection::id);
    return RewriteCode(code_, info_);
  }
  static std::string Contents(std::string_view body) {
    const std::vector<uint8_t> bytes = FromText(absl::StrCat("01 [00 ", body, " 0b]"));
    return std::string(bytes.begin(), bytes.end());
  }

  std::vector<uint8_t> module_;
  CoreModuleInfo info_;
  CoreSection code_;
};

TEST_F(CodeRewriteTest, LeavesCodeAloneThatLooksOftenEnough) {
  const auto code = Rewrite("03 40 0c 00 0b");
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->contents.view(), Contents("03 40 0c 00 0b"));
  EXPECT_EQ(code->functions.count(), 0u);
  EXPECT_EQ(code->map.size(), 0u);
}

TEST_F(CodeRewriteTest, CallsAFunctionInPlaceOfABulkInstruction) {
  // i32.const 0, three times; memory.fill 0
  const auto code = Rewrite("41 00 41 00 41 00 fc 0b 00 01");
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->functions.count(), 1u);
  EXPECT_EQ(code->functions.type_count(), 1u);
  const std::string_view contents = code->contents.view();
  EXPECT_EQ(contents[0], 2) << "functions";
  const std::string body = Contents("41 00 41 00 41 00 10 01 01").substr(1);
  EXPECT_EQ(contents.substr(1, body.size()), body);
}

TEST_F(CodeRewriteTest, MakesOneFunctionForEachOperationAndItsIndices) {
  const auto code = Rewrite(
      "41 00 41 00 41 00 fc 0b 00 41 00 41 00 41 00 fc 0b 00"  // memory.fill 0, twice
      "41 00 41 00 41 00 fc 0a 00 00");                        // memory.copy 0 0
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->functions.count(), 2u);
  EXPECT_EQ(code->functions.type_count(), 1u) << "both take three i32";
}

TEST_F(CodeRewriteTest, LooksBeforeWhatMayTakeLongInOneGo) {
  const auto code = Rewrite("d0 70 41 01 fc 0f 00 1a");  // table.grow 0
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->functions.count(), 0u);
  EXPECT_EQ(code->contents.view(), Contents("d0 70 41 01 03 40 0b fc 0f 00 1a"));
}

TEST_F(CodeRewriteTest, LooksAtTheEntryBehindTheLocals) {
  const auto code = Rewrite("12 00");  // return_call 0
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->contents.view(), Contents("03 40 0b 12 00"));
}

TEST_F(CodeRewriteTest, KnowsWhereTheCodeStood) {
  const auto code = Rewrite("41 00 41 00 41 00 fc 0b 00 41 00 40 00 1a 00");
  ASSERT_TRUE(code.ok()) << code.status();
  // Offsets in the contents: count, size and locals are a byte each, of which none has moved but
  // what follows the instruction that is a byte shorter now, and the one with a look in front.
  for (const auto& [rewritten, original] : {std::pair{3u, 3u},  // i32.const
                                            {9u, 9u},           // call, in place of memory.fill
                                            {11u, 12u},         // i32.const
                                            {13u, 14u},         // the look
                                            {15u, 14u},
                                            {16u, 14u},  // memory.grow
                                            {18u, 16u},  // drop
                                            {19u, 17u}}) {
    EXPECT_EQ(code->map.OriginalOf(rewritten), original) << rewritten;
  }
}

TEST_F(CodeRewriteTest, LeavesToTheEngineWhatNamesNoMemory) {
  const auto code = Rewrite("41 00 41 00 41 00 fc 0b 07");
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(code->functions.count(), 0u);
}

TEST_F(CodeRewriteTest, RefusesBodiesThatCannotBeRead) {
  EXPECT_TRUE(base::BinaryErrorOf(Rewrite("0b 0b").status()).has_value())
      << "goes on behind its end";
  EXPECT_TRUE(base::BinaryErrorOf(Rewrite("02 40").status()).has_value()) << "is cut short";
}

}  // namespace
}  // namespace davit::wasm
