// What clients and guests may keep, each within its limits, and all together more than the machine
// has: handles, components.

#include <cstdint>
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

// `hoard` makes as many resources as its parameter says, and keeps them.
std::string Hoarder() {
  ModuleBuilder module;
  const uint32_t make = module.ImportFunc("host", "make", module.FuncType({kI32}, {kI32}));
  module.ExportMapping("hoard", Code().Repeat(0, Code().I32(1).Call(make).Op(kDrop)).Get(0));
  ComponentBuilder component;
  const uint32_t made = component.ResourceNew(component.Resource());
  const uint32_t host = component.CoreBundle({{"make", kCoreFunc, made}});
  const uint32_t instance =
      component.CoreInstance(component.CoreModule(module.Build()), {{"host", host}});
  const uint32_t hoard = component.CoreExport(kCoreFunc, instance, "hoard");
  const uint32_t type = component.FuncType({kU32Type}, {kU32Type});
  component.Export("hoard", kFuncSort, component.Lift(hoard, type));
  return component.Take();
}

// A component of many instances of it, each with handles of its own, and a function for each.
std::string Hoarders(uint32_t count) {
  ComponentBuilder outer;
  const uint32_t hoarder = outer.Component(Hoarder());
  for (uint32_t i = 0; i < count; ++i) {
    const uint32_t func = outer.InstanceExport(kFuncSort, outer.Instance(hoarder), "hoard");
    outer.Export(absl::StrCat("hoard", i), kFuncSort, func);
  }
  return outer.Take();
}

using HoardTest = HostileTest;

TEST_F(HoardTest, OfHandlesInManyInstances) {
  const std::string component = Deploy(Hoarder());
  EXPECT_THAT(Attack([&] {
                for (int i = 0; i < 100 && !IsDown(); ++i) {
                  v1::CreateInstanceRequest request;
                  request.set_component(component);
                  request.mutable_limits()->set_handles(10'000'000);
                  const auto instance = client().Instantiate(request);
                  if (instance.ok())
                    Call(instance->name(), "hoard", {.arg = 9'900'000}).IgnoreError();
                }
              }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB, .settled_bytes = 2 * kGiB}));
}

// By default an instance may have a million, and a component as many instances as it likes.
TEST_F(HoardTest, OfHandlesInOneInstance) {
  const std::string component = Deploy(Hoarders(200));
  EXPECT_THAT(Attack([&] {
                const std::string instance = InstanceOf(component);
                for (int i = 0; i < 200 && !IsDown(); ++i) {
                  Call(instance, absl::StrCat("hoard", i), {.arg = 990'000}).IgnoreError();
                }
              }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB, .settled_bytes = 2 * kGiB}));
}

// Few bytes that take some 40 MB each once they are compiled: definitions by the 100,000.
TEST_F(HoardTest, OfComponents) {
  EXPECT_THAT(
      Attack([&] {
        for (int i = 0; i < 100 && !IsDown(); ++i) {
          wasm::CoreEncoder types, imports;
          types.U32(1).Byte(kFuncTypeForm).U32(0).Bytes({0x01, 0x00});
          constexpr uint32_t kImports = 190'000;
          imports.U32(kImports);
          for (uint32_t n = 0; n < kImports; ++n) {
            imports.Byte(0).Name(absl::StrCat("n", n)).Byte(kFuncSort).U32(0);
          }
          ComponentBuilder component;
          component.Section(kTypeSection, types).Section(kImportSection, imports);
          component.CoreModule(ModuleBuilder().Build());
          const auto deployed = Connect()->Deploy(absl::StrCat("hoard-", i), component.Take());
          if (i == 0) std::cerr << "deployed: " << deployed.status() << "\n";
        }
      }),
      StaysWithin(Bounds{
          .peak_bytes = 2 * kGiB, .settled_bytes = 2 * kGiB, .bystander = absl::Seconds(2)}));
}

}  // namespace
}  // namespace davit::hostile
