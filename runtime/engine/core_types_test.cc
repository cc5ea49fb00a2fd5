// The types of core modules, of which V8 has room for 1,000,000 in the life of a process.

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/engine/engine_test_util.h"
#include "runtime/engine/process/core_type_budget.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {

EngineOptions TestOptions() { return {}; }

namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

constexpr uint32_t kTypesPerModule = 20'000;
constexpr uint32_t kModules = 60;  // more types than V8 has room for

enum class Body : uint8_t { kValid, kInvalid };

// A module with so many types of twelve params that no module of another number has, and one
// function.
std::string Module(uint32_t number, Body body = Body::kValid, uint32_t count = kTypesPerModule) {
  constexpr uint32_t kDigits = 12;
  CoreEncoder types;
  types.U32(1 + count).Byte(0x60).U32(0).U32(0);
  for (uint32_t n = number * kTypesPerModule; n < number * kTypesPerModule + count; ++n) {
    types.Byte(0x60).U32(kDigits);
    for (uint32_t digit = 0; digit < kDigits; ++digit) {
      types.Byte(static_cast<uint8_t>(0x7c + (n >> 2 * digit & 3)));
    }
    types.U32(0);
  }
  CoreEncoder code;
  code.U32(1).U32(3).Byte(0);
  code.Byte(body == Body::kValid ? 0x01 : 0x1a).Byte(0x0b);  // nop, or a drop of nothing
  return CoreEncoder()
      .Preamble()
      .Section(CoreSectionId::kType, types)
      .Section(CoreSectionId::kFunction, CoreEncoder().U32(1).U32(0))
      .Section(CoreSectionId::kCode, code)
      .Take();
}

TEST(CoreTypes, OfAModuleAreLimited) {
  EXPECT_EQ(base::LimitOf(TestEngine().Validate(Bytes(Module(0)))), "core_types");
  EXPECT_TRUE(TestEngine().Validate(Bytes(Module(0, Body::kValid, kTypesPerModule - 1))).ok());
}

TEST(CoreTypes, OfModulesThatV8RejectsAreCharged) {
  CoreTypeAccount account(100);
  const std::string rejected = Module(1, Body::kInvalid, 60);
  EXPECT_EQ(TestEngine().Validate(Bytes(rejected), &account).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(account.used(), 60u);
  EXPECT_EQ(base::LimitOf(TestEngine().Validate(Bytes(Module(2, Body::kInvalid, 60)), &account)),
            "core_types");
  EXPECT_EQ(TestEngine().Validate(Bytes(rejected), &account).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CoreTypes, OfModulesThatAreCompiledAreChargedOnce) {
  CoreTypeAccount account(60);
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(TestEngine()
                    .Compile(Bytes(Module(3, Body::kValid, 60)), Validity::kUnknown, &account)
                    .ok());
    EXPECT_EQ(account.used(), 60u);
  }
  EXPECT_EQ(
      base::LimitOf(TestEngine()
                        .Compile(Bytes(Module(4, Body::kValid, 1)), Validity::kValid, &account)
                        .status()),
      "core_types");
}

TEST(CoreTypes, OfShimsAreCharged) {
  CoreTypeAccount account(1);
  const ShimSpec odd = {
      .entries = {Signature("i64 f32 i64 f64 i64 ->"), Signature("i64 f32 i64 f64 i64 ->")}};
  EXPECT_TRUE(TestEngine().CompileShims(odd, &account).ok());
  EXPECT_EQ(account.used(), 1u);
  const ShimSpec other = {.host_imports = {Signature("i64 f32 i64 f64 f64 ->")}};
  EXPECT_EQ(base::LimitOf(TestEngine().CompileShims(other, &account).status()), "core_types");
}

// Without a budget V8 ends the process at the 50th module.
TEST(CoreTypes, NoNumberOfModulesEndsTheProcess) {
  uint32_t admitted = 0;
  for (uint32_t number = 5; number < 5 + kModules; ++number) {
    const absl::Status status =
        TestEngine().Validate(Bytes(Module(number, Body::kInvalid, kTypesPerModule - 1)));
    if (base::LimitOf(status) != "core_types") ++admitted;
  }
  EXPECT_GT(admitted, 20u);
  EXPECT_LE(admitted, TestEngine().options().max_core_types / (kTypesPerModule - 1));
  // What is known goes on, and so do the shims of most components.
  EXPECT_TRUE(TestEngine().Compile(Bytes(Module(5, Body::kValid, kTypesPerModule - 1))).ok());
  CoreTypeAccount empty(0);
  EXPECT_TRUE(TestEngine()
                  .CompileShims({.entries = {Signature("i64 f32 f64 -> f32"),
                                             Signature("i32 i32 i32 i32 i32 i32 i32 -> i64")},
                                 .host_imports = {Signature("f64 f64 f64 ->")}},
                                &empty)
                  .ok());
}

}  // namespace
}  // namespace davit::engine
