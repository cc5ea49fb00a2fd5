#include "runtime/binary/canon_def.h"

#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "gtest/gtest.h"

namespace davit::binary {
namespace {

TEST(CanonOpName, IsTheKeywordOfTheTextFormat) {
  EXPECT_EQ(CanonOpName(CanonOp::kLift), "lift");
  EXPECT_EQ(CanonOpName(CanonOp::kResourceDrop), "resource.drop");
  EXPECT_EQ(CanonOpName(CanonOp::kErrorContextDebugMessage), "error-context.debug-message");
}

TEST(CanonOpName, TellsEveryDefinitionApart) {
  absl::flat_hash_set<std::string_view> names;
  int known = 0;
  for (int op = 0; op < 256; ++op) {
    const std::string_view name = CanonOpName(static_cast<CanonOp>(op));
    if (name == "unknown") continue;
    ++known;
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(known, 47);
}

}  // namespace
}  // namespace davit::binary
