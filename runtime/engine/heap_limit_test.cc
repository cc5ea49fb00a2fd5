// The heap of a cell under attack: what is kept beyond its limit, who is ended for it, and that the
// others go on.

#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {

constexpr uint32_t kTableGrowth = 100'000;

EngineOptions TestOptions() { return {.max_table_growth = kTableGrowth}; }

namespace {

using base::TrapCode;

constexpr uint64_t kMiB = 1 << 20;
constexpr uint64_t kHeapBytes = 64 * kMiB;
constexpr CellOptions kHeap = {.heap_bytes = kHeapBytes};
// Of hog.wat, so many that they take about a MiB.
constexpr uint32_t kExceptionsOfAMiB = 3'000;

uint64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

bool IsHeapLimit(const absl::Status& status) {
  const auto trap = base::TrapOf(status);
  return status.code() == absl::StatusCode::kResourceExhausted && trap.has_value() &&
         trap->code == TrapCode::kHeapLimit;
}

TestGuest NewGuest(const std::shared_ptr<Cell>& cell) { return TestGuest("hog", {}, {}, cell); }

void ExpectUsable(TestGuest& guest) {
  const auto count = guest.Call("count", "-> i32");
  ASSERT_TRUE(count.ok()) << count.status();
  EXPECT_TRUE(guest.store().ended().ok());
}

// Lets it keep a MiB more in each call until it is ended.
absl::Status KeepMore(TestGuest& guest) {
  return guest.Call("keep", "i32 ->", {kExceptionsOfAMiB}).status();
}

TEST(HeapLimit, FiftyExhaustionsLeaveNothingBehind) {
  // A smaller one is filled more quickly.
  constexpr uint64_t kSmallHeapBytes = 24 * kMiB;
  const std::shared_ptr<Cell> cell = NewTestCell({.heap_bytes = kSmallHeapBytes});
  TestGuest bystander = NewGuest(cell);
  uint64_t resident = 0;
  for (int i = 0; i < 50; ++i) {
    TestGuest hog = NewGuest(cell);
    const absl::Status status = hog.Call("keep_all", "->").status();
    EXPECT_TRUE(IsHeapLimit(status)) << status;
    EXPECT_TRUE(IsHeapLimit(hog.store().ended()));
    ExpectUsable(bystander);
    EXPECT_LT(cell->heap_used(), kSmallHeapBytes / 4) << i << ": while the hog's store is alive";
    if (i == 2) resident = ResidentBytes();
  }
  EXPECT_LT(ResidentBytes(), resident + kHeapBytes / 2);
}

TEST(HeapLimit, HogsThatLiveOnHoldNothing) {
  const std::shared_ptr<Cell> cell = NewTestCell(kHeap);
  std::vector<std::unique_ptr<TestGuest>> hogs;
  for (int i = 0; i < 20; ++i) {
    hogs.push_back(std::make_unique<TestGuest>("hog", std::vector<types::CoreSignature>{},
                                               StoreLimits{}, cell));
    EXPECT_TRUE(IsHeapLimit(hogs.back()->Call("keep_all", "->").status()));
  }
  EXPECT_LT(cell->heap_used(), kHeapBytes / 4);
  // Each has taken the lock: the last one gives it back first.
  for (; !hogs.empty(); hogs.pop_back()) {
    EXPECT_TRUE(IsHeapLimit(hogs.back()->Call("count", "-> i32").status()));
  }
}

enum class First : bool { kHog, kBystander };

// What they do in each call, in exceptions.
struct Turns {
  First first = First::kHog;
  uint32_t kept = kExceptionsOfAMiB;
  uint32_t wasted = kExceptionsOfAMiB;
};

// Calls both in turn until one is ended.
void TakeTurns(const Turns& turns) {
  const std::shared_ptr<Cell> cell = NewTestCell(kHeap);
  TestGuest earlier = NewGuest(cell), later = NewGuest(cell);
  TestGuest& hog = turns.first == First::kHog ? earlier : later;
  TestGuest& bystander = turns.first == First::kHog ? later : earlier;
  absl::Status status;
  const uint64_t most = 4 * kHeapBytes / kMiB * kExceptionsOfAMiB / turns.kept;
  for (uint64_t i = 0; i < most && status.ok(); ++i) {
    status = hog.Call("keep", "i32 ->", {turns.kept}).status();
    // It collides with the limit as often as the hog.
    const absl::Status other = bystander.Call("waste", "i32 ->", {turns.wasted}).status();
    ASSERT_TRUE(other.ok()) << i << other;
  }
  EXPECT_TRUE(IsHeapLimit(status)) << status;
  EXPECT_TRUE(IsHeapLimit(hog.store().ended()));
  ExpectUsable(bystander);
  EXPECT_LT(cell->heap_used(), kHeapBytes / 4);
}

TEST(HeapLimit, HogIsEndedInTurnWithABystander) { TakeTurns({.first = First::kHog}); }
TEST(HeapLimit, HogIsEndedInTurnWithAnEarlierBystander) { TakeTurns({.first = First::kBystander}); }

// What it keeps grows old while the bystander runs, who fills the young generation.
TEST(HeapLimit, HogOfSmallStepsIsEndedInTurnWithABystander) {
  TakeTurns({.kept = kExceptionsOfAMiB / 4, .wasted = 2 * kExceptionsOfAMiB});
}

TEST(HeapLimit, HogThatFillsTheHeapAlmostIsEndedForWhoComesNext) {
  const std::shared_ptr<Cell> cell = NewTestCell(kHeap);
  TestGuest bystander = NewGuest(cell);
  TestGuest hog = NewGuest(cell);
  const uint32_t almost_all = kExceptionsOfAMiB * (kHeapBytes / kMiB);
  // Returns, or is ended when the MiB are larger.
  static_cast<void>(hog.Call("keep", "i32 ->", {almost_all * 9 / 10}));
  for (int i = 0; i < 10; ++i) {
    const absl::Status status =
        bystander.Call("waste", "i32 ->", {kExceptionsOfAMiB * 10}).status();
    ASSERT_TRUE(status.ok()) << status;
  }
  TestGuest next = NewGuest(cell);
  ExpectUsable(next);
  ExpectUsable(bystander);
  EXPECT_TRUE(IsHeapLimit(hog.store().ended()));
}

TEST(HeapLimit, IdleHogOfSmallStepsIsEndedForWhoComesOften) {
  const std::shared_ptr<Cell> cell = NewTestCell(kHeap);
  TestGuest hog = NewGuest(cell);
  for (uint64_t i = 0; i < kHeapBytes / kMiB * 3 / 4; ++i) ASSERT_TRUE(KeepMore(hog).ok());
  FakeHost host;
  const std::shared_ptr<const ShimModule> shims = TestEngine().CompileShims({}).value();
  int refused = 0;
  for (; refused < 10; ++refused) {
    CellLock lock(*cell);
    const auto store = Store::Create(lock, {}, shims, host);
    if (store.ok()) break;
    EXPECT_EQ(base::LimitOf(store.status()), "cell_heap_bytes") << store.status();
  }
  EXPECT_GT(refused, 0) << "it is only thought to have it";
  EXPECT_LT(refused, 10);
  EXPECT_TRUE(IsHeapLimit(hog.store().ended()));
}

TEST(HeapLimit, StoreThatKeepsAThirdGoesOn) {
  const std::shared_ptr<Cell> cell = NewTestCell(kHeap);
  TestGuest guest = NewGuest(cell), other = NewGuest(cell);
  for (uint64_t i = 0; i < kHeapBytes / kMiB / 3; ++i) ASSERT_TRUE(KeepMore(guest).ok());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(other.Call("waste", "i32 ->", {kExceptionsOfAMiB * 3}).ok());
    ExpectUsable(guest);
  }
}

// The exports of one instance after the other, in one store.
class Modules {
 public:
  explicit Modules(const StoreLimits& limits = {}) : cell_(NewTestCell()), lock_(*cell_) {
    shims_ = TestEngine().CompileShims({.entries = {Signature("->")}}).value();
    store_ = Store::Create(lock_, limits, shims_, host_).value();
  }

  absl::StatusOr<CoreInstanceId> Add(std::string_view module,
                                     const std::vector<ExternId>& imports = {}) {
    auto compiled = TestEngine().Compile(Bytes(module));
    if (!compiled.ok()) return compiled.status();
    const Run run(lock_, *store_, absl::InfiniteFuture());
    return store_->Instantiate(lock_, **compiled, imports);
  }
  ExternId Export(CoreInstanceId instance, std::string_view name) {
    return store_->Export(lock_, instance, name).value();
  }
  absl::Status Call(CoreInstanceId instance, std::string_view name) {
    const Run run(lock_, *store_, absl::InfiniteFuture());
    const auto func = store_->AddFunc(lock_, Export(instance, name), 0);
    if (!func.ok()) return func.status();
    return store_->Call(lock_, *func, {});
  }
  Cell& cell() { return *cell_; }
  CellLock& lock() { return lock_; }
  Store& store() { return *store_; }

 private:
  FakeHost host_;
  std::shared_ptr<Cell> cell_;
  CellLock lock_;
  std::shared_ptr<const ShimModule> shims_;
  std::unique_ptr<Store> store_;
};

using wasm::CoreEncoder;
using wasm::CoreSectionId;

constexpr uint8_t kFuncref = 0x70, kTableKind = 0x01, kNoMaximum = 0x00;

// A module with these tables of functions that grows each to `elements` in its export "grow", with
// one instruction after the other, in the largest steps that it gets.
std::string TableModule(uint32_t imported, uint32_t defined, uint32_t elements) {
  CoreEncoder types, imports, funcs, tables, exports, body, code;
  types.U32(1).Bytes({0x60, 0, 0});
  imports.U32(imported);
  for (uint32_t i = 0; i < imported; ++i) {
    imports.Name("tables").Name(std::to_string(i)).Byte(kTableKind).Byte(kFuncref);
    imports.Byte(kNoMaximum).U32(0);
  }
  funcs.U32(1).U32(0);
  tables.U32(defined);
  for (uint32_t i = 0; i < defined; ++i) tables.Byte(kFuncref).Byte(kNoMaximum).U32(0);
  exports.U32(1 + defined).Name("grow").Byte(0).U32(0);
  for (uint32_t i = 0; i < defined; ++i) {
    exports.Name(std::to_string(i)).Byte(kTableKind).U32(imported + i);
  }
  body.U32(0);
  for (uint32_t table = 0; table < imported + defined; ++table) {
    for (uint32_t step = elements; step >= 100; step /= 2) {
      body.Bytes({0xd0, kFuncref, 0x41}).S32(static_cast<int32_t>(step));
      body.Bytes({0xfc, 0x0f}).U32(table).Byte(0x1a);
    }
  }
  body.Byte(0x0b);
  code.U32(1).Sized(body);
  return CoreEncoder()
      .Preamble()
      .Section(CoreSectionId::kType, types)
      .Section(CoreSectionId::kImport, imports)
      .Section(CoreSectionId::kFunction, funcs)
      .Section(CoreSectionId::kTable, tables)
      .Section(CoreSectionId::kExport, exports)
      .Section(CoreSectionId::kCode, code)
      .Take();
}

constexpr uint64_t kElementBytes = 32;
constexpr uint32_t kAll = 1'000'000;

TEST(TableGrowth, IsBoundedOverAllTablesOfAModule) {
  Modules modules;
  const auto instance = modules.Add(TableModule(0, 100, kAll));
  ASSERT_TRUE(instance.ok()) << instance.status();
  const uint64_t resident = ResidentBytes();
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(modules.Call(*instance, "grow").ok());
  EXPECT_LT(modules.cell().heap_used(), 3 * kTableGrowth * kElementBytes + 4 * kMiB);
  EXPECT_LT(ResidentBytes(), resident + 40 * kMiB);
}

TEST(TableGrowth, IsBoundedOverImportedTables) {
  Modules modules;
  constexpr uint32_t kDefiners = 20, kTables = 100;
  std::vector<ExternId> tables;
  for (uint32_t i = 0; i < kDefiners; ++i) {
    const auto definer = modules.Add(TableModule(0, kTables, 0));
    ASSERT_TRUE(definer.ok()) << definer.status();
    for (uint32_t j = 0; j < kTables; ++j) {
      tables.push_back(modules.Export(*definer, std::to_string(j)));
    }
  }
  const auto instance = modules.Add(TableModule(kDefiners * kTables, 0, kAll), tables);
  ASSERT_TRUE(instance.ok()) << instance.status();
  const uint64_t resident = ResidentBytes();
  EXPECT_TRUE(modules.Call(*instance, "grow").ok());
  EXPECT_LT(ResidentBytes(), resident + 3 * kDefiners * kTableGrowth * kElementBytes);
}

TEST(TableGrowth, AStoreHasSoManyElements) {
  const std::string module = TableModule(0, 1, 0);
  Modules modules({.table_elements = 3 * kTableGrowth});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(modules.Add(module).ok()) << i;
  const auto instance = modules.Add(module);
  EXPECT_EQ(base::LimitOf(instance.status()), "table_elements") << instance.status();
}

// What V8 does for davit itself within a run that was ended fails for that reason.
TEST(PendingTermination, IsTheReasonOfWhatFailsMeanwhile) {
  const std::string module = TableModule(0, 1, 0);
  Modules modules;
  const CoreInstanceId instance = *modules.Add(module);
  const ExternId grow = modules.Export(instance, "grow");
  const auto compiled = *TestEngine().Compile(Bytes(module));
  const engine::Run run(modules.lock(), modules.store(), absl::Now() - absl::Seconds(1));
  while (!run.terminated()) absl::SleepFor(absl::Milliseconds(1));
  for (const absl::Status& status :
       {modules.store().Export(modules.lock(), instance, "grow").status(),
        modules.store().AddFunc(modules.lock(), grow, 0).status(),
        modules.store().Instantiate(modules.lock(), *compiled, {}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded) << status;
  }
}

}  // namespace
}  // namespace davit::engine
