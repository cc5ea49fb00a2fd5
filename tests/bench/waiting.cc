// What calls cost that may wait for their host, and those that do. See README.md.

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "runtime/davit.h"
#include "tests/bench/guests.h"
#include "tests/bench/measure.h"

ABSL_FLAG(std::string, waits, "bazel-bin/tests/guests/wat/waits.wasm",
          "the component whose functions wait");
ABSL_FLAG(int, asleep, 8000, "calls that wait while others are measured");

namespace davit::bench {
namespace {

using component::Instance;
using component::Progress;
using component::Reply;

// A host whose wait() answers at once, or when it is told to.
class Host {
 public:
  Host() {
    const auto wait = [this](uint32_t n, Reply<uint32_t> reply) {
      if (at_once_) return reply.Return(n);
      asked_.push_back(std::move(reply));
    };
    const auto echo = [](const std::string& text, Reply<std::string> reply) { reply.Return(text); };
    Want(linker_->DefineFunc("", "wait", component::WaitingOverValues<uint32_t(uint32_t)>(wait)));
    Want(linker_->DefineFunc("", "echo",
                             component::WaitingOverValues<std::string(std::string)>(echo)));
  }
  std::shared_ptr<const component::Linker> linker() const { return linker_; }
  void set_at_once(bool at_once) { at_once_ = at_once; }
  void AnswerAll() {
    std::vector<Reply<uint32_t>> asked;
    asked.swap(asked_);
    for (Reply<uint32_t>& reply : asked) reply.Return(1);
  }

 private:
  const std::shared_ptr<component::Linker> linker_ = std::make_shared<component::Linker>();
  bool at_once_ = true;
  std::vector<Reply<uint32_t>> asked_;
};

uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  uint64_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * 4096;
}

template <typename Signature>
component::TypedFunc<Signature> Get(Instance& instance, const std::string& name) {
  return Want(component::Typed<Signature>(Want(instance.GetFunc(name))));
}

class Bench {
 public:
  explicit Bench(engine::Engine& engine)
      : component_(CompileFile(engine, absl::GetFlag(FLAGS_waits))),
        cell_(Want(engine.NewCell({.max_stacks = 50'000}))),
        lock_(*cell_),
        instance_(New()) {}

  void Run() {
    PrintHeader("call", "", "a call that cannot wait");
    const double plain = Add();
    PrintNanos("typed add, cannot wait", plain, plain);
    const auto direct = Get<uint32_t(uint32_t)>(*instance_, "direct");
    const auto never = [&] { Want(direct.Call(lock_, absl::InfiniteFuture(), 1)); };
    PrintNanos("may wait, answered at once", NanosPerCall(never), plain);
    host_.set_at_once(false);
    const auto once = [&](const std::string& name, int waits) {
      const auto func = Get<uint32_t(uint32_t)>(*instance_, name);
      return NanosPerCall([&] {
        std::optional<absl::Status> status;
        func.StartCall(
            lock_, absl::InfiniteFuture(),
            [&status](const absl::StatusOr<uint32_t>& result) { status = result.status(); }, 1);
        for (int i = 0; i < waits; ++i) {
          host_.AnswerAll();
          instance_->Drive(lock_, absl::Now());
        }
        Want(status.value());
      });
    };
    PrintNanos("waits once", once("direct", 1), plain);
    PrintNanos("waits twice", once("twice", 2), plain);
    PrintNanos("waits once, under three components", once("through-three", 1), plain);
    Asleep();
  }

 private:
  std::unique_ptr<Instance> New() {
    return Want(Instance::Create(lock_, component_, host_.linker(), {}, absl::InfiniteFuture()));
  }
  double Add() {
    const auto add = Get<uint32_t(uint32_t, uint32_t)>(*instance_, "add");
    return NanosPerCall([&] { Want(add.Call(lock_, absl::InfiniteFuture(), 1, 2)); });
  }

  // Others of the cell while many calls wait in it.
  void Asleep() {
    const auto count = static_cast<size_t>(absl::GetFlag(FLAGS_asleep));
    std::vector<std::unique_ptr<Instance>> instances;
    for (size_t i = 0; i < count; ++i) instances.push_back(New());
    const double before = Add();
    const uint64_t resident = ResidentBytes();
    for (const auto& instance : instances) {
      Get<uint32_t(uint32_t)>(*instance, "direct")
          .StartCall(
              lock_, absl::InfiniteFuture(),
              [](const absl::StatusOr<uint32_t>& result) { Want(result.status()); }, 1);
    }
    const double each =
        static_cast<double>(ResidentBytes() - resident) / static_cast<double>(count);
    PrintNanos(absl::StrCat("typed add beside ", count, " that wait"), Add(), before);
    PrintRow(absl::StrCat("memory of each that waits, beside its instance's"),
             absl::StrCat(static_cast<uint64_t>(each), " bytes"), "", 0);
    host_.AnswerAll();
    const absl::Duration all = TimeOf([&] {
      for (const auto& instance : instances) instance->Drive(lock_, absl::Now());
    });
    PrintNanos("the end of each of them",
               absl::ToDoubleNanoseconds(all) / static_cast<double>(count), 0);
  }

  Host host_;
  const std::shared_ptr<const component::Component> component_;
  const std::shared_ptr<engine::Cell> cell_;
  engine::CellLock lock_;
  const std::unique_ptr<Instance> instance_;
};

void Main() {
  // As davitd: Debian's Abseil looks for deadlocks at every lock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const auto engine = Want(engine::Engine::Start({}));
  Bench(*engine).Run();
}

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  davit::bench::Main();
}
