#include "runtime/binary/ast.h"

#include <cstdint>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "gtest/gtest.h"

namespace davit::binary {
namespace {

TEST(SortName, IsTheKeywordOfTheTextFormat) {
  EXPECT_EQ(SortName(Sort::kCoreFunc), "core func");
  EXPECT_EQ(SortName(Sort::kCoreInstance), "core instance");
  EXPECT_EQ(SortName(Sort::kInstance), "instance");
}

TEST(SortName, TellsEverySortApart) {
  absl::flat_hash_set<std::string_view> names;
  for (uint8_t i = 0; i <= static_cast<uint8_t>(Sort::kInstance); ++i) {
    EXPECT_TRUE(names.insert(SortName(static_cast<Sort>(i))).second);
  }
  EXPECT_EQ(names.size(), 13u);
}

}  // namespace
}  // namespace davit::binary
