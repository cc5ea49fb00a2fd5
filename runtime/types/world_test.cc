#include "runtime/types/world.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace davit::types {
namespace {

Extern Func(std::string name) { return {.name = std::move(name), .item = MakeItem(FuncType{})}; }

Extern Interface(std::string name, std::vector<Extern> items) {
  return {.name = std::move(name), .item = MakeItem(Instance{.items = std::move(items)})};
}

World TwoVersions() {
  return {.imports = {Func("imported")},
          .exports = {Func("run"),
                      Interface("a:b/c@1.0.0", {Func("f"), Func("only-1")}),
                      {.name = "t", .item = MakeItem(Primitive(Kind::kU8))},
                      Interface("a:b/c@2.0.0", {Func("f")})}};
}

TEST(ExportedFuncs, AreAllFunctionsInExportOrder) {
  std::vector<std::string> names;
  for (const ExportedFunc& func : ExportedFuncs(TwoVersions())) names.push_back(func.name);
  EXPECT_EQ(names, (std::vector<std::string>{"run", "a:b/c@1.0.0#f", "a:b/c@1.0.0#only-1",
                                             "a:b/c@2.0.0#f"}));
}

TEST(ExportedFuncs, IncludeNestedInstances) {
  const World world = {.exports = {Interface("outer", {Interface("inner", {Func("f")})})}};
  ASSERT_EQ(ExportedFuncs(world).size(), 1u);
  EXPECT_EQ(ExportedFuncs(world)[0].name, "outer#inner#f");
}

TEST(FindExportedFunc, FindsByFullName) {
  EXPECT_EQ(FindExportedFunc(TwoVersions(), "run")->name, "run");
  EXPECT_EQ(FindExportedFunc(TwoVersions(), "a:b/c@2.0.0#f")->name, "a:b/c@2.0.0#f");
}

TEST(FindExportedFunc, FindsWithoutVersionWhenThereIsOne) {
  EXPECT_EQ(FindExportedFunc(TwoVersions(), "a:b/c#only-1")->name, "a:b/c@1.0.0#only-1");
}

TEST(FindExportedFunc, RefusesToChooseBetweenVersions) {
  const auto found = FindExportedFunc(TwoVersions(), "a:b/c#f");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(found.status().message(), "'a:b/c#f' may be any of a:b/c@1.0.0#f, a:b/c@2.0.0#f");
}

TEST(FindExportedFunc, SaysWhatThereIs) {
  const auto found = FindExportedFunc({.exports = {Func("run")}}, "walk");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(found.status().message(), "no function 'walk' is exported; there is run");
  EXPECT_EQ(FindExportedFunc(World{}, "walk").status().message(),
            "no function 'walk' is exported; there is no functions");
}

TEST(FindExportedFunc, SaysOnlySomeOfMany) {
  World world;
  for (int i = 0; i < 25; ++i) world.exports.push_back(Func("f" + std::to_string(i)));
  const auto found = FindExportedFunc(world, "walk");
  EXPECT_NE(found.status().message().find("f19 and 5 more"), std::string::npos);
}

TEST(FindExportedFunc, DoesNotFindImports) {
  EXPECT_FALSE(FindExportedFunc(TwoVersions(), "imported").ok());
}

}  // namespace
}  // namespace davit::types
