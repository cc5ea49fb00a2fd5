// Modules full of what V8 keeps for ever or makes much of: distinct types, over several uploads,
// and functions by the million. What is refused costs as well.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

using DeployMode = client::Client::DeployMode;

// One of 4^12 function types.
ModuleBuilder::Types ParamsOf(uint32_t number) {
  ModuleBuilder::Types params;
  for (int i = 0; i < 12; ++i, number /= 4) {
    params.push_back(static_cast<ValType>(kI32 - number % 4));
  }
  return params;
}

std::string ModuleOfTypes(uint32_t first, uint32_t count) {
  ModuleBuilder module;
  for (uint32_t i = 0; i < count; ++i) module.FuncType(ParamsOf(first + i));
  return module.Build();
}

std::string ComponentOfTypes(uint32_t first, uint32_t count) {
  return ComponentOf(ModuleOfTypes(first, count));
}

// Types that V8 has seen by the time that it comes to what is wrong.
std::string InvalidComponentOfTypes(uint32_t first, uint32_t count) {
  ModuleBuilder module;
  for (uint32_t i = 0; i < count; ++i) module.FuncType(ParamsOf(first + i));
  module.Func(module.FuncType(), Code().I32(0));
  return ComponentOf(module.Build());
}

// One in whose middle lies a value that tells it from others.
std::string ComponentOfFunctions(uint32_t count, int32_t value) {
  ModuleBuilder module;
  const uint32_t type = module.FuncType();
  module.Func(type, Code().I32(value).Op(kDrop));
  for (uint32_t i = 1; i < count; ++i) module.Func(type, {});
  module.ExportAction("run", Code().Call(0).Call(count - 1));
  return ComponentOf(module.Build(), {{"run"}});
}

class CoreTypesTest : public HostileTest {
 protected:
  // All of 1.3 million types, in uploads of so many each.
  void Upload(std::string (*make)(uint32_t, uint32_t), uint32_t types, DeployMode mode) {
    constexpr uint32_t kAll = 1'300'000;
    int uploads = 0;
    for (uint32_t first = 0; first < kAll && !IsDown(); first += types) {
      Connect()
          ->Deploy(absl::StrCat("types-", ++uploads), make(first, types), mode)
          .status()
          .IgnoreError();
    }
  }
};

TEST_F(CoreTypesTest, DistinctOnesInFewUploadsToValidate) {
  EXPECT_THAT(Attack([&] { Upload(ComponentOfTypes, 260'000, DeployMode::kValidateOnly); }),
              StaysWithin(Bounds{.bystander = absl::Seconds(3)}));
}

TEST_F(CoreTypesTest, DistinctOnesInManyUploadsToValidate) {
  EXPECT_THAT(Attack([&] { Upload(ComponentOfTypes, 20'000, DeployMode::kValidateOnly); }),
              StaysWithin(Bounds{.bystander = absl::Seconds(3)}));
}

TEST_F(CoreTypesTest, DistinctOnesInDeployments) {
  EXPECT_THAT(Attack([&] { Upload(ComponentOfTypes, 20'000, DeployMode::kStore); }),
              StaysWithin(Bounds{.bystander = absl::Seconds(3)}));
}

TEST_F(CoreTypesTest, DistinctOnesInUploadsThatAreRefused) {
  EXPECT_THAT(Attack([&] { Upload(InvalidComponentOfTypes, 20'000, DeployMode::kStore); }),
              StaysWithin(Bounds{.bystander = absl::Seconds(3)}));
}

TEST_F(CoreTypesTest, HugeSignatures) {
  EXPECT_THAT(Attack([&] {
                for (int upload = 0; upload < 4 && !IsDown(); ++upload) {
                  ModuleBuilder module;
                  for (uint32_t i = 0; i < 10'000; ++i) {
                    ModuleBuilder::Types params = ParamsOf(10'000 * upload + i);
                    params.resize(1000, kI64);
                    module.FuncType(params, ModuleBuilder::Types(1000, kF64));
                  }
                  Connect()
                      ->Deploy(absl::StrCat("huge-", upload), ComponentOf(module.Build()))
                      .status()
                      .IgnoreError();
                }
              }),
              StaysWithin(Bounds{.bystander = absl::Seconds(3)}));
}

TEST_F(CoreTypesTest, MillionsOfFunctionsToValidate) {
  EXPECT_THAT(Attack([&] {
                for (int i = 0; i < 12 && !IsDown(); ++i) {
                  Connect()
                      ->Deploy("functions", ComponentOfFunctions(990'000, i),
                               DeployMode::kValidateOnly)
                      .status()
                      .IgnoreError();
                }
              }),
              StaysWithin(Bounds{.bystander = absl::Seconds(3)}));
}

TEST_F(CoreTypesTest, MillionsOfFunctionsThatStay) {
  EXPECT_THAT(
      Attack([&] {
        for (int i = 0; i < 12 && !IsDown(); ++i) {
          const std::string id = absl::StrCat("functions-", i);
          if (!Connect()->Deploy(id, ComponentOfFunctions(990'000, i)).ok()) continue;
          v1::CreateInstanceRequest request;
          request.set_component(id);
          const auto instance = Connect()->Instantiate(request);
          if (instance.ok()) Call(instance->name(), "run").IgnoreError();
        }
      }),
      StaysWithin(Bounds{
          .peak_bytes = 2 * kGiB, .settled_bytes = 2 * kGiB, .bystander = absl::Seconds(3)}));
}

}  // namespace
}  // namespace davit::hostile
