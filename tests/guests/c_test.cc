// c:blocks under the runtime: post-return frees what results are made of.

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "tests/guests/hosted.h"

namespace davit::guests {
namespace {

class CTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(guest_.ok()) << guest_.status(); }

  std::string Call(std::string_view call) {
    return guest_->Call(absl::StrCat("test:blocks/api#", call));
  }
  // Calls and expects `answer`, and that every block of it is freed afterwards.
  void ExpectFreed(std::string_view call, std::string_view answer) {
    EXPECT_EQ(Call(call), answer);
    EXPECT_EQ(Call("live()"), "0") << call;
  }

  absl::StatusOr<Hosted> guest_ = Hosted::Create("tests/guests/c/blocks.wasm");
};

TEST_F(CTest, PostReturnFreesStrings) {
  ExpectFreed("repeat(\"ab\", 3)", "\"ababab\"");
  ExpectFreed("repeat(\"\", 3)", "\"\"");
  EXPECT_EQ(Call("freed()"), "2");  // argument and result of the first call
}

TEST_F(CTest, PostReturnFreesListsAndTheirItems) {
  ExpectFreed("split(\"a,b,,c\", ',')", "[\"a\", \"b\", \"\", \"c\"]");
  ExpectFreed("reverse([1, 2, 3])", "[3, 2, 1]");
  ExpectFreed("reverse([])", "[]");
  ExpectFreed("reverse-entries([{key: \"a\", values: [1]}, {key: \"\", values: []}])",
              "[{key: \"\", values: []}, {key: \"a\", values: [1]}]");
}

TEST_F(CTest, PostReturnFreesWhatTheCaseHolds) {
  ExpectFreed("classify(\"text\")", "ok(some(\"text\"))");
  ExpectFreed("classify(\"-\")", "ok(none)");
  ExpectFreed("classify(\"\")", "err(empty)");
  ExpectFreed("classify(\"?abc\")", "err(at(4))");
  ExpectFreed("classify(\"!why\")", "err(because(\"why\"))");
}

TEST_F(CTest, NothingToFreeWithoutPostReturn) { ExpectFreed("length(\"four\")", "4"); }

TEST_F(CTest, MegabyteThereAndBack) {
  const std::string text(1 << 20, 'x');
  ExpectFreed(absl::StrCat("repeat(\"", text, "\", 1)"), absl::StrCat("\"", text, "\""));
}

TEST_F(CTest, ResourceOwnsItsBlocks) {
  const std::string blob = Call("[constructor]blob([1, 2, 3])");
  EXPECT_EQ(Call("live()"), "2");
  EXPECT_EQ(Call(absl::StrCat("[method]blob.size(", blob, ")")), "3");
  EXPECT_EQ(Call(absl::StrCat("[method]blob.bytes(", blob, ")")), "[1, 2, 3]");
  EXPECT_EQ(Call("live()"), "2");
}

}  // namespace
}  // namespace davit::guests
