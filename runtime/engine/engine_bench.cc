// What crossing into and out of guests costs, and making stores.

#include <memory>
#include <vector>

#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "benchmark/benchmark.h"
#include "runtime/engine/engine_test_util.h"

namespace davit::engine {

EngineOptions TestOptions() { return {.gc = true}; }

namespace {

std::vector<types::CoreSignature> HostSignatures() {
  return {Signature("i32 i32 -> i32"), Signature("i32 i64 f32 f64 -> f64"), Signature("->"),
          Signature("i32 -> i32")};
}

// One guest whose export is called again and again.
void CallLoop(benchmark::State& state, std::string_view name, std::string_view signature,
              std::vector<CoreSlot> slots, FakeHost::Body body = {}) {
  TestGuest guest("calls", HostSignatures());
  guest.host().set_body(std::move(body));
  const FuncId func = guest.Func(name, signature);
  const Run run(guest.lock(), guest.store(), absl::InfiniteFuture());
  for ([[maybe_unused]] auto _ : state) {
    if (!guest.store().Call(guest.lock(), func, slots).ok()) return state.SkipWithError("failed");
  }
}

void BM_CallNothing(benchmark::State& state) { CallLoop(state, "nothing", "->", {}); }
BENCHMARK(BM_CallNothing);

void BM_CallAdd(benchmark::State& state) { CallLoop(state, "add", "i32 i32 -> i32", {1, 2}); }
BENCHMARK(BM_CallAdd);

void BM_CallSum17(benchmark::State& state) {
  CallLoop(state, "sum17",
           "i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 -> i64",
           std::vector<CoreSlot>(17));
}
BENCHMARK(BM_CallSum17);

void BM_CallThatCallsAHostImport(benchmark::State& state) {
  CallLoop(state, "call_add", "i32 i32 -> i32", {1, 2},
           [](uint32_t, std::span<CoreSlot>) { return absl::OkStatus(); });
}
BENCHMARK(BM_CallThatCallsAHostImport);

// As many steps as the argument says, each of as many calls as its second one.
class AddSteps final : public Steps {
 public:
  AddSteps(FuncId func, std::vector<CoreSlot>& slots, int64_t steps)
      : func_(func), slots_(slots), steps_(steps) {}
  absl::Status Next(Step& step) override {
    if (steps_ == 0) return absl::OkStatus();
    step = {.kind = Step::Kind::kCalls,
            .func = func_,
            .count = static_cast<uint32_t>(slots_.size() / 2),
            .slots = absl::MakeSpan(slots_),
            .last = --steps_ == 0};
    return absl::OkStatus();
  }
  absl::Status Failed(uint32_t /*completed*/, absl::Status status) override { return status; }

 private:
  const FuncId func_;
  std::vector<CoreSlot>& slots_;
  int64_t steps_;
};

void BM_SeriesOfAdds(benchmark::State& state) {
  TestGuest guest("calls", HostSignatures());
  const FuncId func = guest.Func("add", "i32 i32 -> i32");
  const Run run(guest.lock(), guest.store(), absl::InfiniteFuture());
  std::vector<CoreSlot> slots(2 * static_cast<size_t>(state.range(1)));
  for ([[maybe_unused]] auto _ : state) {
    AddSteps steps(func, slots, state.range(0));
    if (!guest.store().Call(guest.lock(), steps).ok()) return state.SkipWithError("failed");
  }
}
BENCHMARK(BM_SeriesOfAdds)->Args({1, 1})->Args({2, 1})->Args({3, 1})->Args({10, 1})->Args({1, 500});

void BM_Trap(benchmark::State& state) {
  TestGuest guest("traps");
  const FuncId func = guest.Func("unreachable", "->");
  const Run run(guest.lock(), guest.store(), absl::InfiniteFuture());
  std::vector<CoreSlot> slots;
  for ([[maybe_unused]] auto _ : state)
    benchmark::DoNotOptimize(guest.store().Call(guest.lock(), func, slots));
}
BENCHMARK(BM_Trap);

void BM_RunWithoutDeadline(benchmark::State& state) {
  TestGuest guest("calls", HostSignatures());
  for ([[maybe_unused]] auto _ : state)
    const Run run(guest.lock(), guest.store(), absl::InfiniteFuture());
}
BENCHMARK(BM_RunWithoutDeadline);

void BM_RunWithDeadline(benchmark::State& state) {
  TestGuest guest("calls", HostSignatures());
  for ([[maybe_unused]] auto _ : state) {
    const Run run(guest.lock(), guest.store(), absl::Now() + absl::Seconds(1));
  }
}
BENCHMARK(BM_RunWithDeadline);

void BM_CellLock(benchmark::State& state) {
  const auto cell = NewTestCell();
  for ([[maybe_unused]] auto _ : state) const CellLock lock(*cell);
}
BENCHMARK(BM_CellLock);

// A store with one instance of a module, dropped at once.
void InstantiateLoop(benchmark::State& state, std::string_view name, uint32_t host_imports) {
  const auto module = CompileTestModule(name);
  const auto cell = NewTestCell();
  FakeHost host;
  auto signatures = HostSignatures();
  signatures.resize(host_imports);
  const auto shims = TestEngine().CompileShims({.host_imports = signatures}).value();
  for ([[maybe_unused]] auto _ : state) {
    CellLock lock(*cell);
    auto store = Store::Create(lock, {}, shims, host);
    std::vector<ExternId> imports;
    imports.reserve(host_imports);
    for (uint32_t i = 0; i < host_imports; ++i) imports.push_back((*store)->HostFunc(lock, i));
    const Run run(lock, **store, absl::InfiniteFuture());
    if (!(*store)->Instantiate(lock, *module, imports).ok()) return state.SkipWithError("failed");
  }
}

void BM_StoreOfCopiedImage(benchmark::State& state) { InstantiateLoop(state, "calls", 4); }
BENCHMARK(BM_StoreOfCopiedImage);

void BM_StoreOfMappedImage(benchmark::State& state) { InstantiateLoop(state, "large_image", 0); }
BENCHMARK(BM_StoreOfMappedImage);

void BM_NewCell(benchmark::State& state) {
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(NewTestCell());
}
BENCHMARK(BM_NewCell)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace davit::engine
