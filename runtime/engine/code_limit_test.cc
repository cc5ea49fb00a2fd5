// What guests' code may cost: to compile, by instructions that few bytes are enough for, and to
// keep, by reaching the limit of the process.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {

constexpr uint64_t kMaxCodeBytes = 8 << 20;

EngineOptions TestOptions() { return {.max_code_bytes = kMaxCodeBytes}; }

namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

constexpr uint8_t kI32 = 0x7f, kI64 = 0x7e;

// -- What a few bytes ask of the compilers --

void AppendFuncType(CoreEncoder& types, uint32_t params, uint32_t results, uint8_t type) {
  types.Byte(0x60).U32(params).Bytes(std::string(params, static_cast<char>(type)));
  types.U32(results).Bytes(std::string(results, static_cast<char>(type)));
}

// (module (type $t ...) (type (func)) (func $f (type $t) unreachable) (func $code))
std::string ModuleOf(const CoreEncoder& type, std::string_view code) {
  CoreEncoder types, funcs, bodies;
  types.U32(2).Append(type);
  AppendFuncType(types, 0, 0, kI32);
  funcs.U32(2).U32(0).U32(1);
  bodies.U32(2).Sized(CoreEncoder().Bytes({0, 0, 0x0b}));
  bodies.Sized(CoreEncoder().U32(0).Bytes(code).Byte(0x0b));
  return CoreEncoder()
      .Preamble()
      .Section(CoreSectionId::kType, types)
      .Section(CoreSectionId::kFunction, funcs)
      .Section(CoreSectionId::kCode, bodies)
      .Take();
}

std::string Repeated(std::string_view code, uint32_t count) {
  std::string all;
  for (uint32_t i = 0; i < count; ++i) all += code;
  return all;
}

// Refused before V8 sees it: also where it would only be validated.
std::string RefusedAs(const std::string& module) {
  const absl::Status validated = TestEngine().Validate(Bytes(module));
  const absl::Status compiled = TestEngine().Compile(Bytes(module)).status();
  EXPECT_EQ(validated.message(), compiled.message());
  return base::LimitOf(compiled).value_or(base::FeatureOf(compiled).value_or("nothing"));
}

// Aborts in V8's baseline compiler; with less than half of it in the optimising one, later.
TEST(CompileCost, StructsOfManyFieldsAreRefused) {
  CoreEncoder type;
  type.Byte(0x5f).U32(10'000);
  for (int i = 0; i < 10'000; ++i) type.Bytes({kI32, 0});
  CoreEncoder types, funcs, bodies;
  types.U32(2).Append(type);
  AppendFuncType(types, 0, 0, kI32);
  funcs.U32(1).U32(1);
  bodies.U32(1).Sized(
      CoreEncoder().U32(0).Bytes(Repeated({"\xfb\x01\x00\x1a", 4}, 7'000)).Byte(0x0b));
  const std::string module = CoreEncoder()
                                 .Preamble()
                                 .Section(CoreSectionId::kType, types)
                                 .Section(CoreSectionId::kFunction, funcs)
                                 .Section(CoreSectionId::kCode, bodies)
                                 .Take();
  EXPECT_EQ(RefusedAs(module), "gc");
}

// Ends the optimising compiler after half a minute.
TEST(CompileCost, ResultsOfManyCallsAreLimited) {
  CoreEncoder type;
  AppendFuncType(type, 0, 1000, kI64);
  const std::string_view call("\x41\x00\x04\x40\x10\x00\x00\x0b", 8);
  EXPECT_EQ(RefusedAs(ModuleOf(type, Repeated(call, 60'000))), "function_values");
  EXPECT_EQ(RefusedAs(ModuleOf(type, Repeated(call, 200))), "nothing");
}

// 4 GB for each thread that compiles.
TEST(CompileCost, ParamsOfManyCallsAreLimited) {
  CoreEncoder type;
  AppendFuncType(type, 1000, 1000, kI32);
  const std::string before = Repeated({"\x41\x00", 2}, 1000), after = Repeated("\x1a", 1000);
  const std::string_view call("\x10\x00", 2);
  EXPECT_EQ(RefusedAs(ModuleOf(type, before + Repeated(call, 7'500) + after)), "function_values");
  EXPECT_EQ(RefusedAs(ModuleOf(type, before + Repeated(call, 100) + after)), "nothing");
}

// Takes a second of validation for each MiB.
TEST(CompileCost, LocalsOfManyFunctionsAreLimited) {
  constexpr uint32_t kFunctions = 100'000;
  CoreEncoder types, funcs, bodies;
  types.U32(1);
  AppendFuncType(types, 0, 0, kI32);
  funcs.U32(kFunctions);
  bodies.U32(kFunctions);
  for (uint32_t i = 0; i < kFunctions; ++i) {
    funcs.U32(0);
    bodies.Sized(CoreEncoder().U32(1).U32(50'000).Bytes({kI32, 0x0b}));
  }
  const std::string module = CoreEncoder()
                                 .Preamble()
                                 .Section(CoreSectionId::kType, types)
                                 .Section(CoreSectionId::kFunction, funcs)
                                 .Section(CoreSectionId::kCode, bodies)
                                 .Take();
  EXPECT_EQ(RefusedAs(module), "module_values");
}

// -- How much code there may be --

// So many functions of some 100 KiB of baseline code each. "run" calls them all, "answer" gives 42.
std::string ModuleOfMuchCode(uint32_t functions, uint32_t variant) {
  CoreEncoder types, funcs, exports, bodies;
  types.U32(2);
  AppendFuncType(types, 0, 0, kI32);
  AppendFuncType(types, 0, 1, kI32);
  funcs.U32(functions + 2).U32(0).U32(1);
  exports.U32(2).Name("run").Bytes({0, 0}).Name("answer").Bytes({0, 1});
  bodies.U32(functions + 2);
  CoreEncoder run;
  run.U32(0);
  for (uint32_t i = 0; i < functions; ++i) run.Byte(0x10).U32(2 + i);
  bodies.Sized(run.Byte(0x0b)).Sized(CoreEncoder().Bytes({0, 0x41, 42, 0x0b}));
  for (uint32_t i = 0; i < functions; ++i) {
    funcs.U32(0);
    // f64: x = f64(u64(x)), two thousand times.
    CoreEncoder body;
    body.U32(1).U32(1).Byte(0x7c).Bytes({0x20, 0}).Bytes(Repeated("\xb1\xba", 2'000));
    bodies.Sized(body.Bytes({0x21, 0, 0x41}).U32(variant & 63).Bytes({0x1a, 0x0b}));
  }
  return CoreEncoder()
      .Preamble()
      .Section(CoreSectionId::kType, types)
      .Section(CoreSectionId::kFunction, funcs)
      .Section(CoreSectionId::kExport, exports)
      .Section(CoreSectionId::kCode, bodies)
      .Take();
}

// A module, a store of it and what it exports, in a cell.
class Program {
 public:
  explicit Program(const std::string& module)
      : module_(TestEngine().Compile(Bytes(module)).value()),
        shims_(
            TestEngine().CompileShims({.entries = {Signature("->"), Signature("-> i32")}}).value()),
        cell_(NewTestCell()) {
    CellLock lock(*cell_);
    store_ = Store::Create(lock, {}, shims_, host_).value();
    const Run run(lock, *store_, absl::InfiniteFuture());
    const CoreInstanceId instance = store_->Instantiate(lock, *module_, {}).value();
    run_ = *store_->AddFunc(lock, *store_->Export(lock, instance, "run"), 0);
    answer_ = *store_->AddFunc(lock, *store_->Export(lock, instance, "answer"), 1);
  }

  absl::Status RunAll() { return Call(run_); }
  absl::Status Answer() { return Call(answer_); }

 private:
  absl::Status Call(FuncId func) {
    CellLock lock(*cell_);
    const Run run(lock, *store_, absl::InfiniteFuture());
    CoreSlot slot = 0;
    return store_->Call(lock, func, {&slot, 1});
  }

  std::shared_ptr<const CompiledModule> module_;
  std::shared_ptr<const ShimModule> shims_;
  std::shared_ptr<Cell> cell_;
  FakeHost host_;
  std::unique_ptr<Store> store_;
  FuncId run_, answer_;
};

TEST(CodeLimit, AGuestWhoseCodeDoesNotFitIsEndedAndTheProcessGoesOn) {
  const uint64_t before = TestEngine().code_bytes();
  auto bystander = std::make_unique<Program>(ModuleOfMuchCode(1, 1));
  ASSERT_TRUE(bystander->Answer().ok());
  auto hog = std::make_unique<Program>(ModuleOfMuchCode(100, 2));
  EXPECT_FALSE(TestEngine().CodeIsScarce());

  const absl::Status status = hog->RunAll();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_TRUE(base::IsTrap(status)) << status;
  constexpr uint64_t kOneFunction = 1 << 20;
  EXPECT_LT(TestEngine().code_bytes(), kMaxCodeBytes + kOneFunction);

  EXPECT_TRUE(bystander->Answer().ok()) << "it has its code";
  hog.reset();
  TestEngine().ReleaseCode();
  EXPECT_LT(TestEngine().code_bytes(), kMaxCodeBytes / 2);
  EXPECT_TRUE(TestEngine().Compile(Bytes(ModuleOfMuchCode(1, 3))).ok());
  EXPECT_TRUE(bystander->RunAll().ok());
  bystander.reset();
  TestEngine().ReleaseCode();
  EXPECT_LT(TestEngine().code_bytes(), before + kOneFunction);
}

}  // namespace
}  // namespace davit::engine
