// How fast components are decoded and validated, beside wasmparser, and what the worst binaries
// cost. See README.md.

#include "runtime/binary/validate/validate.h"

#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "runtime/binary/decode/decode.h"
#include "runtime/davit.h"
#include "runtime/text/wit_text.h"
#include "runtime/types/type_proto.h"
#include "tests/bench/files.h"
#include "tests/bench/measure.h"
#include "tests/bench/worst_inputs.h"

ABSL_FLAG(std::string, component, "bazel-bin/tests/guests/rust/values.wasm",
          "a component, the larger the better");
ABSL_FLAG(double, wasmparser, 0, "MB/s that wasmparser validates the same component with");

namespace davit::bench {
namespace {

using Binary = std::shared_ptr<const std::string>;

// The most memory that this process has had so far.
uint64_t PeakResidentBytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
}

double MegabytesPerSecond(const Binary& binary, double nanos) {
  return static_cast<double>(binary->size()) * 1e3 / nanos;
}

void PrintSpeed(std::string_view work, const Binary& binary, double nanos, double peer) {
  const double ours = MegabytesPerSecond(binary, nanos);
  PrintRow(work, absl::StrFormat("%.1f MB/s", ours),
           peer == 0 ? "" : absl::StrFormat("%.1f MB/s", peer), peer == 0 ? 0 : ours / peer);
}

// Validates core modules under bytes that V8 has not seen before: it knows those again that it has.
class FreshValidator {
 public:
  explicit FreshValidator(engine::Engine& engine) : engine_(engine) {}
  absl::Status operator()(std::span<const uint8_t> module) {
    bytes_.assign(module.begin(), module.end());
    // A custom section named by a number.
    bytes_.insert(bytes_.end(), {0, 9, 8});
    const uint32_t number = ++number_;
    for (int shift = 0; shift < 32; shift += 4) {
      bytes_.push_back(static_cast<uint8_t>('a' + (number >> shift) % 16));
    }
    return engine_.Validate(bytes_);
  }

 private:
  engine::Engine& engine_;
  std::vector<uint8_t> bytes_;
  uint32_t number_ = 0;
};

void BenchComponent(engine::Engine& engine, const Binary& binary, double wasmparser) {
  const binary::Features features;
  const auto validate = [&](const binary::CoreModuleValidator& core) {
    const auto tree = binary::Decode(binary, features);
    WantOk(tree.status());
    WantOk(binary::Validate(**tree, features, core));
  };
  FreshValidator fresh(engine);
  const double deploy = absl::ToDoubleNanoseconds(
      TimeOf([&] { WantOk(component::Component::Compile(engine, binary).status()); }));
  PrintHeader(absl::StrCat("a component of ", binary->size(), " bytes"), "davit", "wasmparser");
  PrintSpeed("decode", binary,
             NanosPerCall([&] { WantOk(binary::Decode(binary, features).status()); }), 0);
  PrintSpeed("decode and validate, without function bodies", binary,
             NanosPerCall([&] { validate({}); }), 0);
  PrintSpeed("decode and validate", binary,
             NanosPerCall([&] { validate([&](auto module) { return fresh(module); }); }),
             wasmparser);
  PrintSpeed("deploy, once: that, link and compile", binary, deploy, 0);
}

// Deploys once and describes what came out, as CreateComponent and GetComponent do.
std::string Deploy(engine::Engine& engine, const Binary& binary) {
  const auto component = component::Component::Compile(engine, binary);
  if (!component.ok()) return std::string(component.status().message().substr(0, 60));
  const auto world = types::ToProto((*component)->world());
  if (!world.ok()) return std::string(world.status().message().substr(0, 60));
  return absl::StrCat("described in ", world->ByteSizeLong(), " and ",
                      text::ToWit((*component)->world()).size(), " bytes");
}

void BenchWorst(engine::Engine& engine) {
  std::printf("\n%-52s %10s %9s %8s %9s  %s\n", "a component that asks for much", "bytes", "time",
              "ns/byte", "memory", "outcome");
  for (const WorstInput& input : WorstInputs()) {
    const auto binary = std::make_shared<const std::string>(input.binary);
    const uint64_t before = PeakResidentBytes();
    std::string outcome;
    const absl::Duration time = TimeOf([&] { outcome = Deploy(engine, binary); });
    std::printf("%-52s %10zu %9s %8.0f %6.1f MB  %s\n", input.name.c_str(), binary->size(),
                Nanos(absl::ToDoubleNanoseconds(time)).c_str(),
                absl::ToDoubleNanoseconds(time) / static_cast<double>(binary->size()),
                static_cast<double>(PeakResidentBytes() - before) / 1e6, outcome.c_str());
  }
}

void Run() {
  const auto engine = engine::Engine::Start({});
  WantOk(engine.status());
  BenchComponent(**engine,
                 std::make_shared<const std::string>(ReadFile(absl::GetFlag(FLAGS_component))),
                 absl::GetFlag(FLAGS_wasmparser));
  BenchWorst(**engine);
}

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  davit::bench::Run();
  return 0;
}
