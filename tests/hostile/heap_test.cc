// Guests that take all of their cell's JavaScript heap, again and again, and those beside them in
// the same cell.

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

using absl_testing::IsOk;

constexpr uint32_t kTables = 100;
constexpr int32_t kMostElements = 999'000;

// table.grow of `table` by as much as it takes.
Code Grow(uint32_t table) {
  return Code()
      .Op(kRefNull)
      .Byte(kFuncRef)
      .I32(kMostElements)
      .Op(wasm::kTableGrow, table)
      .Op(kDrop);
}

// `hog` grows a hundred tables by a million elements each, one after the other: some gigabytes.
std::string Hog() {
  ModuleBuilder module;
  Code body;
  for (uint32_t i = 0; i < kTables; ++i) {
    module.Table(kFuncRef, {});
    body.Times(1, Grow(i));
  }
  module.ExportAction("hog", body);
  return ComponentOf(module.Build(), {{"hog"}});
}

// The same with tables that it imports, of 20 other modules.
std::string HogOfImports() {
  constexpr uint32_t kModules = 20;
  ComponentBuilder component;
  ModuleBuilder exporter, importer;
  for (uint32_t i = 0; i < kTables; ++i) {
    exporter.Export(absl::StrCat("t", i), Kind::kTable, exporter.Table(kFuncRef, {}));
  }
  const uint32_t exporting = component.CoreModule(exporter.Build());
  std::vector<std::string> names;
  for (uint32_t m = 0; m < kModules; ++m) names.push_back(absl::StrCat("m", m));
  Code body;
  ComponentBuilder::CoreArgs args;
  for (const std::string& name : names) {
    args.emplace_back(name, component.CoreInstance(exporting));
    for (uint32_t i = 0; i < kTables; ++i) {
      body.Times(1, Grow(importer.ImportTable(name, absl::StrCat("t", i), kFuncRef, {})));
    }
  }
  importer.ExportAction("hog", body);
  const uint32_t instance = component.CoreInstance(component.CoreModule(importer.Build()), args);
  const uint32_t hog = component.CoreExport(kCoreFunc, instance, "hog");
  component.Export("hog", kFuncSort, component.Lift(hog, component.FuncType({})));
  return component.Take();
}

class HeapTest : public HostileTest {
 protected:
  // SHARED instances all lie in one cell.
  HeapTest() : HostileTest("tenant { shared_cells: 1 }") {}

  v1::Instance::State StateOf(const std::string& instance) {
    const auto found = client().GetInstance(instance);
    EXPECT_THAT(found, IsOk());
    return found.ok() ? found->state() : v1::Instance::STATE_UNSPECIFIED;
  }
  absl::Status Add(const std::string& calc) {
    v1::CallRequest request;
    request.set_instance(calc);
    request.set_function("bench:calc/api#add");
    request.add_args()->set_u32(3);
    request.add_args()->set_u32(4);
    return client().Call(request).status();
  }
};

TEST_F(HeapTest, ManyTablesAreGrownInAStraightLine) {
  const std::string hog = Instance(Hog());
  EXPECT_THAT(Attack([&] { Call(hog, "hog").IgnoreError(); }), StaysWithin(Bounds{}));
}

TEST_F(HeapTest, TablesOfOthersAreGrownInAStraightLine) {
  const auto instance = [&] {
    v1::CreateInstanceRequest request;
    request.set_component(Deploy(HogOfImports()));
    return client().Instantiate(request);
  }();
  // It may be refused for its many tables.
  if (!instance.ok()) return;
  EXPECT_THAT(Attack([&] { Call(instance->name(), "hog").IgnoreError(); }), StaysWithin(Bounds{}));
}

// Tables are kept from exhausting it: engine/heap_limit_test has guests that do.
TEST_F(HeapTest, TablesAreGrownInFiftyInstances) {
  const std::string component = Deploy(Hog());
  EXPECT_THAT(Attack([&] {
                for (int i = 0; i < 50 && !IsDown(); ++i) {
                  const std::string hog = InstanceOf(component);
                  Call(hog, "hog").IgnoreError();
                  EXPECT_THAT(client().DeleteInstance(hog), IsOk());
                }
              }),
              StaysWithin(Bounds{}));
}

TEST_F(HeapTest, NobodyElseIsBlamed) {
  const std::string component = Deploy(Hog());
  const std::string calc = InstanceOf("calc");
  EXPECT_THAT(Attack([&] {
                for (int i = 0; i < 10 && !IsDown(); ++i) {
                  const std::string hog = InstanceOf(component);
                  EXPECT_THAT(Add(calc), IsOk());
                  Call(hog, "hog").IgnoreError();
                  EXPECT_THAT(Add(calc), IsOk());
                  EXPECT_EQ(StateOf(calc), v1::Instance::STATE_ACTIVE);
                }
              }),
              StaysWithin(Bounds{}));
}

// Each has a cell of its own, with a heap of its own.
TEST_F(HeapTest, OfManyDedicatedInstances) {
  ModuleBuilder module;
  Code body;
  for (uint32_t i = 0; i < 6; ++i) {
    module.Table(kFuncRef, {});
    body.Times(1, Grow(i));
  }
  module.ExportAction("hog", body);
  const std::string component = Deploy(ComponentOf(module.Build(), {{"hog"}}));
  EXPECT_THAT(Attack([&] {
                v1::CreateInstanceRequest request;
                request.set_component(component);
                request.set_isolation(v1::ISOLATION_DEDICATED);
                for (int i = 0; i < 90 && !IsDown(); ++i) {
                  const auto instance = client().Instantiate(request);
                  if (instance.ok()) Call(instance->name(), "hog").IgnoreError();
                }
              }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB, .settled_bytes = 2 * kGiB}));
}

}  // namespace
}  // namespace davit::hostile
