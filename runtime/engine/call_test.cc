// Values that cross between C++ and guests, and host imports.

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"

namespace davit::engine {

EngineOptions TestOptions() { return {}; }

namespace {

using base::TrapCode;

std::vector<types::CoreSignature> HostSignatures() {
  return {Signature("i32 i32 -> i32"), Signature("i32 i64 f32 f64 -> f64"), Signature("->"),
          Signature("i32 -> i32")};
}

class CallTest : public ::testing::Test {
 protected:
  TestGuest guest_{"calls", HostSignatures()};
};

TEST_F(CallTest, NoParamsAndNoResults) { EXPECT_TRUE(guest_.Call("nothing", "->").ok()); }

TEST_F(CallTest, I32) {
  for (uint32_t value : {0u, 1u, 0x7fffffffu, 0x80000000u, 0xffffffffu}) {
    const auto result = guest_.Call("echo_i32", "i32 -> i32", {value});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(*result, value);
  }
}

TEST_F(CallTest, ResultsOf32BitsLeaveNoStaleBitsAbove) {
  const auto result = guest_.Call("echo_i32", "i32 -> i32", {0xdeadbeef00000001u});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, 1u);
}

TEST_F(CallTest, I64) {
  for (uint64_t value : {uint64_t{0}, uint64_t{1} << 63, ~uint64_t{0}, 0x123456789abcdef0u}) {
    const auto result = guest_.Call("echo_i64", "i64 -> i64", {value});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(*result, value);
  }
}

TEST_F(CallTest, FloatsKeepTheirBitsAlsoWhenNotANumber) {
  for (uint32_t bits : {0u, 0x80000000u, 0x3f800000u, 0x7f800001u, 0xffc12345u}) {
    const auto result = guest_.Call("echo_f32", "f32 -> f32", {bits});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(*result, bits);
  }
  for (uint64_t bits : {SlotOf(-0.0), SlotOf(1.5), uint64_t{0x7ff0000000000001}}) {
    const auto result = guest_.Call("echo_f64", "f64 -> f64", {bits});
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(*result, bits);
  }
}

TEST_F(CallTest, SeventeenParams) {
  std::vector<CoreSlot> slots(17);
  for (uint64_t i = 0; i < 17; ++i) slots[i] = i + 1;
  const absl::Status status = guest_.Call(
      "sum17", "i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 -> i64", slots);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(slots[0], 1u + 2 * (17 * 18 / 2 - 1));
}

TEST_F(CallTest, SeveralResultsOfSeveralTypes) {
  std::vector<CoreSlot> slots = {7, SlotOf(2.5)};
  ASSERT_TRUE(guest_.Call("swap", "i32 f64 -> f64 i32", slots).ok());
  EXPECT_EQ(AsDouble(slots[0]), 2.5);
  EXPECT_EQ(slots[1], 7u);
}

TEST_F(CallTest, TooFewSlotsIsAnErrorOfTheCaller) {
  std::vector<CoreSlot> slots(1);
  EXPECT_EQ(guest_.Call("add", "i32 i32 -> i32", slots).code(), absl::StatusCode::kInternal);
}

TEST_F(CallTest, AnotherSignatureThanTheEntrysTraps) {
  const auto result = guest_.Call("add", "i64 -> i64", {1});
  ASSERT_TRUE(base::IsTrap(result.status())) << result.status();
  EXPECT_EQ(base::TrapOf(result.status())->code, TrapCode::kIndirectCallTypeMismatch);
}

TEST_F(CallTest, UnknownExportIsNotFound) {
  EXPECT_EQ(guest_.Call("absent", "->").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(guest_.Call("toString", "->").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(guest_.Call("__proto__", "->").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(CallTest, AMemoryIsNoFunction) {
  EXPECT_EQ(guest_.Call("memory", "->").status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(CallTest, HostImportSeesParamsAndGivesResult) {
  guest_.host().set_body([](uint32_t index, std::span<CoreSlot> slots) {
    EXPECT_EQ(index, 0u);
    EXPECT_EQ(slots.size(), 2u);
    slots[0] = slots[0] + slots[1];
    return absl::OkStatus();
  });
  const auto result = guest_.Call("call_add", "i32 i32 -> i32", {40, 2});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, 42u);
}

TEST_F(CallTest, HostImportOfAllTypes) {
  guest_.host().set_body([](uint32_t index, std::span<CoreSlot> slots) {
    EXPECT_EQ(index, 1u);
    EXPECT_EQ(slots[0], 0xffffffffu);
    EXPECT_EQ(slots[1], ~uint64_t{0});
    EXPECT_EQ(slots[2], SlotOf(0.5f));
    slots[0] = SlotOf(AsDouble(slots[3]) * 2);
    return absl::OkStatus();
  });
  const auto result = guest_.Call("call_mix", "i32 i64 f32 f64 -> f64",
                                  {0xffffffffu, ~uint64_t{0}, SlotOf(0.5f), SlotOf(1.25)});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(AsDouble(*result), 2.5);
}

TEST_F(CallTest, FailedHostImportEndsTheGuestWithItsStatus) {
  guest_.host().set_body([](uint32_t, std::span<CoreSlot>) {
    return absl::PermissionDeniedError("no clock for you");
  });
  const auto result = guest_.Call("call_nothing", "->");
  EXPECT_EQ(result.status(), absl::PermissionDeniedError("no clock for you"));
  EXPECT_EQ(*guest_.Call("calls", "-> i32"), 0u) << "nothing after the call may run";
}

TEST_F(CallTest, TrapOfHostImportGetsTheFramesOfTheGuest) {
  guest_.host().set_body([](uint32_t, std::span<CoreSlot>) {
    return base::TrapStatus(TrapCode::kUnknownHandle, "handle 7");
  });
  const auto result = guest_.Call("call_fail", "i32 -> i32", {7});
  const auto trap = base::TrapOf(result.status());
  ASSERT_TRUE(trap.has_value()) << result.status();
  EXPECT_EQ(trap->code, TrapCode::kUnknownHandle);
  EXPECT_EQ(trap->message, "handle 7");
  ASSERT_EQ(trap->frames.size(), 2u) << "shims are left out";
  EXPECT_EQ(trap->frames[0].function, "inner");
  EXPECT_EQ(trap->frames[0].module, "calls");
}

TEST_F(CallTest, HostImportMayCallBack) {
  guest_.host().set_body([this](uint32_t, std::span<CoreSlot> slots) {
    std::vector<CoreSlot> inner = {slots[0], 100};
    const absl::Status status = guest_.CallInRun("add", "i32 i32 -> i32", inner);
    EXPECT_EQ(slots[0], 1u) << "the frame of a host call survives calls back";
    slots[0] = inner[0] + slots[1];
    return status;
  });
  const auto result = guest_.Call("call_add", "i32 i32 -> i32", {1, 2});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(*result, 103u);
}

TEST_F(CallTest, EndlessMutualRecursionOfHostAndGuestTraps) {
  int depth = 0;
  guest_.host().set_body([&](uint32_t, std::span<CoreSlot>) {
    ++depth;
    std::vector<CoreSlot> slots;
    return guest_.CallInRun("call_nothing", "->", slots);
  });
  const auto result = guest_.Call("call_nothing", "->");
  const auto trap = base::TrapOf(result.status());
  ASSERT_TRUE(trap.has_value()) << result.status();
  EXPECT_EQ(trap->code, TrapCode::kStackOverflow);
  EXPECT_GT(depth, 10);
  guest_.host().set_body([](uint32_t, std::span<CoreSlot>) { return absl::OkStatus(); });
  EXPECT_TRUE(guest_.Call("call_nothing", "->").ok()) << "all frames were given back";
}

TEST_F(CallTest, MemoryStartsWithItsImage) {
  const MemoryId memory = guest_.Memory();
  const auto view = guest_.store().View(memory);
  ASSERT_EQ(view.size(), 2u * 65536);
  EXPECT_EQ(std::string(view.begin() + 8, view.begin() + 13), "image");
  EXPECT_EQ(std::string(view.begin() + 65540, view.begin() + 65551), "second page");
  EXPECT_EQ(view[0], 0);
  EXPECT_EQ(view[13], 0);
}

TEST_F(CallTest, MemoryIsSharedBetweenGuestAndView) {
  const MemoryId memory = guest_.Memory();
  guest_.store().View(memory)[100] = 200;
  EXPECT_EQ(*guest_.Call("load8", "i32 -> i32", {100}), 200u);
  ASSERT_TRUE(guest_.Call("store8", "i32 i32 ->", {101, 17}).ok());
  EXPECT_EQ(guest_.store().View(memory)[101], 17);
}

TEST_F(CallTest, ViewFollowsGrowthAndKeepsItsBase) {
  const MemoryId memory = guest_.Memory();
  const uint8_t* const base = guest_.store().View(memory).data();
  EXPECT_EQ(guest_.store().memory_bytes(), 2u * 65536);
  EXPECT_EQ(*guest_.Call("grow", "i32 -> i32", {3}), 2u);
  EXPECT_EQ(guest_.store().View(memory).size(), 5u * 65536);
  EXPECT_EQ(guest_.store().View(memory).data(), base);
  EXPECT_EQ(guest_.store().memory_bytes(), 5u * 65536);
}

TEST_F(CallTest, StoresOfACellShareNothing) {
  TestGuest& first = guest_;
  FakeHost host;
  auto shims = TestEngine().CompileShims({.host_imports = HostSignatures()});
  auto store = Store::Create(first.lock(), {}, *shims, host);
  ASSERT_TRUE(store.ok()) << store.status();
  std::vector<ExternId> imports;
  imports.reserve(4);
  for (uint32_t i = 0; i < 4; ++i) imports.push_back((*store)->HostFunc(first.lock(), i));
  const engine::Run run(first.lock(), **store, absl::InfiniteFuture());
  auto instance = (*store)->Instantiate(first.lock(), *CompileTestModule("calls"), imports);
  ASSERT_TRUE(instance.ok()) << instance.status();
  auto memory =
      (*store)->AddMemory(first.lock(), *(*store)->Export(first.lock(), *instance, "memory"));
  first.store().View(first.Memory())[8] = 'X';
  EXPECT_EQ((*store)->View(*memory)[8], 'i');
}

}  // namespace
}  // namespace davit::engine
