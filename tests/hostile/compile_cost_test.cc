// Functions of few bytes that cost V8's compilers much, called until the optimiser has had them.
// Each is tried at many sizes, so that what the limits just let pass is among them.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

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

constexpr wasm::Opcode kStructNewDefault = 0xfb'0001;

// A component whose `run` costs as much as `times` says.
using Maker = std::function<std::string(uint32_t times)>;

std::string StructsOfManyFields(uint32_t times) {
  constexpr uint32_t kFields = 10'000;
  ModuleBuilder module;
  wasm::CoreEncoder type;
  type.Byte(0x5f).U32(kFields);
  for (uint32_t i = 0; i < kFields; ++i) type.Byte(kI64).Byte(1);
  module.RawType(type.view());
  // Not run, but for the first time.
  module.ExportMapping(
      "run",
      Code().Get(0).If().Times(times, Code().Op(kStructNewDefault, 0).Op(kDrop)).End().Get(0));
  return ComponentOf(module.Build(), {{"run", FuncShape::kMapping}});
}

const ModuleBuilder::Types kThousand(1000, kI64);

std::string CallsOfManyResults(uint32_t times) {
  ModuleBuilder module;
  const uint32_t many = module.FuncType({}, kThousand);
  const uint32_t give = module.Func(many, Code().Times(1000, Code().I64(1)));
  // if (get 0) { call give; unreachable }
  module.ExportMapping(
      "run",
      Code().Times(times, Code().Get(0).If().Call(give).Op(wasm::kUnreachable).End()).Get(0));
  return ComponentOf(module.Build(), {{"run", FuncShape::kMapping}});
}

std::string CallsOfManyParametersAndResults(uint32_t times) {
  ModuleBuilder module;
  const uint32_t many = module.FuncType(kThousand, kThousand);
  Code pass;
  for (uint32_t i = 0; i < 1000; ++i) pass.Get(i);
  const uint32_t func = module.Func(many, pass);
  Code chain;
  chain.Times(1000, Code().I64(1)).Times(times, Code().Call(func));
  chain.Times(1000, Code().Op(kDrop)).Get(0);
  module.ExportMapping("run", chain);
  return ComponentOf(module.Build(), {{"run", FuncShape::kMapping}});
}

// All of 1,000 locals change in every one of `times` loops, one after the other.
std::string LoopsOverManyLocals(uint32_t times) {
  ModuleBuilder module;
  constexpr uint32_t kLocals = 1000;
  Code change;
  for (uint32_t i = 1; i <= kLocals; ++i) change.Get(i).I32(1).Op(kI32Add).Set(i % kLocals + 1);
  // Until the parameter is 0, which it is.
  Code loop;
  loop.Loop().Times(1, change).Get(0).Op(kBrIf, 0).End();
  module.ExportMapping("run", Code().Times(times, loop).Get(0), {{kLocals, kI32}});
  return ComponentOf(module.Build(), {{"run", FuncShape::kMapping}});
}

std::string TablesOfBranches(uint32_t times) {
  ModuleBuilder module;
  Code table;
  table.Block().Block().Get(0).Op(wasm::kBrTable).U32(10'000);
  for (uint32_t i = 0; i <= 10'000; ++i) table.U32(i % 2);
  table.End().End();
  module.ExportMapping("run", Code().Times(times, table).Get(0), {{100, kI64}});
  return ComponentOf(module.Build(), {{"run", FuncShape::kMapping}});
}

// A value that each of `times` loads changes, and all of which live until the end.
std::string ManyLiveValues(uint32_t times) {
  ModuleBuilder module;
  module.Memory({.min = 1});
  Code body;
  body.Times(times, Code().Get(0).Op(0x29).U32(3).U32(0));  // i64.load
  body.Times(times > 0 ? times - 1 : 0, Code().Op(0x7c));   // i64.add
  body.Op(0xa7);                                            // i32.wrap_i64
  module.ExportMapping("run", body);
  return ComponentOf(module.Build(), {{"run", FuncShape::kMapping}});
}

// Blocks in blocks, each of which leaves with a thousand values.
std::string BlocksOfManyResults(uint32_t times) {
  ModuleBuilder module;
  const uint32_t many = module.FuncType(kThousand, kThousand);
  Code block;
  block.Byte(wasm::kBlock).S64(many).Get(0).Op(kBrIf, 0).End();
  Code body;
  body.Times(1000, Code().I64(1)).Times(times, block);
  body.Times(1000, Code().Op(kDrop)).Get(0);
  module.ExportMapping("run", body);
  return ComponentOf(module.Build(), {{"run", FuncShape::kMapping}});
}

std::string DivisionsOfVectors(uint32_t times) {
  ModuleBuilder module;
  Code body;
  body.Times(times, Code().Get(1).Get(1).Op(0xfd'00f3).Set(1));  // f64x2.div
  module.ExportMapping("run", body.Get(0), {{1, kV128}});
  return ComponentOf(module.Build(), {{"run", FuncShape::kMapping}});
}

class CompileCostTest : public HostileTest {
 protected:
  // From `most` downwards, each time a quarter, until it is cheap.
  void Climb(const Maker& make, uint32_t most) {
    constexpr int kSteps = 4;
    for (int step = 0; step < kSteps && !IsDown(); ++step) Run(make(most >> 2 * step), step);
  }

 private:
  void Run(const std::string& binary, int step) {
    const std::string id = absl::StrCat("costly-", step);
    const auto patient = Connect(absl::Minutes(2));
    if (!patient->Deploy(id, binary).ok()) return;  // refused, which is as well
    v1::CreateInstanceRequest request;
    request.set_component(id);
    const auto instance = patient->Instantiate(request);
    if (!instance.ok()) return;
    // At the first call its function is compiled, which nothing interrupts.
    EXPECT_LE(HoldsCellAfterDeadline(instance->name(), "run",
                                     {.arg = 0, .deadline = absl::Milliseconds(100)}),
              kEnded);
    for (int i = 0; i < 5; ++i) Call(instance->name(), "run", {.arg = 0}).IgnoreError();
    AwaitQuiet();
    patient->DeleteComponent(id).IgnoreError();
  }
};

// One thread compiles in the background, and the one of the guest: what is beside them has half of
// the machine.
constexpr Bounds kBounds = {.peak_bytes = 3 * kGiB / 2, .bystander = absl::Seconds(2)};

TEST_F(CompileCostTest, StructsOfManyFields) {
  EXPECT_THAT(Attack([&] { Climb(StructsOfManyFields, 7'000); }), StaysWithin(kBounds));
}

TEST_F(CompileCostTest, CallsOfManyResults) {
  EXPECT_THAT(Attack([&] { Climb(CallsOfManyResults, 60'000); }), StaysWithin(kBounds));
}

TEST_F(CompileCostTest, CallsOfManyParametersAndResults) {
  EXPECT_THAT(Attack([&] { Climb(CallsOfManyParametersAndResults, 7'500); }), StaysWithin(kBounds));
}

TEST_F(CompileCostTest, LoopsOverManyLocals) {
  EXPECT_THAT(Attack([&] { Climb(LoopsOverManyLocals, 110); }), StaysWithin(kBounds));
}

TEST_F(CompileCostTest, TablesOfBranches) {
  EXPECT_THAT(Attack([&] { Climb(TablesOfBranches, 95); }), StaysWithin(kBounds));
}

TEST_F(CompileCostTest, BlocksOfManyResults) {
  EXPECT_THAT(Attack([&] { Climb(BlocksOfManyResults, 100'000); }), StaysWithin(kBounds));
}

// The optimiser does not stop for anybody.
TEST_F(CompileCostTest, TheProcessEndsWhileTheOptimiserWorks) {
  const auto deployed = Connect()->Deploy("costly", ManyLiveValues(100'000));
  if (!deployed.ok()) return;
  Call(InstanceOf("costly"), "run", {.arg = 0}).IgnoreError();
  const absl::Time begin = absl::Now();
  EXPECT_THAT(davitd().Stop(), absl_testing::IsOkAndHolds(0));
  EXPECT_LE(absl::Now() - begin, absl::Seconds(5) * kSlower);
}

TEST_F(CompileCostTest, DivisionsOfVectors) {
  EXPECT_THAT(Attack([&] { Climb(DivisionsOfVectors, 110'000); }), StaysWithin(kBounds));
}

}  // namespace
}  // namespace davit::hostile
