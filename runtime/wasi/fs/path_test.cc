#include "runtime/wasi/fs/path.h"

#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/fs/error.h"

namespace davit::wasi::fs {
namespace {

using ::testing::ElementsAre;

std::string_view Check(std::string_view path) {
  const Result<void> checked = CheckPath(path);
  return checked ? "ok" : ErrorName(checked.error());
}

TEST(CheckPath, AllowsAPathOfTheGreatestLengthAndNoMore) {
  std::string path = "a";
  while (path.size() < kMaxPathBytes) path += "/a";
  ASSERT_EQ(path.size(), kMaxPathBytes);
  EXPECT_EQ(Check(path), "ok");
  EXPECT_EQ(Check(path + "/"), "name-too-long");
}

TEST(CheckPath, AllowsAComponentOfTheGreatestLengthAndNoMore) {
  const std::string name(kMaxNameBytes, 'x');
  EXPECT_EQ(Check(name), "ok");
  EXPECT_EQ(Check("a/" + name + "/b"), "ok");
  EXPECT_EQ(Check(name + "x"), "name-too-long");
  EXPECT_EQ(Check("a/" + name + "x/b"), "name-too-long");
  EXPECT_EQ(Check("a/b/" + name + "x///"), "name-too-long");
}

TEST(CheckPath, LooksForNulEverywhere) {
  EXPECT_EQ(Check(std::string_view("\0", 1)), "invalid");
  EXPECT_EQ(Check(std::string_view("a\0", 2)), "invalid");
  EXPECT_EQ(Check(std::string_view("/\0", 2)), "invalid");
}

TEST(CheckLinkTarget, LeavesComponentsToWhoeverFollows) {
  EXPECT_TRUE(CheckLinkTarget(std::string(kMaxPathBytes, 'x')).has_value());
  EXPECT_FALSE(CheckLinkTarget(std::string(kMaxPathBytes + 1, 'x')).has_value());
}

TEST(SplitLast, TakesTheLastComponentAndTellsWhetherASlashFollows) {
  struct Case {
    std::string_view path, parent, last;
    bool slash;
  };
  for (const Case& c : {Case{"a", "", "a", false}, Case{"a/", "", "a", true},
                        Case{"a/b", "a/", "b", false}, Case{"a//b//", "a//", "b", true},
                        Case{"a/..", "a/", "..", false}, Case{".", "", ".", false}}) {
    const SplitPath split = SplitLast(c.path);
    EXPECT_EQ(split.parent, c.parent) << c.path;
    EXPECT_EQ(split.last.text, c.last) << c.path;
    EXPECT_EQ(split.last.slash, c.slash) << c.path;
  }
}

TEST(TakeFirst, GoesThroughAPath) {
  std::string_view path = "a//bc/./d/";
  std::vector<std::string> components;
  while (!IsOver(path)) components.emplace_back(TakeFirst(path).text);
  EXPECT_THAT(components, ElementsAre("a", "bc", ".", "d"));
  EXPECT_EQ(path, "/");
}

TEST(ErrorName, IsKnownForEachCode) {
  EXPECT_EQ(ErrorName(Error::kAccess), "access");
  EXPECT_EQ(ErrorName(Error::kQuota), "quota");
  EXPECT_EQ(ErrorName(Error::kNoTty), "no-tty");
  EXPECT_EQ(ErrorName(Error::kCrossDevice), "cross-device");
}

}  // namespace
}  // namespace davit::wasi::fs
