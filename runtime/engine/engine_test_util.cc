#include "runtime/engine/engine_test_util.h"

#include <bit>
#include <fstream>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace davit::engine {
namespace {

// All signatures that tests call with; an entry's index is its place here.
constexpr std::string_view kEntries[] = {
    "->",
    "i32 ->",
    "-> i32",
    "i32 -> i32",
    "i32 i32 ->",
    "i32 i32 -> i32",
    "i32 i32 i32 ->",
    "i64 -> i64",
    "f32 -> f32",
    "f64 -> f64",
    "i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 -> i64",
    "i32 f64 -> f64 i32",
    "i32 i64 f32 f64 -> f64",
};

types::CoreType TypeOf(std::string_view name) {
  if (name == "i32") return types::CoreType::kI32;
  if (name == "i64") return types::CoreType::kI64;
  return name == "f32" ? types::CoreType::kF32 : types::CoreType::kF64;
}

std::vector<types::CoreType> TypesOf(std::string_view text) {
  std::vector<types::CoreType> types;
  for (std::string_view name : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    types.push_back(TypeOf(name));
  }
  return types;
}

uint32_t EntryOf(std::string_view signature) {
  for (uint32_t i = 0; i < std::size(kEntries); ++i) {
    if (kEntries[i] == signature) return i;
  }
  ADD_FAILURE() << "no entry for " << signature;
  return 0;
}

std::vector<types::CoreSignature> Entries() {
  std::vector<types::CoreSignature> entries;
  for (std::string_view entry : kEntries) entries.push_back(Signature(entry));
  return entries;
}

}  // namespace

void AwaitOptimisedCode() {
  while (TestEngine().IsCompiling()) absl::SleepFor(absl::Milliseconds(1));
}

Engine& TestEngine() {
  static Engine* const engine = Engine::Start(TestOptions())->release();
  return *engine;
}

std::string TestModule(std::string_view name) {
  std::ifstream file(absl::StrCat("runtime/engine/testdata/", name, ".wasm"), std::ios::binary);
  EXPECT_TRUE(file.good()) << name;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::span<const uint8_t> Bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::shared_ptr<const CompiledModule> CompileTestModule(std::string_view name) {
  auto module = TestEngine().Compile(Bytes(TestModule(name)));
  EXPECT_TRUE(module.ok()) << module.status();
  return module.ok() ? *module : nullptr;
}

types::CoreSignature Signature(std::string_view text) {
  const std::pair<std::string_view, std::string_view> sides = absl::StrSplit(text, "->");
  return {.params = TypesOf(sides.first), .results = TypesOf(sides.second)};
}

CoreSlot SlotOf(float value) { return std::bit_cast<uint32_t>(value); }
CoreSlot SlotOf(double value) { return std::bit_cast<uint64_t>(value); }
float AsFloat(CoreSlot slot) { return std::bit_cast<float>(static_cast<uint32_t>(slot)); }
double AsDouble(CoreSlot slot) { return std::bit_cast<double>(slot); }

std::shared_ptr<Cell> NewTestCell(const CellOptions& options) {
  auto cell = TestEngine().NewCell(options);
  EXPECT_TRUE(cell.ok()) << cell.status();
  return cell.ok() ? *std::move(cell) : nullptr;
}

TestGuest::TestGuest(std::string_view module, const std::vector<types::CoreSignature>& host_imports,
                     const StoreLimits& limits, std::shared_ptr<Cell> cell)
    : TestGuest(*CompileTestModule(module), host_imports, limits, std::move(cell)) {}

TestGuest::TestGuest(const CompiledModule& module,
                     const std::vector<types::CoreSignature>& host_imports,
                     const StoreLimits& limits, std::shared_ptr<Cell> cell)
    : cell_(std::move(cell)), lock_(std::make_unique<CellLock>(*cell_)) {
  const auto count = static_cast<uint32_t>(host_imports.size());
  auto shims = TestEngine().CompileShims({.entries = Entries(), .host_imports = host_imports});
  store_ = Store::Create(*lock_, limits, std::move(shims).value(), host_).value();
  std::vector<ExternId> imports;
  imports.reserve(count);
  for (uint32_t i = 0; i < count; ++i) imports.push_back(store_->HostFunc(*lock_, i));
  const Run run(*lock_, *store_, absl::InfiniteFuture());
  auto instance = store_->Instantiate(*lock_, module, imports);
  EXPECT_TRUE(instance.ok()) << instance.status();
  if (instance.ok()) instance_ = *instance;
}

absl::Status TestGuest::CallInRun(std::string_view name, std::string_view signature,
                                  std::vector<CoreSlot>& slots) {
  const auto func = store_->Export(*lock_, instance_, name);
  if (!func.ok()) return func.status();
  const auto id = store_->AddFunc(*lock_, *func, EntryOf(signature));
  if (!id.ok()) return id.status();
  return store_->Call(*lock_, *id, slots);
}

absl::Status TestGuest::Call(std::string_view name, std::string_view signature,
                             std::vector<CoreSlot>& slots, absl::Time deadline) {
  const Run run(*lock_, *store_, deadline);
  return CallInRun(name, signature, slots);
}

absl::StatusOr<CoreSlot> TestGuest::Call(std::string_view name, std::string_view signature,
                                         std::initializer_list<CoreSlot> params,
                                         absl::Time deadline) {
  std::vector<CoreSlot> slots(params);
  slots.resize(slots.size() + 2);
  absl::Status status = Call(name, signature, slots, deadline);
  if (!status.ok()) return status;
  return slots[0];
}

FuncId TestGuest::Func(std::string_view name, std::string_view signature) {
  const auto func = store_->Export(*lock_, instance_, name);
  EXPECT_TRUE(func.ok()) << func.status();
  const auto id = store_->AddFunc(*lock_, *func, EntryOf(signature));
  EXPECT_TRUE(id.ok()) << id.status();
  return *id;
}

MemoryId TestGuest::Memory(std::string_view name) {
  const auto memory = store_->Export(*lock_, instance_, name);
  EXPECT_TRUE(memory.ok()) << memory.status();
  const auto id = store_->AddMemory(*lock_, *memory);
  EXPECT_TRUE(id.ok()) << id.status();
  return *id;
}

}  // namespace davit::engine
