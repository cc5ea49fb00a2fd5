// Random modules that are valid and made for cost, run one after the other against a deadline, with
// a neighbour in another cell and an eye on memory. Whatever breaks a bound ends the program, which
// leaves the module in a file and says which seed makes it again.
//
//   bazel-bin/tests/hostile/cost_fuzz --seconds=300
//   bazel-bin/tests/hostile/cost_fuzz --seed=1234 --modules=1

#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/log/absl_check.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "runtime/davit.h"
#include "tests/hostile/component_builder.h"
#include "tests/hostile/module_builder.h"
#include "tests/hostile/random_module.h"
#include "tests/hostile/watch.h"

ABSL_FLAG(uint64_t, seed, 1, "of the first module; the next one has the next");
ABSL_FLAG(int, seconds, 8, "for how long");
ABSL_FLAG(uint64_t, modules, std::numeric_limits<uint64_t>::max(), "how many at most");

namespace davit::hostile {
namespace {

constexpr absl::Duration kDeadline = absl::Milliseconds(50);
constexpr absl::Duration kNeighbour = absl::Seconds(2 * kSlower);
constexpr uint64_t kMostBytes = 2 * kGiB * kLarger;
// What does not end at all is not waited for.
constexpr absl::Duration kHangs = absl::Seconds(20 * kSlower);

std::string FileOf(uint64_t seed) {
  const char* directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (directory == nullptr) directory = std::getenv("TEST_TMPDIR");
  return absl::StrCat(directory == nullptr ? "/tmp" : directory, "/cost_fuzz-", seed, ".wasm");
}

// The module under test, in a file as long as it is: also the process that a module ends leaves it.
class Subject {
 public:
  explicit Subject(uint64_t seed)
      : seed_(seed), binary_(ComponentOf(RandomModule(seed), {{"run", FuncShape::kMapping}})) {
    std::ofstream(FileOf(seed_), std::ios::binary) << binary_;
    current_seed = seed_;
  }
  ~Subject() { unlink(FileOf(seed_).c_str()); }
  const std::string& binary() const { return binary_; }

  // Of the module that is running.
  static std::atomic<uint64_t> current_seed;

 private:
  const uint64_t seed_;
  const std::string binary_;
};
std::atomic<uint64_t> Subject::current_seed = 0;

[[noreturn]] void Die(std::string_view what) {
  const uint64_t seed = Subject::current_seed;
  std::cerr << "cost_fuzz: " << what << "; seed " << seed << ", the component is in "
            << FileOf(seed) << std::endl;
  _exit(1);
}

// Ends the program when a part of it lasts too long.
class HangWatch {
 public:
  HangWatch()
      : thread_([this] {
          while (!stop_) {
            absl::SleepFor(absl::Milliseconds(100));
            const int64_t since = since_;
            if (since > 0 && absl::Now() - absl::FromUnixNanos(since) > kHangs)
              Die("it does not end");
          }
        }) {}
  ~HangWatch() {
    stop_ = true;
    thread_.join();
  }
  void Begin() { since_ = absl::GetCurrentTimeNanos(); }
  void End() { since_ = 0; }

 private:
  std::atomic<int64_t> since_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

std::shared_ptr<engine::Cell> NewCell(engine::Engine& engine) {
  auto cell = engine.NewCell({});
  ABSL_CHECK_OK(cell.status());
  return *std::move(cell);
}

// An instance in a cell of its own, called all the time by a thread of its own.
class Neighbour {
 public:
  explicit Neighbour(engine::Engine& engine) : cell_(NewCell(engine)) {
    ModuleBuilder module;
    module.ExportMapping("run", Code().Get(0).I32(1).Op(kI32Add));
    const auto binary = std::make_shared<const std::string>(
        ComponentOf(module.Build(), {{"run", FuncShape::kMapping}}));
    auto component = component::Component::Compile(engine, binary);
    ABSL_CHECK_OK(component.status());
    engine::CellLock lock(*cell_);
    auto instance = component::Instance::Create(
        lock, *component, std::make_shared<component::Linker>(), {}, absl::InfiniteFuture());
    ABSL_CHECK_OK(instance.status());
    instance_ = *std::move(instance);
    thread_ = std::thread([this] { Run(); });
  }
  ~Neighbour() {
    stop_ = true;
    thread_.join();
  }
  absl::Duration longest() const { return absl::Nanoseconds(longest_.load()); }

 private:
  void Run() {
    const auto func = instance_->GetFunc("run");
    ABSL_CHECK_OK(func.status());
    const auto typed = component::Typed<uint32_t(uint32_t)>(*func);
    ABSL_CHECK_OK(typed.status());
    while (!stop_) {
      const int64_t begin = absl::GetCurrentTimeNanos();
      {
        engine::CellLock lock(*cell_);
        const auto sum = typed->Call(lock, absl::InfiniteFuture(), 41);
        if (!sum.ok() || *sum != 42) Die(absl::StrCat("the neighbour: ", sum.status().ToString()));
      }
      longest_ = std::max<int64_t>(longest_, absl::GetCurrentTimeNanos() - begin);
      absl::SleepFor(absl::Milliseconds(1));
    }
  }

  const std::shared_ptr<engine::Cell> cell_;
  std::unique_ptr<component::Instance> instance_;
  std::atomic<int64_t> longest_ = 0;
  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

class CostFuzz {
 public:
  void Run(uint64_t seed) {
    const Subject subject(seed);
    hangs_.Begin();
    const auto binary = std::make_shared<const std::string>(subject.binary());
    auto component = component::Component::Compile(*engine_, binary);
    if (!component.ok()) {
      hangs_.End();
      // Too costly for the limits, which is as well; anything else is a fault of the generator.
      if (!absl::IsResourceExhausted(component.status())) Die(component.status().ToString());
      ++refused_;
      return;
    }
    auto cell = NewCell(*engine_);
    {
      engine::CellLock lock(*cell);
      std::unique_ptr<component::Instance> cold = Create(lock, *component);
      if (cold != nullptr) Timed(lock, *cold, "cold", 1);
    }
    {
      engine::CellLock lock(*cell);
      std::unique_ptr<component::Instance> warm = Create(lock, *component);
      if (warm != nullptr) {
        for (int i = 0; i < 3; ++i) Timed(lock, *warm, "idle", 0);
        // The optimiser may have it by now, or be at it.
        absl::SleepFor(absl::Milliseconds(20));
        Timed(lock, *warm, "warm", 1);
      }
    }
    cell.reset();
    hangs_.End();
    ++run_;
    CheckBounds();
  }

  // That the generator's table of instructions is right, each of which is in some module.
  void CheckTable() {
    const auto binary = std::make_shared<const std::string>(
        ComponentOf(ModuleOfEveryInstruction(), {{"run", FuncShape::kMapping}}));
    const auto component = component::Component::Compile(*engine_, binary);
    EXPECT_TRUE(component.ok()) << component.status();
  }

  void Report() const {
    std::cerr << "cost_fuzz: " << run_ << " modules run, " << refused_ << " refused as too costly, "
              << trapped_ << " calls trapped and " << ended_
              << " were ended; the longest time from "
              << "a deadline to the end: " << longest_ << " (seed " << longest_seed_
              << "); peak memory " << SizeOf(getpid()).peak_resident_bytes / kMiB
              << " MiB; the neighbour's longest call " << neighbour_->longest() << std::endl;
  }
  uint64_t run() const { return run_; }

 private:
  // Null when it cannot be.
  std::unique_ptr<component::Instance> Create(
      engine::CellLock& lock, const std::shared_ptr<const component::Component>& component) {
    const absl::Time deadline = absl::Now() + kDeadline;
    auto instance = component::Instance::Create(lock, component, linker_, {}, deadline);
    NoteEnd(deadline, "instantiation");
    return instance.ok() ? *std::move(instance) : nullptr;
  }

  void Timed(engine::CellLock& lock, component::Instance& instance, std::string_view what,
             uint32_t arg) {
    const auto func = instance.GetFunc("run");
    ABSL_CHECK_OK(func.status());
    const auto typed = component::Typed<uint32_t(uint32_t)>(*func);
    ABSL_CHECK_OK(typed.status());
    const absl::Time deadline = absl::Now() + kDeadline;
    const auto result = typed->Call(lock, deadline, arg);
    NoteEnd(deadline, what);
    if (result.ok()) return;
    ++(absl::Now() >= deadline ? ended_ : trapped_);
  }

  void NoteEnd(absl::Time deadline, std::string_view what) {
    const absl::Duration late = absl::Now() - deadline;
    if (late > longest_) {
      longest_ = late;
      longest_seed_ = Subject::current_seed;
    }
    if (late > kEnded) Die(absl::StrCat(what, " ended ", absl::FormatDuration(late), " too late"));
  }

  void CheckBounds() {
    const uint64_t bytes = SizeOf(getpid()).peak_resident_bytes;
    if (bytes > kMostBytes) Die(absl::StrCat("it took ", bytes / kMiB, " MiB"));
    if (neighbour_->longest() > kNeighbour) {
      Die(absl::StrCat("a call beside it took ", absl::FormatDuration(neighbour_->longest())));
    }
  }

  // In the order of their use.
  const std::unique_ptr<engine::Engine> engine_ = *engine::Engine::Start({});
  const std::shared_ptr<const component::Linker> linker_ = std::make_shared<component::Linker>();
  const std::unique_ptr<Neighbour> neighbour_ = std::make_unique<Neighbour>(*engine_);
  HangWatch hangs_;
  uint64_t run_ = 0, refused_ = 0, trapped_ = 0, ended_ = 0;
  absl::Duration longest_;
  uint64_t longest_seed_ = 0;
};

TEST(CostFuzz, EveryBoundHolds) {
  CostFuzz fuzz;
  fuzz.CheckTable();
  const absl::Time end = absl::Now() + absl::Seconds(absl::GetFlag(FLAGS_seconds));
  const uint64_t first = absl::GetFlag(FLAGS_seed);
  for (uint64_t i = 0; i < absl::GetFlag(FLAGS_modules) && absl::Now() < end; ++i) {
    fuzz.Run(first + i);
  }
  fuzz.Report();
  EXPECT_GT(fuzz.run(), 0u);
}

}  // namespace
}  // namespace davit::hostile

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  absl::ParseCommandLine(argc, argv);
  return RUN_ALL_TESTS();
}
