// What V8's stacks for guests that park cost, beside what the same takes on the thread's stack:
// ratios that davit's fibers can be held against. The figures of a table are taken in turns, in CPU
// time of the thread, and the lower quartile of the turns counts: machines are shared.

#include <v8.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/functional/function_ref.h"
#include "absl/log/check.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "runtime/engine/cell/fiber_test_util.h"

ABSL_FLAG(std::vector<std::string>, parked, std::vector<std::string>({"1", "1000", "10000"}),
          "how many stacks are parked at once");
ABSL_FLAG(int, turns, 61, "how often each figure is taken");

namespace davit::engine {
namespace {

constexpr std::string_view kModule = "runtime/engine/cell/testdata/fiber_bench.wasm";
constexpr int kCalls = 1000;

double CpuNanos() {
  timespec time;
  CHECK_EQ(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time), 0);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double NanosOf(absl::FunctionRef<void()> body) {
  const double begin = CpuNanos();
  body();
  return CpuNanos() - begin;
}

double LowerQuartile(std::vector<double> samples) {
  std::ranges::sort(samples);
  return samples[samples.size() / 4];
}

// What is done kCalls times in one go. The first row of a table is the baseline of the others.
struct Row {
  std::string name;
  std::function<void()> body;
};

void PrintTable(std::string_view title, const std::vector<Row>& rows) {
  std::vector<std::vector<double>> samples(rows.size());
  for (const Row& row : rows) row.body();
  for (int turn = 0; turn < absl::GetFlag(FLAGS_turns); ++turn) {
    for (size_t i = 0; i < rows.size(); ++i) samples[i].push_back(NanosOf(rows[i].body) / kCalls);
  }
  const double baseline = LowerQuartile(samples.front());
  std::cout << absl::StreamFormat("\n%-56s %12s  %s\n", title, "each", "ratio");
  for (size_t i = 0; i < rows.size(); ++i) {
    const double nanos = LowerQuartile(samples[i]);
    std::cout << absl::StreamFormat("%-56s %9.1f ns  %.2f\n", rows[i].name, nanos,
                                    nanos / baseline);
  }
}

// The guest of testdata/fiber_bench.wat and the C++ that its drivers ask.
class BenchGuest {
 public:
  BenchGuest() : guest_(std::string(kModule)), lock_(guest_) {
    const auto memory = guest_.Export("memory").As<v8::WasmMemoryObject>();
    buffer_ = memory->Buffer()->GetBackingStore();
    nested_ = guest_.Plain("nested");
    guest_.set_host([this](int32_t what) { return Host(what); });
  }

  TestGuest& guest() { return guest_; }
  void Call(v8::Local<v8::Function> function, int32_t arg = 0) {
    const v8::HandleScope handles(guest_.isolate());
    const v8::TryCatch caught(guest_.isolate());
    v8::Local<v8::Value> value = v8::Integer::New(guest_.isolate(), arg);
    CHECK(
        !function
             ->Call(guest_.isolate(), guest_.context(), v8::Undefined(guest_.isolate()), 1, &value)
             .IsEmpty());
  }
  // What series and drivers find: so many calls of $nothing, or of $parks.
  enum class Job : uint32_t { kNothing = 0, kParks = 1, kNested = 2 };
  void SetJobs(int jobs, Job job) {
    jobs_ = jobs;
    Word(12) = static_cast<uint32_t>(job);
  }

 private:
  uint32_t& Word(size_t address) {
    return *reinterpret_cast<uint32_t*>(static_cast<char*>(buffer_->Data()) + address);
  }

  int32_t Host(int32_t what) {
    switch (what) {
      case 0:
        return jobs_-- > 0 ? 1 : 0;
      case 1:
        return jobs_ > 0 ? (--jobs_, 1) : 2;
      case 2:
        Word(96) = Word(144);
        return 0;
      case 3:
        Word(96) += Word(104);
        return 0;
      case 4:
        Word(128) = Word(96);
        Word(136) = Word(104);
        Call(nested_);
        Word(96) = Word(144);
        return 0;
      default:
        Word(128) = Word(96);
        Word(136) = Word(104);
        Word(12) = static_cast<uint32_t>(Job::kNested);
        return 1;
    }
  }

  TestGuest guest_;
  const TestGuest::Lock lock_;
  std::shared_ptr<v8::BackingStore> buffer_;
  v8::Local<v8::Function> nested_;
  int jobs_ = 0;
};

void MeasureEntries() {
  using Job = BenchGuest::Job;
  BenchGuest bench;
  TestGuest& guest = bench.guest();
  const auto plain = guest.Plain("plain"), series = guest.Plain("series");
  const auto promising = guest.Promising("plain"), promising_parks = guest.Promising("plain_parks");
  const auto promising_series = guest.Promising("series"), park_loop = guest.Promising("park_loop");
  TestFiber pooled, fresh;
  CHECK(guest.Start(pooled, guest.Promising("driver"), 0));
  const auto times = [](int count, absl::FunctionRef<void()> body) {
    for (int i = 0; i < count; ++i) body();
  };
  PrintTable("entries", {{"plain entry", [&] { times(kCalls, [&] { bench.Call(plain); }); }},
                         {"further step in a series",
                          [&] {
                            bench.SetJobs(kCalls, Job::kNothing);
                            bench.Call(series);
                          }},
                         {"promising entry",
                          [&] { times(kCalls, [&] { CHECK(guest.Start(fresh, promising, 0)); }); }},
                         {"further step in a series of a promising entry",
                          [&] {
                            bench.SetJobs(kCalls, Job::kNothing);
                            CHECK(guest.Start(fresh, promising_series, 0));
                          }},
                         {"pooled fiber, a job for each resume",
                          [&] {
                            times(kCalls, [&] {
                              bench.SetJobs(1, Job::kNothing);
                              guest.Resume(pooled, 0);
                            });
                          }},
                         {"pooled fiber, 8 jobs for each resume",
                          [&] {
                            times(kCalls / 8, [&] {
                              bench.SetJobs(8, Job::kNothing);
                              guest.Resume(pooled, 0);
                            });
                          }},
                         {"promising entry that parks and is resumed",
                          [&] {
                            times(kCalls, [&] {
                              CHECK(guest.Start(fresh, promising_parks, 0));
                              guest.Resume(fresh, 0);
                            });
                          }},
                         {"pooled fiber, a job that parks and is resumed",
                          [&] {
                            times(kCalls, [&] {
                              bench.SetJobs(1, Job::kParks);
                              guest.Resume(pooled, 0);
                              guest.Resume(pooled, 0);
                            });
                          }},
                         {"park and resume alone", [&] {
                            CHECK(guest.Start(fresh, park_loop, kCalls));
                            times(kCalls, [&] { guest.Resume(fresh, 0); });
                          }}});
}

void MeasureImports() {
  BenchGuest bench;
  TestGuest& guest = bench.guest();
  std::vector<Row> rows;
  std::vector<std::unique_ptr<TestFiber>> fibers;
  const std::pair<const char*, const char*> loops[] = {
      {"imports", "host import, answered at once"},
      {"driven_imports", "host import, answered at once, with a driver"},
      {"entered_calls", "call of a component that C++ enters"},
      {"stepped_calls", "call of a component by a driver's steps"}};
  for (const auto& [name, title] : loops) {
    rows.push_back({title, [&bench, loop = guest.Plain(name)] { bench.Call(loop, kCalls); }});
  }
  for (const auto& [name, title] : loops) {
    TestFiber* const fiber = fibers.emplace_back(std::make_unique<TestFiber>()).get();
    rows.push_back(
        {absl::StrCat(title, ", on a fiber"), [&guest, fiber, loop = guest.Promising(name)] {
           CHECK(guest.Start(*fiber, loop, kCalls));
         }});
  }
  PrintTable("imports", rows);
}

double ResidentKb() {
  double pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return resident * 4;
}

double GcMillis(absl::FunctionRef<void()> collect) {
  std::vector<double> samples;
  samples.reserve(5);
  for (int i = 0; i < 5; ++i) samples.push_back(NanosOf(collect) / 1e6);
  return LowerQuartile(std::move(samples));
}

size_t UsedHeap(TestGuest& guest) {
  v8::HeapStatistics statistics;
  guest.isolate()->GetHeapStatistics(&statistics);
  return statistics.used_heap_size();
}

// A row of the tables below: with the parked stacks, and without.
void PrintRow(std::string_view what, std::string_view unit, double with, double without) {
  std::cout << absl::StreamFormat("%-44s %9.2f %s %9.2f %s  %.2f\n", what, with, unit, without,
                                  unit, with / without);
}

// So many stacks of 7 frames each.
void MeasureParked(size_t count) {
  constexpr int kFrames = 5;  // And those of the export and of the park.
  constexpr int kResumes = 20'000;
  BenchGuest bench;
  TestGuest& guest = bench.guest();
  const auto deep = guest.Promising("deep"), promising = guest.Promising("plain");
  std::vector<TestFiber> fibers(count);
  const auto start_all = [&] {
    for (TestFiber& fiber : fibers) CHECK(guest.Start(fiber, deep, kFrames));
  };
  const auto end_all = [&] {
    for (TestFiber& fiber : fibers) guest.Resume(fiber, 1);
  };
  const auto each = [&](double all) { return all / static_cast<double>(count); };
  std::minstd_rand random(1);
  const auto resume = [&](size_t among) {
    return NanosOf([&] {
             for (int i = 0; i < kResumes; ++i) guest.Resume(fibers[random() % among], 0);
           }) /
           kResumes;
  };

  TestFiber fresh;
  const auto enter = [&] {
    for (int i = 0; i < kResumes; ++i) CHECK(guest.Start(fresh, promising, 0));
  };
  enter();
  const double entry = NanosOf(enter) / kResumes;
  CHECK(guest.Start(fibers[0], deep, kFrames));
  resume(1);
  const double resume_alone = resume(1);
  guest.Resume(fibers[0], 1);
  const double minor_alone = GcMillis([&] { guest.MinorGc(); });
  const double full_alone = GcMillis([&] { guest.FullGc(); });

  const double resident_before = ResidentKb();
  const double start = NanosOf(start_all);
  const double resident = ResidentKb() - resident_before;
  const double minor = GcMillis([&] { guest.MinorGc(); });
  const double full = GcMillis([&] { guest.FullGc(); });
  const size_t heap_with = UsedHeap(guest);
  const double resume_random = resume(count);
  const double end = NanosOf(end_all);
  guest.FullGc();
  const double heap = static_cast<double>(heap_with) - static_cast<double>(UsedHeap(guest));
  const double start_pooled = NanosOf(start_all);
  end_all();

  std::cout << absl::StreamFormat("\n%-44s %12s %12s  ratio\n", absl::StrCat(count, " parked"),
                                  "with", "without");
  PrintRow("start, beside a promising entry", "us", each(start) / 1e3, entry / 1e3);
  PrintRow("start on a stack that served before", "us", each(start_pooled) / 1e3, entry / 1e3);
  PrintRow("resume and park of a random one", "us", resume_random / 1e3, resume_alone / 1e3);
  PrintRow("resume that ends one", "us", each(end) / 1e3, resume_alone / 1e3);
  PrintRow("minor collection", "ms", minor, minor_alone);
  PrintRow("full collection", "ms", full, full_alone);
  std::cout << absl::StreamFormat("%-44s %9.2f KB\n%-44s %9.0f B\n", "resident, each",
                                  each(resident), "of V8's heap, each", each(heap));
}

// What the next minor collection finds.
void MeasureGarbage() {
  BenchGuest bench;
  TestGuest& guest = bench.guest();
  const auto promising = guest.Promising("plain"), plain = guest.Plain("plain");
  TestFiber pooled, fresh;
  CHECK(guest.Start(pooled, guest.Promising("driver"), 0));
  const auto print = [&](std::string_view what, absl::FunctionRef<void()> body) {
    guest.FullGc();
    body();
    const size_t before = UsedHeap(guest);
    for (int i = 0; i < kCalls; ++i) body();
    std::cout << absl::StreamFormat("%-56s %9d B\n", what, (UsedHeap(guest) - before) / kCalls);
  };
  std::cout << absl::StreamFormat("\n%-56s %11s\n", "young garbage", "each");
  print("plain entry", [&] { bench.Call(plain); });
  print("promising entry", [&] { CHECK(guest.Start(fresh, promising, 0)); });
  print("pooled fiber, a job for each resume", [&] {
    bench.SetJobs(1, BenchGuest::Job::kNothing);
    guest.Resume(pooled, 0);
  });
}

void Run() {
  TestV8::Get().pages().PoolRangesOf(TestStackBytes(kStackKb));
  MeasureEntries();
  MeasureImports();
  MeasureGarbage();
  for (const std::string& text : absl::GetFlag(FLAGS_parked)) {
    uint32_t count = 0;
    CHECK(absl::SimpleAtoi(text, &count) && count > 0) << text;
    MeasureParked(count);
  }
}

}  // namespace
}  // namespace davit::engine

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  davit::engine::Run();
  return 0;
}
