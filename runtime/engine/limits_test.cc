// What a guest, a store, a cell and the process may have, each by reaching it.

#include <pthread.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/engine/code/module_plan.h"
#include "runtime/engine/engine_test_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::engine {

constexpr uint32_t kMaxCells = 8;
constexpr uint32_t kMaxMemories = 40;
constexpr uint64_t kMaxMemoryBytes = 100 << 20;
constexpr uint32_t kMaxTableElements = 5000;
constexpr uint32_t kMaxCoreExterns = 100;
constexpr uint64_t kMaxElementEntries = 300;
constexpr uint64_t kMaxConstExprBytes = 2001;
constexpr uint64_t kMaxActiveDataBytes = 10'000;
constexpr uint64_t kMaxFunctionBytes = 1000;
constexpr uint64_t kMaxFunctionValues = 128'000;

EngineOptions TestOptions() {
  EngineOptions options;
  options.max_cells = kMaxCells;
  options.max_image_spread = 1 << 16;  // a large image in a small module
  options.max_memories = kMaxMemories;
  options.max_table_elements = kMaxTableElements;
  options.max_core_externs = kMaxCoreExterns;
  options.max_element_entries = kMaxElementEntries;
  options.max_const_expr_bytes = kMaxConstExprBytes;
  options.max_active_data_bytes = kMaxActiveDataBytes;
  options.max_function_bytes = kMaxFunctionBytes;
  options.max_function_values = kMaxFunctionValues;
  options.max_memory_bytes = kMaxMemoryBytes;
  options.gc = true;
  return options;
}

namespace {

using base::TrapCode;

constexpr uint64_t kMiB = 1 << 20;
constexpr CellOptions kSmallHeap = {.heap_bytes = 24 << 20};

TestGuest Loops(const StoreLimits& limits = {}) {
  return TestGuest("loops", {Signature("->")}, limits, NewTestCell(kSmallHeap));
}

// Stores of one module without imports, in one cell.
class Stores {
 public:
  explicit Stores(std::string_view module, std::shared_ptr<Cell> cell = NewTestCell())
      : module_(CompileTestModule(module)),
        cell_(std::move(cell)),
        shims_(TestEngine().CompileShims({}).value()) {}

  absl::StatusOr<std::unique_ptr<Store>> New(CellLock& lock, const StoreLimits& limits = {}) {
    auto store = Store::Create(lock, limits, shims_, host_);
    if (!store.ok()) return store;
    const Run run(lock, **store, absl::InfiniteFuture());
    const auto instance = (*store)->Instantiate(lock, *module_, {});
    if (!instance.ok()) return instance.status();
    return store;
  }

  Cell& cell() { return *cell_; }

 private:
  std::shared_ptr<const CompiledModule> module_;
  std::shared_ptr<Cell> cell_;
  std::shared_ptr<const ShimModule> shims_;
  FakeHost host_;
};

TEST(MemoryLimit, GrowthStopsAtTheStoresLimit) {
  TestGuest guest = Loops({.memory_bytes = uint64_t{10} * 65536});
  EXPECT_EQ(*guest.Call("grow", "i32 -> i32", {9}), 1u);
  EXPECT_EQ(*guest.Call("grow", "i32 -> i32", {1}), 0xffffffffu);
  EXPECT_EQ(guest.store().memory_bytes(), 10u * 65536);
}

TEST(MemoryLimit, GrowthStopsAtTheDeclaredMaximum) {
  TestGuest guest("large_image");
  EXPECT_EQ(*guest.Call("grow", "i32 -> i32", {16}), 16u);
  EXPECT_EQ(*guest.Call("grow", "i32 -> i32", {1}), 0xffffffffu);
}

TEST(MemoryLimit, AMemoryMayStartWithTheLimitButNotWithMore) {
  Stores stores("large_image");
  CellLock lock(stores.cell());
  EXPECT_TRUE(stores.New(lock, {.memory_bytes = kMiB}).ok());
  const auto store = stores.New(lock, {.memory_bytes = kMiB - 1});
  EXPECT_EQ(base::LimitOf(store.status()), "memory_bytes") << store.status();
}

TEST(MemoryLimit, StoreHasSoManyMemories) {
  Stores stores("large_image");
  CellLock lock(stores.cell());
  const auto store = stores.New(lock, {.memories = 0});
  EXPECT_EQ(base::LimitOf(store.status()), "instance_memories") << store.status();
}

TEST(MemoryImage, WhatLiesBetweenSegmentsIsLimitedByTheBytesOfTheModule) {
  const std::string module = TestModule("large_image");
  const auto spread = PlanModule(Bytes(module), TestOptions());
  ASSERT_TRUE(spread.ok());
  EXPECT_TRUE(spread->plan.memories[0].image->mapped());
  EXPECT_FALSE(absl::StrContains(spread->bytes, "begin") ||
               absl::StrContains(spread->bytes, "end"));
  const auto plain = PlanModule(Bytes(module), {});
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->plan.memories[0].image->mapped());
  EXPECT_FALSE(absl::StrContains(plain->bytes, "begin"));
  EXPECT_TRUE(absl::StrContains(plain->bytes, "end")) << "copied at each instantiation";
}

TEST(MemoryImage, MappedImageIsPrivateAndGrowable) {
  const std::shared_ptr<Cell> cell = NewTestCell();
  TestGuest first("large_image", {}, {}, cell), second("large_image", {}, {}, cell);
  for (TestGuest* guest : {&first, &second}) {
    const auto view = guest->store().View(guest->Memory());
    EXPECT_EQ(view[69999], 0);
    EXPECT_EQ(std::string(view.begin() + 70000, view.begin() + 70005), "begin");
    EXPECT_EQ(view[70005], 0);
    EXPECT_EQ(std::string(view.begin() + 600000, view.begin() + 600003), "end");
  }
  ASSERT_TRUE(first.Call("store8", "i32 i32 ->", {70000, 'X'}).ok());
  EXPECT_EQ(*first.Call("load8", "i32 -> i32", {70000}), uint64_t{'X'});
  EXPECT_EQ(*second.Call("load8", "i32 -> i32", {70000}), uint64_t{'b'});
  EXPECT_EQ(*first.Call("grow", "i32 -> i32", {1}), 16u);
  EXPECT_EQ(*first.Call("load8", "i32 -> i32", {70001}), uint64_t{'e'});
}

TEST(TableLimit, TableGrowStopsAtTheEnginesLimit) {
  TestGuest guest = Loops();
  EXPECT_EQ(*guest.Call("grow_table", "i32 -> i32", {kMaxTableElements}), 0xffffffffu);
  EXPECT_EQ(*guest.Call("grow_table", "i32 -> i32", {kMaxTableElements - 1}), 1u);
  EXPECT_EQ(*guest.Call("grow_table", "i32 -> i32", {1}), 0xffffffffu);
}

TEST(TableLimit, ATableMayStartWithTheLimitButNotWithMore) {
  EXPECT_TRUE(TestEngine().Compile(Bytes(TestModule("table_at_limit"))).ok());
  EXPECT_EQ(base::LimitOf(TestEngine().Validate(Bytes(TestModule("table_over_limit")))),
            "table_elements");
  const auto module = TestEngine().Compile(Bytes(TestModule("table_over_limit")));
  EXPECT_EQ(base::LimitOf(module.status()), "table_elements") << module.status();
}

TEST(TableLimit, TablesOfAModuleStartWithTheLimitTogether) {
  const auto module = TestEngine().Compile(Bytes(TestModule("tables_over_limit")));
  EXPECT_EQ(base::LimitOf(module.status()), "table_elements") << module.status();
}

// (module (func ...) (export "" (func 0)) ...), with names of their own.
std::string ModuleWith(uint32_t export_count, const wasm::CoreEncoder& body) {
  wasm::CoreEncoder types, funcs, exports, code;
  types.U32(1).Bytes({0x60, 0, 0});
  funcs.U32(1).U32(0);
  exports.U32(export_count);
  for (uint32_t i = 0; i < export_count; ++i) exports.Name(std::to_string(i)).Bytes({0, 0});
  code.U32(1).Sized(body);
  return wasm::CoreEncoder()
      .Preamble()
      .Section(wasm::CoreSectionId::kType, types)
      .Section(wasm::CoreSectionId::kFunction, funcs)
      .Section(wasm::CoreSectionId::kExport, exports)
      .Section(wasm::CoreSectionId::kCode, code)
      .Take();
}

std::string ModuleWithExports(uint32_t count) {
  return ModuleWith(count, wasm::CoreEncoder().Bytes({0, 0x0b}));
}

TEST(ExternLimit, AModuleHasSoManyExports) {
  EXPECT_TRUE(TestEngine().Compile(Bytes(ModuleWithExports(kMaxCoreExterns))).ok());
  const auto module = TestEngine().Compile(Bytes(ModuleWithExports(kMaxCoreExterns + 1)));
  EXPECT_EQ(base::LimitOf(module.status()), "core_externs") << module.status();
}

std::string ModuleWithGlobals(uint32_t count) {
  wasm::CoreEncoder globals;
  globals.U32(count);
  for (uint32_t i = 0; i < count; ++i) globals.Bytes({0x7f, 0, 0x41, 0, 0x0b});
  return wasm::CoreEncoder().Preamble().Section(wasm::CoreSectionId::kGlobal, globals).Take();
}

TEST(ExternLimit, AModuleHasSoManyGlobals) {
  EXPECT_TRUE(TestEngine().Compile(Bytes(ModuleWithGlobals(kMaxCoreExterns))).ok());
  const auto module = TestEngine().Compile(Bytes(ModuleWithGlobals(kMaxCoreExterns + 1)));
  EXPECT_EQ(base::LimitOf(module.status()), "core_externs") << module.status();
}

// Two active segments of a table, with so many entries together.
std::string ModuleWithElements(uint32_t entries) {
  wasm::CoreEncoder tables, elements;
  tables.U32(1).Bytes({0x70, 0}).U32(entries);
  elements.U32(2);
  for (const uint32_t count : {entries / 2, entries - entries / 2}) {
    elements.Bytes({4, 0x41, 0, 0x0b}).U32(count);
    for (uint32_t i = 0; i < count; ++i) elements.Bytes({0xd0, 0x70, 0x0b});
  }
  return wasm::CoreEncoder()
      .Preamble()
      .Section(wasm::CoreSectionId::kTable, tables)
      .Section(wasm::CoreSectionId::kElement, elements)
      .Take();
}

TEST(InstantiationLimit, ElementSegmentsHaveSoManyEntriesTogether) {
  EXPECT_TRUE(TestEngine().Compile(Bytes(ModuleWithElements(kMaxElementEntries))).ok());
  const auto module = TestEngine().Compile(Bytes(ModuleWithElements(kMaxElementEntries + 1)));
  EXPECT_EQ(base::LimitOf(module.status()), "element_entries") << module.status();
}

// A global that begins as a sum, in so many bytes.
std::string ModuleWithConstExpr(uint32_t bytes) {
  wasm::CoreEncoder globals;
  globals.U32(1).Bytes({0x7f, 0, 0x41, 0});
  for (uint32_t size = 3; size < bytes; size += 3) globals.Bytes({0x41, 1, 0x6a});
  globals.Byte(0x0b);
  return wasm::CoreEncoder().Preamble().Section(wasm::CoreSectionId::kGlobal, globals).Take();
}

TEST(InstantiationLimit, ConstantExpressionsHaveSoManyBytes) {
  const auto at_limit = TestEngine().Compile(Bytes(ModuleWithConstExpr(kMaxConstExprBytes)));
  EXPECT_TRUE(at_limit.ok()) << at_limit.status();
  const auto module = TestEngine().Compile(Bytes(ModuleWithConstExpr(kMaxConstExprBytes + 3)));
  EXPECT_EQ(base::LimitOf(module.status()), "const_expr_bytes") << module.status();
}

// A segment of an imported memory, which has no image.
std::string ModuleWithActiveData(uint32_t bytes) {
  wasm::CoreEncoder imports, data;
  imports.U32(1).Name("m").Name("memory").Bytes({2, 0, 1});
  data.U32(1).Bytes({0, 0x41, 0, 0x0b}).Name(std::string(bytes, 'x'));
  return wasm::CoreEncoder()
      .Preamble()
      .Section(wasm::CoreSectionId::kImport, imports)
      .Section(wasm::CoreSectionId::kData, data)
      .Take();
}

TEST(InstantiationLimit, DataSegmentsOutsideOfImagesHaveSoManyBytes) {
  EXPECT_TRUE(TestEngine().Compile(Bytes(ModuleWithActiveData(kMaxActiveDataBytes))).ok());
  const auto module = TestEngine().Compile(Bytes(ModuleWithActiveData(kMaxActiveDataBytes + 1)));
  EXPECT_EQ(base::LimitOf(module.status()), "active_data_bytes") << module.status();
}

// A function without locals, of that many bytes.
std::string ModuleWithBody(uint32_t bytes) {
  const std::string nops(bytes - 2, '\x01');
  return ModuleWith(0, wasm::CoreEncoder().Byte(0).Bytes(nops).Byte(0x0b));
}

TEST(FunctionLimit, AFunctionHasSoManyBytes) {
  EXPECT_TRUE(TestEngine().Compile(Bytes(ModuleWithBody(kMaxFunctionBytes))).ok());
  const auto module = TestEngine().Compile(Bytes(ModuleWithBody(kMaxFunctionBytes + 1)));
  EXPECT_EQ(base::LimitOf(module.status()), "function_bytes") << module.status();
}

// One branch, at which all locals are alive.
std::string ModuleWithABranchOver(uint32_t locals) {
  return ModuleWith(
      0, wasm::CoreEncoder().U32(1).U32(locals).Bytes({0x7f, 0x02, 0x40, 0x0c, 0, 0x0b, 0x0b}));
}

TEST(FunctionLimit, AFunctionKeepsSoManyValues) {
  // A body as short as this may have a 64th. Locals count as the body begins and at the branch.
  constexpr uint32_t kInstructions = 128 + 3 * 2;
  constexpr uint32_t kMost = (kMaxFunctionValues / 64 - kInstructions) / 2;
  EXPECT_TRUE(TestEngine().Compile(Bytes(ModuleWithABranchOver(kMost))).ok());
  const auto module = TestEngine().Compile(Bytes(ModuleWithABranchOver(kMost + 1)));
  EXPECT_EQ(base::LimitOf(module.status()), "function_values") << module.status();
}

void ExpectHeapLimit(const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  const auto trap = base::TrapOf(status);
  EXPECT_TRUE(trap.has_value() && trap->code == TrapCode::kHeapLimit) << status;
}

TEST(HeapLimit, AGuestThatEatsTheHeapIsEndedAndTheCellGoesOn) {
  const std::shared_ptr<Cell> cell = NewTestCell(kSmallHeap);
  for (int i = 0; i < 3; ++i) {
    TestGuest guest("loops", {Signature("->")}, {}, cell);
    ExpectHeapLimit(guest.Call("eat", "->").status());
    ExpectHeapLimit(guest.Call("add", "i32 i32 -> i32", {1, 2}).status());
  }
  TestGuest guest("loops", {Signature("->")}, {}, cell);
  EXPECT_EQ(*guest.Call("add", "i32 i32 -> i32", {1, 2}), 3u);
}

// Calls a function once, as a step.
class OneCall final : public Steps {
 public:
  explicit OneCall(FuncId func) : func_(func) {}
  absl::Status Next(Step& step) override {
    step = {.kind = Step::Kind::kCalls, .func = func_, .last = true};
    return absl::OkStatus();
  }
  absl::Status Failed(uint32_t /*completed*/, absl::Status status) override { return status; }

 private:
  const FuncId func_;
};

TEST(HeapLimit, IsNotTheNextGuestsFailure) {
  const std::shared_ptr<Cell> cell = NewTestCell(kSmallHeap);
  TestGuest greedy("loops", {Signature("->")}, {}, cell);
  TestGuest other("loops", {Signature("->")}, {}, cell);
  const FuncId traps = other.Func("unreachable", "->");
  ExpectHeapLimit(greedy.Call("eat", "->").status());
  const engine::Run run(other.lock(), other.store(), absl::InfiniteFuture());
  OneCall call(traps);
  const auto trap = base::TrapOf(other.store().Call(other.lock(), call));
  ASSERT_TRUE(trap.has_value());
  EXPECT_EQ(trap->code, TrapCode::kUnreachable) << "under the same lock";
}

TEST(HeapLimit, LargeObjectsDoNotEndTheProcess) {
  const std::shared_ptr<Cell> cell = NewTestCell(kSmallHeap);
  for (uint32_t length : {1'000u, 100'000u, 1'000'000u, 5'000'000u}) {
    TestGuest guest("loops", {Signature("->")}, {}, cell);
    ExpectHeapLimit(guest.Call("eat_arrays", "i32 ->", {length}).status());
  }
  TestGuest guest("loops", {Signature("->")}, {}, cell);
  EXPECT_EQ(*guest.Call("add", "i32 i32 -> i32", {1, 2}), 3u);
}

TEST(HeapLimit, WhatADeadStoreHeldIsFree) {
  const std::shared_ptr<Cell> cell = NewTestCell(kSmallHeap);
  for (int i = 0; i < 5; ++i) {
    TestGuest guest("loops", {Signature("->")}, {}, cell);
    EXPECT_TRUE(guest.Call("eat_some", "i32 ->", {300'000}).ok()) << i;
  }
}

TEST(CellLimit, ProcessHasSoManyCells) {
  std::vector<std::shared_ptr<Cell>> cells;
  for (uint32_t i = 0; i < kMaxCells; ++i) {
    auto cell = TestEngine().NewCell({});
    ASSERT_TRUE(cell.ok()) << i << cell.status();
    cells.push_back(*std::move(cell));
  }
  EXPECT_EQ(base::LimitOf(TestEngine().NewCell({}).status()), "cells");
  cells.pop_back();
  EXPECT_TRUE(TestEngine().NewCell({}).ok());
}

TEST(ProcessMemories, AreLimited) {
  Stores stores("large_image");
  CellLock lock(stores.cell());
  std::vector<std::unique_ptr<Store>> alive;
  for (uint32_t i = 0; i < kMaxMemories; ++i) {
    auto store = stores.New(lock);
    ASSERT_TRUE(store.ok()) << i << store.status();
    alive.push_back(*std::move(store));
  }
  EXPECT_EQ(TestEngine().live_memories(), kMaxMemories);
  EXPECT_EQ(stores.cell().live_stores(), kMaxMemories);
  EXPECT_EQ(base::LimitOf(stores.New(lock).status()), "memories");
}

// Pages that a memory can grow by until the process has no more for it.
uint32_t GrowAll(TestGuest& guest) {
  uint32_t pages = 0;
  while (*guest.Call("grow", "i32 -> i32", {1}) != 0xffffffffu) ++pages;
  return pages;
}

TEST(ProcessMemories, HaveSoManyBytesTogether) {
  constexpr uint32_t kAllPages = kMaxMemoryBytes / 65536;
  const std::shared_ptr<Cell> cell = NewTestCell();
  TestGuest guest("loops", {Signature("->")}, {}, cell);
  auto greedy =
      std::make_unique<TestGuest>("loops", std::vector{Signature("->")}, StoreLimits{}, cell);
  const uint32_t pages = GrowAll(*greedy);
  EXPECT_GT(pages, kAllPages / 2);
  EXPECT_LT(pages, kAllPages);
  EXPECT_EQ(GrowAll(guest), 0u);
  EXPECT_EQ(*guest.Call("add", "i32 i32 -> i32", {1, 2}), 3u) << "it goes on";
  greedy.reset();
  EXPECT_EQ(GrowAll(guest), pages + 1) << "what a dead store had is free at once";
}

TEST(ProcessMemories, NoneIsMadeThatWouldBeTooMuch) {
  const std::shared_ptr<Cell> cell = NewTestCell();
  TestGuest guest("loops", {Signature("->")}, {}, cell);
  GrowAll(guest);
  Stores stores("large_image", cell);
  EXPECT_EQ(base::LimitOf(stores.New(guest.lock()).status()), "total_memory_bytes");
}

TEST(ProcessMemories, ChurnFarBeyondTheLimitWorks) {
  Stores stores("large_image");
  for (uint32_t i = 0; i < 50 * kMaxMemories; ++i) {
    CellLock lock(stores.cell());
    const auto store = stores.New(lock);
    ASSERT_TRUE(store.ok()) << i << store.status();
  }
  EXPECT_EQ(stores.cell().live_stores(), 0u);
}

TEST(ProcessMemories, ChurnUnderOneLockWorks) {
  Stores stores("large_image");
  CellLock lock(stores.cell());
  for (uint32_t i = 0; i < 10 * kMaxMemories; ++i) {
    const auto store = stores.New(lock);
    ASSERT_TRUE(store.ok()) << i << store.status();
  }
}

TEST(ProcessMemories, GarbageOfAnIdleCellIsReclaimed) {
  Stores idle("large_image");
  {
    std::vector<std::unique_ptr<Store>> alive;
    CellLock lock(idle.cell());
    alive.reserve(kMaxMemories / 2);
    for (uint32_t i = 0; i < kMaxMemories / 2; ++i) alive.push_back(*idle.New(lock));
  }
  Stores stores("large_image");
  CellLock lock(stores.cell());
  std::vector<std::unique_ptr<Store>> alive;
  for (uint32_t i = 0; i < kMaxMemories; ++i) {
    auto store = stores.New(lock);
    ASSERT_TRUE(store.ok()) << i << store.status();
    alive.push_back(*std::move(store));
  }
}

TEST(ProcessMemories, AllAreGoneWithTheirCell) {
  {
    Stores stores("large_image");
    CellLock lock(stores.cell());
    constexpr int kStores = 10;
    std::vector<std::unique_ptr<Store>> alive;
    alive.reserve(kStores);
    for (int i = 0; i < kStores; ++i) alive.push_back(*stores.New(lock));
  }
  EXPECT_EQ(TestEngine().live_memories(), 0u);
}

TEST(StoreLifetime, AStoreMayDieWithoutALockAndAfterItsCell) {
  auto stores = std::make_unique<Stores>("large_image");
  std::unique_ptr<Store> store;
  {
    CellLock lock(stores->cell());
    store = *stores->New(lock);
  }
  stores.reset();
  store.reset();
  EXPECT_EQ(TestEngine().live_memories(), 0u);
}

// What the guest gets on a thread with this much stack, which locks the cell itself.
absl::Status RecurseOnThreadWith(size_t stack_bytes) {
  absl::Status status;
  auto body = [](void* result) -> void* {
    TestGuest guest("traps");
    *static_cast<absl::Status*>(result) = guest.Call("recurse", "->").status();
    return nullptr;
  };
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_t thread;
  EXPECT_EQ(pthread_create(&thread, &attributes, body, &status), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  return status;
}

TEST(StackLimit, GuestsTrapOnThreadsOfAnyStackSize) {
  for (size_t stack_bytes : {512u << 10, 1024u << 10, 8192u << 10}) {
    const absl::Status status = RecurseOnThreadWith(stack_bytes);
    const auto trap = base::TrapOf(status);
    ASSERT_TRUE(trap.has_value()) << status;
    EXPECT_EQ(trap->code, TrapCode::kStackOverflow) << stack_bytes;
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  }
}

}  // namespace
}  // namespace davit::engine
