// Code without a loop that takes minutes, and instructions that take seconds each: ended with the
// deadline all the same, by cancellation, by deletion and by SIGTERM, in either tier.

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/hostile_test.h"
#include "tests/hostile/module_builder.h"

namespace davit::hostile {
namespace {

using absl_testing::IsOk;

constexpr absl::Duration kDeadline = absl::Seconds(1);

constexpr uint32_t kPages = 4096;                // 256 MiB, what an instance may have by default
constexpr uint32_t kHalf = kPages / 2 * 65536u;  // bytes
constexpr uint32_t kTableSize = 450'000;

// Exports `func`: straight-line code in which the parameter says how much each instruction does.
struct Straight {
  std::string name;
  std::string binary;
  uint32_t most = 0;  // the parameter that takes longest
};

Straight Make(std::string name, uint32_t most, uint32_t times, const Code& instruction) {
  ModuleBuilder module;
  const uint32_t type = module.FuncType();
  const uint32_t nothing = module.Func(type, {});
  module.Memory({.min = kPages});
  module.Table(kFuncRef, {.min = kTableSize});
  module.Table(kFuncRef, {.min = kTableSize});
  module.PassiveElements(nothing, kTableSize);
  module.PassiveData(std::string(4 << 20, 'x'));
  Code body;
  body.Times(times, instruction).Get(0);
  module.ExportMapping("func", body);
  return {.name = std::move(name),
          .binary = ComponentOf(module.Build(), {{"func", FuncShape::kMapping}}),
          .most = most};
}

Straight Fill() {
  return Make("memory.fill", kPages * 65536u, 3000, Code().I32(0).I32(7).Get(0).Op(kMemoryFill, 0));
}
Straight Copy() {
  return Make("memory.copy", kHalf, 6000,
              Code().I32(0).I32(static_cast<int32_t>(kHalf)).Get(0).Op(kMemoryCopy, 0, 0));
}
Straight Init() {
  return Make("memory.init", 4 << 20, 15'000, Code().I32(0).I32(0).Get(0).Op(kMemoryInit, 0, 0));
}
Straight TableFill() {
  return Make("table.fill", kTableSize, 20'000,
              Code().I32(0).Op(kRefNull).Byte(kFuncRef).Get(0).Op(wasm::kTableFill, 0));
}
Straight TableCopy() {
  return Make("table.copy", kTableSize, 20'000,
              Code().I32(0).I32(0).Get(0).Op(wasm::kTableCopy, 1, 0));
}
Straight TableInit() {
  return Make("table.init", kTableSize, 20'000,
              Code().I32(0).I32(0).Get(0).Op(wasm::kTableInit, 0, 0));
}

class StraightLineTest : public HostileTest {
 protected:
  // Both instances of both tiers: one that has never been called, and one that the background
  // optimiser has had.
  void EndsAtItsDeadline(const Straight& straight) {
    const std::string component = Deploy(straight.binary);
    const std::string cold = InstanceOf(component);
    EXPECT_LE(HoldsCellAfterDeadline(cold, "func", {.arg = straight.most, .deadline = kDeadline}),
              kEnded)
        << straight.name << ", baseline";
    if (IsDown()) return;
    const std::string warm = InstanceOf(component);
    WarmUp(warm);
    EXPECT_LE(HoldsCellAfterDeadline(warm, "func", {.arg = straight.most, .deadline = kDeadline}),
              kEnded)
        << straight.name << ", optimised";
  }
  // Calls that do next to nothing until all that the optimiser had to do is done: the process
  // computes no more.
  void WarmUp(const std::string& instance) {
    for (int i = 0; i < 100; ++i) ASSERT_THAT(Call(instance, "func", {.arg = 1}), IsOk());
    AwaitQuiet();
  }
};

TEST_F(StraightLineTest, FillsEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(Fill()); }),
              StaysWithin(Bounds{.settled_bytes = 800 * kMiB}));
}

TEST_F(StraightLineTest, CopiesEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(Copy()); }), StaysWithin(Bounds{}));
}

TEST_F(StraightLineTest, InitsEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(Init()); }), StaysWithin(Bounds{}));
}

TEST_F(StraightLineTest, FillsOfTablesEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(TableFill()); }), StaysWithin(Bounds{}));
}

TEST_F(StraightLineTest, CopiesOfTablesEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(TableCopy()); }), StaysWithin(Bounds{}));
}

TEST_F(StraightLineTest, InitsOfTablesEndAtTheirDeadline) {
  EXPECT_THAT(Attack([&] { EndsAtItsDeadline(TableInit()); }), StaysWithin(Bounds{}));
}

TEST_F(StraightLineTest, EndsWhenItIsCancelled) {
  const std::string instance = Instance(Fill().binary);
  const auto cancel = [](grpc::ClientContext& context) { context.TryCancel(); };
  EXPECT_THAT(Attack([&] {
                EXPECT_LE(HoldsCellAfter(cancel, instance, "func", {.arg = kPages * 65536u}),
                          kEnded);
              }),
              StaysWithin(Bounds{}));
}

TEST_F(StraightLineTest, EndsWhenItsInstanceIsDeleted) {
  const std::string instance = Instance(Fill().binary);
  const auto remove = [&](grpc::ClientContext&) {
    EXPECT_THAT(client().DeleteInstance(instance), IsOk());
  };
  EXPECT_THAT(Attack([&] {
                EXPECT_LE(CallLasts(remove, instance, "func", {.arg = kPages * 65536u}), kEnded);
              }),
              StaysWithin(Bounds{}));
}

// What runs has its time to come to an end (deadlines.drain_ms), and no more.
TEST_F(StraightLineTest, EndsWithTheProcess) {
  constexpr absl::Duration kDrain = absl::Seconds(10);
  const std::string instance = Instance(Fill().binary);
  absl::Duration lasted;
  const auto terminate = [&](grpc::ClientContext&) {
    const absl::Time begin = absl::Now();
    EXPECT_THAT(davitd().Stop(), absl_testing::IsOkAndHolds(0));
    lasted = absl::Now() - begin;
  };
  CallLasts(terminate, instance, "func", {.arg = kPages * 65536u, .deadline = absl::Minutes(2)});
  EXPECT_LE(lasted, kDrain + absl::Seconds(3) * kSlower);
}

// One instruction of 2 GiB.
class LargeFillTest : public StraightLineTest {
 protected:
  static constexpr uint32_t kBytes = 2u << 30;
  std::string LargeInstance() {
    ModuleBuilder module;
    module.Memory({.min = kBytes >> 16});
    module.ExportMapping("func", Code().I32(0).I32(7).Get(0).Op(kMemoryFill, 0).Get(0));
    v1::CreateInstanceRequest request;
    request.mutable_limits()->set_memory_bytes(kBytes);
    return Instance(ComponentOf(module.Build(), {{"func", FuncShape::kMapping}}), request);
  }
};

TEST_F(LargeFillTest, EndsAtItsDeadline) {
  const CallOptions call = {.arg = kBytes, .deadline = absl::Milliseconds(100)};
  EXPECT_THAT(Attack([&] {
                const std::string cold = LargeInstance();
                EXPECT_LE(HoldsCellAfterDeadline(cold, "func", call), kEnded);
                if (IsDown()) return;
                const std::string warm = LargeInstance();
                WarmUp(warm);
                EXPECT_LE(HoldsCellAfterDeadline(warm, "func", call), kEnded);
              }),
              StaysWithin(Bounds{.peak_bytes = 2 * kGiB}));
}

}  // namespace
}  // namespace davit::hostile
