// What calls, instances and calls between components cost in process, without a network. See
// README.md.

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
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
ABSL_FLAG(std::string, only, "", "measure only what has this in its name");
ABSL_FLAG(absl::Duration, budget, absl::InfiniteDuration(),
          "deadline of each call; the watchdog is armed for it unless it is infinite");

namespace davit::bench {
namespace {

constexpr uint32_t kMiB = 1 << 20;
constexpr size_t kArenaBytes = size_t{32} * kMiB;

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

  // A dynamic call with post-return; arguments are made before, and the result is used again.
  double Dynamic(std::string_view name, const std::vector<v1::Val>& values) {
    const component::Func func = Func(name);
    const canon::ValArgs args(values.begin(), values.end());
    canon::ValArgs results;
    return NanosPerCall([&] {
      results.Clear();
      Want(func.Call(lock_, args, results, Deadline()));
    });
  }

  // The same for a large result, on an arena that is kept: as in davitd.
  double DynamicOnArena(std::string_view name, const v1::Val& value) {
    const component::Func func = Func(name);
    canon::ValArgs args;
    *args.Add() = value;
    std::vector<char> block(kArenaBytes);
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

// Prints what is wanted of a table against the peer's figures.
class Report {
 public:
  explicit Report(PeerFigures wasmtime) : wasmtime_(std::move(wasmtime)) {}

  double Wasmtime(std::string_view name) const { return wasmtime_.Median(name); }
  // Measures and prints a row; nanoseconds, 0 when it is not wanted.
  double Row(std::string_view work, std::string_view peer, absl::FunctionRef<double()> measure) {
    if (!absl::StrContains(work, absl::GetFlag(FLAGS_only))) return 0;
    const double ours = measure();
    PrintNanos(work, ours, wasmtime_.Median(peer));
    return ours;
  }

 private:
  const PeerFigures wasmtime_;
};

double BenchDynamic(Calc& calc, Report& report) {
  PrintHeader("a dynamic call with post-return", "davit", "wasmtime");
  const auto row = [&](std::string_view work, std::string_view peer, std::string_view func,
                       const std::vector<v1::Val>& args) {
    return report.Row(work, peer, [&] { return calc.Dynamic(func, args); });
  };
  const double add = row("dynamic: add(u32, u32)", "dynamic add", "add", {U32(3), U32(4)});
  row("dynamic: add64(u64, u64)", "dynamic add64", "add64", {U64(3), U64(4)});
  row("dynamic: echo of a 1 KiB string", "dynamic echo-string 1K", "echo-string", {String(1024)});
  report.Row("dynamic: echo of 10,000 records", "dynamic echo-records 10k",
             [&] { return calc.DynamicOnArena("echo-records", Records(10'000)); });
  row("dynamic: sum of 262,144 u32", "dynamic sum 256k u32", "sum", {Ones(kMiB / 4)});
  const double bytes =
      row("dynamic: echo of 1 MiB list<u8>", "dynamic echo-bytes 1M", "echo-bytes", {Bytes(kMiB)});
  if (bytes > 0) {
    PrintHeader("against a copy each way", "davit", "two memcpy");
    PrintNanos("echo of 1 MiB list<u8>", bytes, CopiesOfOneMiB());
  }
  return add;
}

double BenchTyped(Calc& calc, Report& report) {
  PrintHeader("a typed call", "davit", "wasmtime");
  const double add = report.Row("typed: add(u32, u32)", "typed add", [&] {
    return calc.Typed<uint32_t(uint32_t, uint32_t)>("add", 3u, 4u);
  });
  report.Row("typed: echo of a 1 KiB string", "typed echo-string 1K", [&] {
    const std::string text(1024, 'x');
    return calc.Typed<std::string(std::string_view)>("echo-string", text);
  });
  report.Row("typed: echo of 1 MiB list<u8>", "typed echo-bytes 1M", [&] {
    const std::vector<uint8_t> bytes(kMiB, 7);
    return calc.Typed<std::vector<uint8_t>(std::span<const uint8_t>)>("echo-bytes", bytes);
  });
  return add;
}

void BenchCalls(Calc& calc, Report& report) {
  const double dynamic = BenchDynamic(calc, report);
  const double typed = BenchTyped(calc, report);
  if (dynamic == 0 || typed == 0) return;
  PrintHeader("typed against dynamic", "typed", "dynamic");
  PrintNanos("add(u32, u32)", typed, dynamic);
}

// An exported loop of relay that calls calc so many times.
double PerLoop(engine::CellLock& lock, component::Instance& relay, std::string_view name,
               uint32_t calls) {
  const auto loop = Want(component::Typed<uint32_t(uint32_t)>(Want(relay.GetFunc(name))));
  return NanosPerCall([&] { Want(loop.Call(lock, absl::InfiniteFuture(), calls)); }) / calls;
}

void BenchCallsBetween(engine::CellLock& lock, component::Instance& relay, Report& report) {
  PrintHeader("a call from one component to another", "davit", "wasmtime");
  const auto row = [&](std::string_view work, std::string_view loop, uint32_t calls) {
    report.Row(work, loop, [&] { return PerLoop(lock, relay, loop, calls); });
  };
  row("between: add(u32, u32)", "loop-add", 10'000);
  row("between: echo of a 1 KiB string", "loop-string", 1000);
  row("between: echo of 100 records", "loop-records", 50);
}

// Instances made and dropped one after the other, each in a store of its own.
void BenchInstances(engine::CellLock& lock,
                    const std::shared_ptr<const component::Component>& component, Report& report) {
  if (!absl::StrContains("instances", absl::GetFlag(FLAGS_only))) return;
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
             report.Wasmtime("instantiate on-demand (store+instance, dropped)"));
  PrintNanos("create p99", Percentile(creates, 0.99), 0);
  PrintNanos("drop p50", Median(drops), 0);
  PrintNanos("drop p99", Percentile(drops, 0.99), 0);
}

void Run() {
  const auto engine = Want(engine::Engine::Start({}));
  Report report(Want(PeerFigures::Read(absl::GetFlag(FLAGS_wasmtime))));
  const auto calc_component = CompileFile(*engine, absl::GetFlag(FLAGS_calc));
  const auto composed = CompileFile(*engine, absl::GetFlag(FLAGS_composed));
  const auto cell = Want(engine->NewCell({}));
  engine::CellLock lock(*cell);
  {
    Calc calc(lock, calc_component);
    BenchCalls(calc, report);
  }
  const auto relay = NewInstance(lock, composed);
  BenchCallsBetween(lock, *relay, report);
  BenchInstances(lock, calc_component, report);
}

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  davit::bench::Run();
  return 0;
}
