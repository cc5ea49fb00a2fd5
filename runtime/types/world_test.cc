#include "runtime/types/world.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/base/limits.h"

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

TEST(ExportedFuncs, LeaveOutInstancesWithinInstances) {
  // Each level holds the one below twice: 2^64 functions, were they all counted.
  Extern e = Interface("level", {Func("f")});
  for (int i = 0; i < 64; ++i) e = Interface("level", {e, {.name = "again", .item = e.item}});
  const World world = {.exports = {e, Interface("flat", {Func("f")})}};
  ASSERT_EQ(ExportedFuncs(world).size(), 1u);
  EXPECT_EQ(ExportedFuncs(world)[0].name, "flat#f");
}

TEST(ExportedFuncs, AreLimitedInNumber) {
  const std::vector<Extern> funcs(1000, Func("f"));
  World world = {.exports = std::vector<Extern>(100, Interface("i", funcs))};
  EXPECT_EQ(ExportedFuncs(world).size(), base::kMaxExportedFuncs);
  world.exports.push_back(Func("one-more"));
  EXPECT_EQ(ExportedFuncs(world).size(), base::kMaxExportedFuncs);
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

TEST(FindExportedFunc, FindsWithoutInterfaceWhereOneIsMeant) {
  EXPECT_EQ(FindExportedFunc(TwoVersions(), "only-1")->name, "a:b/c@1.0.0#only-1");
  const auto found = FindExportedFunc(TwoVersions(), "f");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(found.status().message(), "'f' may be any of a:b/c@1.0.0#f, a:b/c@2.0.0#f");
}

TEST(FindExportedFunc, AFunctionOfTheWorldIsMeantBeforeThoseOfInterfaces) {
  World world = TwoVersions();
  world.exports.push_back(Func("f"));
  EXPECT_EQ(FindExportedFunc(world, "f")->name, "f");
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
