// The functions of core modules, and those that core instances export: V8 has room for 2^24 of
// either at a time.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/engine/engine_test_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {

constexpr uint32_t kMaxFunctions = 3000, kMaxExports = 1000;

EngineOptions TestOptions() {
  return {.max_core_functions = kMaxFunctions, .max_core_exports = kMaxExports};
}

namespace {

using wasm::CoreEncoder;
using wasm::CoreSectionId;

struct Shape {
  uint32_t functions = 1;
  uint32_t exports = 0;
  bool start_traps = false;
};

// A module of functions that do nothing, or trap. V8 shares what two modules of the same bytes
// have, so that each is different.
std::string Module(const Shape& shape) {
  static int number = 0;
  CoreEncoder functions, exports, code;
  functions.U32(shape.functions);
  exports.U32(shape.exports);
  code.U32(shape.functions);
  for (uint32_t i = 0; i < shape.functions; ++i) {
    functions.U32(0);
    code.U32(3).Byte(0).Byte(shape.start_traps ? 0x00 : 0x01).Byte(0x0b);
  }
  for (uint32_t i = 0; i < shape.exports; ++i) {
    exports.Name(absl::StrCat("f", i)).Byte(0).U32(i % shape.functions);
  }
  CoreEncoder module;
  module.Preamble()
      .Section(CoreSectionId::kCustom, CoreEncoder().Name(absl::StrCat(++number)))
      .Section(CoreSectionId::kType, CoreEncoder().U32(1).Byte(0x60).U32(0).U32(0))
      .Section(CoreSectionId::kFunction, functions)
      .Section(CoreSectionId::kExport, exports);
  if (shape.start_traps) module.Section(CoreSectionId::kStart, CoreEncoder().U32(0));
  return module.Section(CoreSectionId::kCode, code).Take();
}

absl::StatusOr<std::shared_ptr<const CompiledModule>> Compile(const Shape& shape) {
  return TestEngine().Compile(Bytes(Module(shape)), Validity::kValid);
}

TEST(CoreFunctions, OfModulesThatLiveAreLimited) {
  auto first = Compile({.functions = 2500});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(base::LimitOf(Compile({.functions = 501}).status()), "core_functions");
  EXPECT_TRUE(Compile({.functions = 500}).ok());
  first->reset();
  EXPECT_TRUE(Compile({.functions = kMaxFunctions}).ok());
  EXPECT_EQ(base::LimitOf(Compile({.functions = kMaxFunctions + 1}).status()), "core_functions");
}

TEST(CoreFunctions, OfModulesThatAreValidatedCountWhileTheyAreThere) {
  EXPECT_EQ(base::LimitOf(TestEngine().Validate(Bytes(Module({.functions = kMaxFunctions + 1})))),
            "core_functions");
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(TestEngine().Validate(Bytes(Module({.functions = kMaxFunctions}))).ok()) << i;
  }
}

TEST(CoreFunctions, OfModulesThatACellHasCountUntilItIsCollected) {
  const std::shared_ptr<Cell> cell = NewTestCell();
  FakeHost host;
  for (int i = 0; i < 20; ++i) {
    auto module = Compile({.functions = 2500});
    ASSERT_TRUE(module.ok()) << i << module.status();
    CellLock lock(*cell);
    const auto shims = TestEngine().CompileShims({}).value();
    auto store = Store::Create(lock, {}, shims, host).value();
    const engine::Run run(lock, *store, absl::InfiniteFuture());
    ASSERT_TRUE(store->Instantiate(lock, **module, {}).ok()) << i;
  }
}

// Stores in one cell, each with an instance of a module.
class Stores {
 public:
  explicit Stores(const Shape& shape)
      : module_(Compile(shape).value()), shims_(TestEngine().CompileShims({}).value()) {}

  absl::StatusOr<std::unique_ptr<Store>> New() {
    CellLock lock(*cell_);
    auto store = Store::Create(lock, {}, shims_, host_);
    if (!store.ok()) return store;
    const Run run(lock, **store, absl::InfiniteFuture());
    const auto instance = (*store)->Instantiate(lock, *module_, {});
    if (!instance.ok()) return instance.status();
    return store;
  }

 private:
  const std::shared_ptr<const CompiledModule> module_;
  const std::shared_ptr<const ShimModule> shims_;
  const std::shared_ptr<Cell> cell_ = NewTestCell();
  FakeHost host_;
};

TEST(CoreExports, OfInstancesThatLiveAreLimited) {
  Stores stores({.exports = 90});
  std::vector<std::unique_ptr<Store>> live;
  for (uint32_t i = 0; i < kMaxExports / 90; ++i) {
    auto store = stores.New();
    ASSERT_TRUE(store.ok()) << i << store.status();
    live.push_back(*std::move(store));
  }
  EXPECT_EQ(base::LimitOf(stores.New().status()), "core_exports");
  live.pop_back();
  EXPECT_TRUE(stores.New().ok());
}

TEST(CoreExports, OfShimsCount) {
  using Signatures = std::vector<types::CoreSignature>;
  const auto one = TestEngine().CompileShims({.entries = Signatures(kMaxExports - 1)});
  const auto more = TestEngine().CompileShims({.entries = Signatures(kMaxExports)});
  ASSERT_TRUE(one.ok() && more.ok());
  FakeHost host;
  const std::shared_ptr<Cell> cell = NewTestCell();
  CellLock lock(*cell);
  EXPECT_EQ(base::LimitOf(Store::Create(lock, {}, *more, host).status()), "core_exports");
  EXPECT_TRUE(Store::Create(lock, {}, *one, host).ok());
}

TEST(CoreExports, OfInstancesThatFailCountUntilTheyAreCollected) {
  Stores stores({.exports = 100, .start_traps = true});
  for (int i = 0; i < 50; ++i) {
    const absl::Status status = stores.New().status();
    EXPECT_FALSE(status.ok());
    EXPECT_FALSE(base::LimitOf(status).has_value()) << i << status;
  }
}

}  // namespace
}  // namespace davit::engine
