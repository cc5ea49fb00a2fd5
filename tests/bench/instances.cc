// What many instances cost in one process: to make, to keep idle, to drop. See README.md.

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/davit.h"
#include "tests/bench/files.h"
#include "tests/bench/guests.h"
#include "tests/bench/measure.h"

ABSL_FLAG(std::string, calc, "bazel-bin/examples/calc.wasm", "the calc component");
ABSL_FLAG(int, live, 10'000, "instances alive at once");
ABSL_FLAG(int, churn, 100'000, "instances made and dropped one after the other");

namespace davit::bench {
namespace {

using Instances = std::vector<std::unique_ptr<component::Instance>>;

// A server's cell is given back after a batch like this, and what was dropped meanwhile destroyed.
constexpr int kBatch = 64;

struct Footprint {
  double resident_kb = 0;
  double maps = 0;
};

Footprint Measure() {
  Footprint footprint;
  std::string line;
  for (std::ifstream maps("/proc/self/maps"); std::getline(maps, line);) ++footprint.maps;
  for (std::ifstream status("/proc/self/status"); std::getline(status, line);) {
    if (absl::StartsWith(line, "VmRSS:")) footprint.resident_kb = std::stod(line.substr(6));
  }
  return footprint;
}

// Calls `one` so many times, in batches under a lock of their own.
void InBatches(engine::Cell& cell, int count, absl::FunctionRef<void(engine::CellLock&)> one) {
  for (int i = 0; i < count; i += kBatch) {
    engine::CellLock lock(cell);
    for (int j = i; j < std::min(i + kBatch, count); ++j) one(lock);
  }
}

void PrintTimes(std::string_view what, const std::vector<double>& nanos) {
  PrintNanos(absl::StrCat(what, " p50"), Median(nanos), 0);
  PrintNanos(absl::StrCat(what, " p99"), Percentile(nanos, 0.99), 0);
}

double NanosOf(absl::FunctionRef<void()> body) { return absl::ToDoubleNanoseconds(TimeOf(body)); }

// Makes the instances and calls each once, so that none is cheaper than one in use.
Instances MakeLive(engine::Cell& cell, const std::shared_ptr<const component::Component>& calc) {
  Instances live;
  std::vector<double> creates;
  const Footprint before = Measure();
  InBatches(cell, absl::GetFlag(FLAGS_live), [&](engine::CellLock& lock) {
    creates.push_back(NanosOf([&] { live.push_back(NewInstance(lock, calc)); }));
    const auto add = component::Typed<uint32_t(uint32_t, uint32_t)>(
        Want(live.back()->GetFunc(absl::StrCat(kApi, "#add"))));
    Want(Want(add).Call(lock, absl::InfiniteFuture(), 1u, 2u));
  });
  const Footprint after = Measure();
  PrintHeader(absl::StrCat(live.size(), " instances alive"), "davit", "");
  PrintTimes("create", creates);
  const auto each = [&](double grown) { return grown / static_cast<double>(live.size()); };
  PrintRow("resident memory of each",
           absl::StrFormat("%.2f KB", each(after.resident_kb - before.resident_kb)), "", 0);
  PrintRow("memory maps of each", absl::StrFormat("%.2f", each(after.maps - before.maps)), "", 0);
  return live;
}

void Churn(engine::Cell& cell, const std::shared_ptr<const component::Component>& calc) {
  std::vector<double> creates;
  std::vector<double> drops;
  const Footprint before = Measure();
  const absl::Duration all = TimeOf([&] {
    InBatches(cell, absl::GetFlag(FLAGS_churn), [&](engine::CellLock& lock) {
      std::unique_ptr<component::Instance> instance;
      creates.push_back(NanosOf([&] { instance = NewInstance(lock, calc); }));
      drops.push_back(NanosOf([&] { instance.reset(); }));
    });
  });
  const Footprint after = Measure();
  PrintHeader(absl::StrCat(creates.size(), " instances made and dropped"), "davit", "");
  PrintNanos("all that there is to it, each",
             absl::ToDoubleNanoseconds(all) / static_cast<double>(creates.size()), 0);
  PrintTimes("create", creates);
  PrintTimes("drop", drops);
  PrintRow("resident memory grown by",
           absl::StrFormat("%.1f MB", (after.resident_kb - before.resident_kb) / 1024), "", 0);
  PrintRow("memory maps grown by", absl::StrFormat("%.0f", after.maps - before.maps), "", 0);
}

void Run() {
  const auto engine = Want(engine::Engine::Start({}));
  const auto calc = CompileFile(*engine, absl::GetFlag(FLAGS_calc));
  const auto cell = Want(engine->NewCell({}));
  InBatches(*cell, kBatch, [&](engine::CellLock& lock) { NewInstance(lock, calc); });
  Churn(*cell, calc);
  MakeLive(*cell, calc);
}

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  davit::bench::Run();
  return 0;
}
