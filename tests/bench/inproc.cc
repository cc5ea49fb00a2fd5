// What calls, instances and calls between components cost in process, without a network. See
// README.md.

#include <cstring>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/arena.h"
#include "runtime/davit.h"
#include "tests/bench/guests.h"
#include "tests/bench/measure.h"
#include "tests/bench/peer_figures.h"

ABSL_FLAG(std::string, calc, "bazel-bin/examples/calc.wasm", "the calc component");
ABSL_FLAG(std::string, composed, "bazel-bin/tests/guests/wat/composed.wasm",
          "relay and calc, composed");
ABSL_FLAG(std::string, wasmtime, "",
          "files with the output of programs that do the same under wasmtime, comma-separated");
ABSL_FLAG(absl::Duration, budget, absl::InfiniteDuration(),
          "deadline of each call; the watchdog is armed for it unless it is infinite");

namespace davit::bench {
namespace {

constexpr uint32_t kMiB = 1 << 20;


absl::Time Deadline() {
  const absl::Duration budget = absl::GetFlag(FLAGS_budget);
  return budget == absl::InfiniteDuration() ? absl::InfiniteFuture() : absl::Now() + budget;
}

// One instance of calc, and what its calls cost.
class Calc {
 public:
  Calc(engine::CellLock& lock, const std::shared_ptr<const component::Component>& component)
      : lock_(lock), instance_(NewInstance(lock, component)) {}

  component::Func Func(std::string_view name) {
    return Want(instance_->GetFunc(absl::StrCat(kApi, "#", name)));
  }

  // A dynamic call with post-return; arguments are made before, results go on an arena, as those of
  // a request do.
  double Dynamic(std::string_view name, const std::vector<v1::Val>& values) {
    const component::Func func = Func(name);
    canon::ValArgs args;
    for (const v1::Val& value : values) *args.Add() = value;
    std::vector<char> block(64 << 10);
    google::protobuf::Arena arena(block.data(), block.size());
    return NanosPerCall([&] {
      auto* results = google::protobuf::Arena::CreateMessage<v1::ListVal>(&arena)->mutable_items();
      Want(func.Call(lock_, args, *results, Deadline()));
      arena.Reset();
    });
  }

  template <typename Signature, typename... Args>
  double Typed(std::string_view name, const Args&... args) {
    const auto func = Want(component::Typed<Signature>(Func(name)));
    return NanosPerCall([&] { Want(func.Call(lock_, Deadline(), args...)); });
  }

 private:
  engine::CellLock& lock_;
  std::unique_ptr<component::Instance> instance_;
};

v1::Val U32(uint32_t value) {
  v1::Val val;
  val.set_u32(value);
  return val;
}

v1::Val U64(uint64_t value) {
  v1::Val val;
  val.set_u64(value);
  return val;
}

v1::Val String(size_t size) {
  v1::Val val;
  val.set_string(std::string(size, 'x'));
  return val;
}

v1::Val Bytes(size_t size) {
  v1::Val val;
  val.set_u8_list(std::string(size, '\7'));
  return val;
}

// Two copies of a MiB, one to and one from a buffer that stays: what an echo cannot do without.
double CopiesOfOneMiB() {
  const std::string from(kMiB, '\7');
  std::string there(kMiB, ' ');
  std::string back(kMiB, ' ');
  return NanosPerCall([&] {
    std::memcpy(there.data(), from.data(), kMiB);
    std::memcpy(back.data(), there.data(), kMiB);
    asm volatile("" : : "r"(back.data()) : "memory");
  });
}

void BenchCalls(Calc& calc, const PeerFigures& wasmtime) {
  PrintHeader("a dynamic call with post-return", "davit", "wasmtime");
  const double add = calc.Dynamic("add", {U32(3), U32(4)});
  PrintNanos("add(u32, u32)", add, wasmtime.Median("dynamic add"));
  PrintNanos("add64(u64, u64)", calc.Dynamic("add64", {U64(3), U64(4)}),
             wasmtime.Median("dynamic add64"));
  PrintNanos("echo of a 1 KiB string", calc.Dynamic("echo-string", {String(1024)}),
             wasmtime.Median("dynamic echo-string 1K"));
  PrintNanos("echo of 10,000 records", calc.Dynamic("echo-records", {Records(10'000)}),
             wasmtime.Median("dynamic echo-records 10k"));
  PrintNanos("sum of 262,144 u32", calc.Dynamic("sum", {Ones(kMiB / 4)}),
             wasmtime.Median("dynamic sum 256k u32"));
  const double bytes = calc.Dynamic("echo-bytes", {Bytes(kMiB)});
  PrintNanos("echo of 1 MiB list<u8>", bytes, wasmtime.Median("dynamic echo-bytes 1M"));

  PrintHeader("against a copy each way", "davit", "two memcpy");
  PrintNanos("echo of 1 MiB list<u8>", bytes, CopiesOfOneMiB());

  PrintHeader("a typed call", "davit", "wasmtime");
  const double typed_add = calc.Typed<uint32_t(uint32_t, uint32_t)>("add", 3u, 4u);
  PrintNanos("add(u32, u32)", typed_add, wasmtime.Median("typed add"));
  PrintNanos("echo of a 1 KiB string",
             calc.Typed<std::string(std::string)>("echo-string", std::string(1024, 'x')),
             wasmtime.Median("typed echo-string 1K"));
  PrintNanos("echo of 1 MiB list<u8>",
             calc.Typed<std::vector<uint8_t>(std::vector<uint8_t>)>("echo-bytes",
                                                                    std::vector<uint8_t>(kMiB, 7)),
             wasmtime.Median("typed echo-bytes 1M"));

  PrintHeader("typed against dynamic", "typed", "dynamic");
  PrintNanos("add(u32, u32)", typed_add, add);
}

// An exported loop of relay that calls calc so many times.
double PerLoop(engine::CellLock& lock, component::Instance& relay, std::string_view name,
               uint32_t calls) {
  const auto loop = Want(component::Typed<uint32_t(uint32_t)>(Want(relay.GetFunc(name))));
  return NanosPerCall([&] { Want(loop.Call(lock, absl::InfiniteFuture(), calls)); }) / calls;
}

void BenchCallsBetween(engine::CellLock& lock, component::Instance& relay,
                       const PeerFigures& wasmtime) {
  PrintHeader("a call from one component to another", "davit", "wasmtime");
  PrintNanos("add(u32, u32)", PerLoop(lock, relay, "loop-add", 10'000),
             wasmtime.Median("loop-add"));
  PrintNanos("echo of a 1 KiB string", PerLoop(lock, relay, "loop-string", 1000),
             wasmtime.Median("loop-string"));
  PrintNanos("echo of 100 records", PerLoop(lock, relay, "loop-records", 50),
             wasmtime.Median("loop-records"));
}

// Instances made and dropped one after the other, each in a store of its own.
void BenchInstances(engine::CellLock& lock,
                    const std::shared_ptr<const component::Component>& component,
                    const PeerFigures& wasmtime) {
  constexpr int kInstances = 3000;
  std::vector<double> creates;
  std::vector<double> drops;
  for (int i = 0; i < kInstances; ++i) {
    std::unique_ptr<component::Instance> instance;
    creates.push_back(
        absl::ToDoubleNanoseconds(TimeOf([&] { instance = NewInstance(lock, component); })));
    drops.push_back(absl::ToDoubleNanoseconds(TimeOf([&] { instance.reset(); })));
  }
  PrintHeader("store + instance of calc", "davit", "wasmtime");
  PrintNanos("create p50", Median(creates),
             wasmtime.Median("instantiate on-demand (store+instance, dropped)"));
  PrintNanos("create p99", Percentile(creates, 0.99), 0);
  PrintNanos("drop p50", Median(drops), 0);
  PrintNanos("drop p99", Percentile(drops, 0.99), 0);
}

void Run() {
  const auto engine = Want(engine::Engine::Start({}));
  const auto wasmtime = Want(PeerFigures::Read(absl::GetFlag(FLAGS_wasmtime)));
  const auto calc_component = CompileFile(*engine, absl::GetFlag(FLAGS_calc));
  const auto composed = CompileFile(*engine, absl::GetFlag(FLAGS_composed));
  const auto cell = Want(engine->NewCell({}));
  engine::CellLock lock(*cell);
  {
    Calc calc(lock, calc_component);
    BenchCalls(calc, wasmtime);
  }
  const auto relay = NewInstance(lock, composed);
  BenchCallsBetween(lock, *relay, wasmtime);
  BenchInstances(lock, calc_component, wasmtime);
}

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  davit::bench::Run();
  return 0;
}
