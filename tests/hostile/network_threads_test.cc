// What network threads must not do beside somebody's calls: describe large components, again and
// again; give gigabytes back to the kernel.

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

using absl_testing::IsOk;
using NetworkThreadsTest = HostileTest;

std::string ManyImports() {
  constexpr uint32_t kImports = 190'000;
  wasm::CoreEncoder types, imports;
  types.U32(1).Byte(kFuncTypeForm).U32(0).Bytes({0x01, 0x00});
  imports.U32(kImports);
  for (uint32_t i = 0; i < kImports; ++i) {
    imports.Byte(0).Name(absl::StrCat("n", i)).Byte(kFuncSort).U32(0);
  }
  return ComponentBuilder().Section(kTypeSection, types).Section(kImportSection, imports).Take();
}

TEST_F(NetworkThreadsTest, DescriptionsOfManyImports) {
  const std::string component = Deploy(ManyImports());
  EXPECT_THAT(Attack([&] {
                const absl::Time end = absl::Now() + absl::Seconds(5);
                std::vector<std::thread> clients;
                for (int i = 0; i < 4; ++i) {
                  clients.emplace_back([&] {
                    const auto client = Connect();
                    while (absl::Now() < end) {
                      EXPECT_THAT(client->GetComponent(component), IsOk());
                    }
                  });
                }
                for (std::thread& thread : clients) thread.join();
              }),
              StaysWithin(Bounds{.bystander = absl::Milliseconds(500)}));
}

TEST_F(NetworkThreadsTest, DeletionsOfGigabytes) {
  constexpr uint32_t kBytes = 500u << 20;
  ModuleBuilder module;
  module.Memory({.min = kBytes >> 16});
  Code fills;  // of 4 MiB each
  for (uint32_t at = 0; at < kBytes; at += 4 << 20) {
    fills.I32(static_cast<int32_t>(at)).I32(1).I32(4 << 20).Op(kMemoryFill, 0);
  }
  module.ExportAction("fill", fills);
  const std::string component = Deploy(ComponentOf(module.Build(), {{"fill"}}));
  EXPECT_THAT(Attack([&] {
                for (int round = 0; round < 3; ++round) {
                  std::vector<std::string> instances;
                  for (int i = 0; i < 4; ++i) {
                    v1::CreateInstanceRequest request;
                    request.mutable_limits()->set_memory_bytes(kBytes);
                    instances.push_back(InstanceOf(component, request));
                    EXPECT_THAT(Call(instances.back(), "fill"), IsOk());
                  }
                  for (const std::string& instance : instances) {
                    EXPECT_THAT(client().DeleteInstance(instance), IsOk());
                  }
                }
              }),
              StaysWithin(Bounds{.peak_bytes = 3 * kGiB, .bystander = absl::Milliseconds(500)}));
}

}  // namespace
}  // namespace davit::hostile
