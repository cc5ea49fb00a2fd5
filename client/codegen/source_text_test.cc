#include "client/codegen/source_text.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace davit::codegen {
namespace {

TEST(Wrapped, IsOneLineWhereItFits) {
  const std::vector<std::string> parts = {"a", std::string(kLineLength - 6, 'b')};
  EXPECT_EQ(Wrapped("(", parts, ");", 2), "(a, " + parts[1] + ");");
}

TEST(Wrapped, FillsFurtherLines) {
  const std::vector<std::string> parts = {std::string(50, 'a'), std::string(45, 'b'), "c"};
  EXPECT_EQ(Wrapped("f(", parts, ");", 2), "f(\n  " + parts[0] + ", " + parts[1] + ",\n  c);");
}

TEST(Wrapped, BreaksNoPart) {
  const std::vector<std::string> parts = {std::string(120, 'a')};
  EXPECT_EQ(Wrapped("f(", parts, ");", 2), "f(\n  " + parts[0] + ");");
  const std::string head(120, 'f');
  EXPECT_EQ(Wrapped(head + "(", {}, ");", 2), head + "();");
}

TEST(Comment, BreaksBetweenWords) {
  EXPECT_EQ(Comment(2, "a b"), "  // a b\n");
  const std::string word(90, 'w');
  EXPECT_EQ(Comment(2, word + " more words", 2), "  // " + word + " more\n  //   words\n");
}

}  // namespace
}  // namespace davit::codegen
