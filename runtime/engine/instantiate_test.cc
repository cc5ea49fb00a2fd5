// Compiling, linking and starting core instances.

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"

namespace davit::engine {

EngineOptions TestOptions() { return {}; }

namespace {

using base::TrapCode;

// A locked cell with one store, into which a case instantiates what it likes.
class InstantiateTest : public ::testing::Test {
 protected:
  InstantiateTest()
      : cell_(NewTestCell()),
        lock_(*cell_),
        store_(Store::Create(
                   lock_, {},
                   TestEngine()
                       .CompileShims({.entries = {Signature("i32 -> i32"), Signature("i32 i32 ->"),
                                                  Signature("i64 -> i64")},
                                      .host_imports = {Signature("->")}})
                       .value(),
                   host_)
                   .value()),
        run_(lock_, *store_, absl::InfiniteFuture()) {}

  absl::StatusOr<CoreInstanceId> Instantiate(std::string_view module,
                                             std::vector<ExternId> imports = {}) {
    return store_->Instantiate(lock_, *CompileTestModule(module), imports);
  }
  ExternId Export(CoreInstanceId instance, std::string_view name) {
    const auto extern_id = store_->Export(lock_, instance, name);
    EXPECT_TRUE(extern_id.ok()) << extern_id.status();
    return extern_id.value_or(ExternId());
  }
  absl::Status Call(CoreInstanceId instance, std::string_view name, uint32_t entry,
                    std::vector<CoreSlot>& slots) {
    const auto func = store_->AddFunc(lock_, Export(instance, name), entry);
    return func.ok() ? store_->Call(lock_, *func, slots) : func.status();
  }
  std::span<uint8_t> View(CoreInstanceId instance, std::string_view name) {
    return store_->View(*store_->AddMemory(lock_, Export(instance, name)));
  }

  static constexpr uint32_t kI32ToI32 = 0, kI32I32 = 1, kI64ToI64 = 2;

  FakeHost host_;
  std::shared_ptr<Cell> cell_;
  CellLock lock_;
  std::unique_ptr<Store> store_;
  engine::Run run_;
};

TEST(CompileTest, InvalidModulesAreRefusedWithV8sWords) {
  const std::string magic("\0asm\1\0\0\0", 8);
  EXPECT_TRUE(TestEngine().Validate(Bytes(magic)).ok());
  for (const std::string& bytes : {std::string(), magic.substr(0, 4), magic + "\x01"}) {
    const absl::Status status = TestEngine().Validate(Bytes(bytes));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(TestEngine().Compile(Bytes(bytes)).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST(CompileTest, FunctionBodiesAreValidated) {
  // (func i32.add)
  const std::string bytes("\0asm\1\0\0\0\1\4\1\x60\0\0\3\2\1\0\x0a\5\1\3\0\x6a\x0b", 8 + 6 + 4 + 7);
  const absl::Status status = TestEngine().Validate(Bytes(bytes));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("i32.add"), std::string::npos) << status;
}

TEST(CompileTest, ShimsHaveAsManyValuesAsTheyMayAndNoMore) {
  types::CoreSignature signature;
  signature.params.assign(1000, types::CoreType::kI64);
  EXPECT_TRUE(TestEngine().CompileShims({.entries = {signature}}).ok());
  EXPECT_TRUE(TestEngine().CompileShims({.host_imports = {signature}}).ok());
  signature.params.push_back(types::CoreType::kI64);
  EXPECT_EQ(TestEngine().CompileShims({.entries = {signature}}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(TestEngine().CompileShims({.host_imports = {signature}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(EngineTest, StartsOncePerProcess) {
  TestEngine();
  EXPECT_EQ(Engine::Start({}).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(InstantiateTest, TrapOfTheStartFunction) {
  const auto trap = base::TrapOf(Instantiate("start_trap").status());
  ASSERT_TRUE(trap.has_value());
  EXPECT_EQ(trap->code, TrapCode::kUnreachable);
  ASSERT_EQ(trap->frames.size(), 1u);
  EXPECT_EQ(trap->frames[0].function, "start");
}

TEST_F(InstantiateTest, StartFunctionMayCallHostImports) {
  int calls = 0;
  host_.set_body([&](uint32_t, std::span<CoreSlot>) {
    ++calls;
    return absl::OkStatus();
  });
  EXPECT_TRUE(Instantiate("start_host", {store_->HostFunc(lock_, 0)}).ok());
  EXPECT_EQ(calls, 1);
}

TEST_F(InstantiateTest, FailedHostImportOfTheStartFunction) {
  host_.set_body([](uint32_t, std::span<CoreSlot>) { return absl::DataLossError("gone"); });
  EXPECT_EQ(Instantiate("start_host", {store_->HostFunc(lock_, 0)}).status(),
            absl::DataLossError("gone"));
}

TEST_F(InstantiateTest, SegmentsThatFit) {
  const auto globals = Instantiate("globals");
  EXPECT_TRUE(Instantiate("segments", {Export(*globals, "zero"), Export(*globals, "table")}).ok());
}

TEST_F(InstantiateTest, DataSegmentOutOfBoundsTraps) {
  const auto globals = Instantiate("globals");
  const auto status =
      Instantiate("segments", {Export(*globals, "two"), Export(*globals, "table")}).status();
  ASSERT_TRUE(base::IsTrap(status)) << status;
  EXPECT_EQ(base::TrapOf(status)->code, TrapCode::kMemoryOutOfBounds) << status;
}

TEST_F(InstantiateTest, ElementSegmentOutOfBoundsTraps) {
  const auto globals = Instantiate("globals");
  const auto status =
      Instantiate("segments", {Export(*globals, "four"), Export(*globals, "table")}).status();
  ASSERT_TRUE(base::IsTrap(status)) << status;
  EXPECT_EQ(base::TrapOf(status)->code, TrapCode::kTableOutOfBounds) << status;
}

TEST_F(InstantiateTest, ImportOfAnotherKindIsALinkError) {
  const auto globals = Instantiate("globals");
  const auto status =
      Instantiate("segments", {Export(*globals, "table"), Export(*globals, "table")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
  EXPECT_FALSE(base::IsTrap(status));
}

TEST_F(InstantiateTest, MissingImportsAreALinkError) {
  EXPECT_EQ(Instantiate("segments").status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(InstantiateTest, ImportedMemoryIsTheOtherInstances) {
  const auto globals = Instantiate("globals");
  const ExternId store8 = Export(*globals, "store8");
  const auto importer = Instantiate("importer", {Export(*globals, "memory"), store8, store8});
  ASSERT_TRUE(importer.ok()) << importer.status();
  std::vector<CoreSlot> slots = {100, 7};
  ASSERT_TRUE(Call(*importer, "store_both", kI32I32, slots).ok());
  EXPECT_EQ(View(*globals, "memory")[100], 7);
  EXPECT_EQ(View(*globals, "memory")[101], 7);
  EXPECT_EQ(View(*importer, "memory").data(), View(*globals, "memory").data());
  slots = {100};
  ASSERT_TRUE(Call(*importer, "load8", kI32ToI32, slots).ok());
  EXPECT_EQ(slots[0], 7u);
  EXPECT_EQ(store_->memory_bytes(), 65536u) << "counted once";
}

TEST_F(InstantiateTest, Memory64) {
  const auto instance = Instantiate("memory64");
  ASSERT_TRUE(instance.ok()) << instance.status();
  const auto view = View(*instance, "memory");
  EXPECT_EQ(view.size(), 65536u);
  EXPECT_EQ(std::string(view.begin() + 5, view.begin() + 7), "64");
  std::vector<CoreSlot> slots = {2};
  ASSERT_TRUE(Call(*instance, "echo_i64", kI64ToI64, slots).ok());
  EXPECT_EQ(slots[0], 1u);
  slots = {1};
  ASSERT_TRUE(Call(*instance, "echo_i64", kI64ToI64, slots).ok());
  EXPECT_EQ(slots[0], ~uint64_t{0});
}

TEST_F(InstantiateTest, SeveralMemoriesHaveTheirOwnImages) {
  const auto instance = Instantiate("two_memories");
  ASSERT_TRUE(instance.ok()) << instance.status();
  EXPECT_EQ(View(*instance, "a")[1], 'a');
  EXPECT_EQ(View(*instance, "b")[1], 'b');
  EXPECT_EQ(View(*instance, "b").size(), 2u * 65536);
}

TEST_F(InstantiateTest, AGlobalIsNoMemory) {
  const auto globals = Instantiate("globals");
  EXPECT_EQ(store_->AddMemory(lock_, Export(*globals, "two")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

// (module (type (array (mut i8)))), then the same with a struct.
TEST(Compile, TypesOfTheGcProposalAreRefusedUnlessTheyAreSwitchedOn) {
  constexpr uint8_t kArray[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x5e, 0x78, 1};
  EXPECT_EQ(base::FeatureOf(TestEngine().Compile(kArray).status()), "gc");
  EXPECT_EQ(base::FeatureOf(TestEngine().Validate(kArray)), "gc");
  constexpr uint8_t kStruct[] = {0, 'a', 's', 'm', 1, 0, 0, 0, 1, 5, 1, 0x5f, 1, 0x78, 1};
  EXPECT_EQ(base::FeatureOf(TestEngine().Compile(kStruct).status()), "gc");
}

}  // namespace
}  // namespace davit::engine
