// How long after its start a davitd that knows a component answers the first call of it. See
// README.md.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/call.h"
#include "client/client.h"
#include "tests/bench/files.h"
#include "tests/bench/measure.h"
#include "tests/bench/process.h"

ABSL_FLAG(std::string, davitd, "bazel-bin/server/app/davitd", "the server to measure");
ABSL_FLAG(std::string, echo_server, "bazel-bin/tests/bench/echo_server", "the baseline");
ABSL_FLAG(std::string, calc, "bazel-bin/examples/calc.wasm", "the calc component");
ABSL_FLAG(int, rounds, 10, "how often everything is started, in turn");
ABSL_FLAG(uint32_t, spins, 20'000'000, "of the call that computes");

namespace davit::bench {
namespace {

class Davitd {
 public:
  explicit Davitd(const std::string& data_dir)
      : port_(FreePort()),
        process_({absl::GetFlag(FLAGS_davitd), absl::StrCat("--listen=", LocalAddress(port_)),
                  absl::StrCat("--data_dir=", data_dir)}) {
    Process::WaitForPort(port_);
  }
  client::Client Connect() const { return client::Client(LocalAddress(port_)); }

 private:
  const uint16_t port_;
  const Process process_;
};

// Has calc deployed, and its hot code saved.
void Prepare(const std::string& data_dir) {
  const Davitd davitd(data_dir);
  client::Client client = davitd.Connect();
  WantOk(client.Deploy("calc", ReadFile(absl::GetFlag(FLAGS_calc))).status());
  for (int i = 0; i < 20; ++i) {
    WantOk(client::CallFresh<uint32_t>(client, "calc", "bench:calc/api#spin",
                                       absl::GetFlag(FLAGS_spins))
               .status());
  }
}

// Milliseconds from before the process exists to the answers to add, and after it to spin.
struct Answers {
  double add = 0;
  double spin = 0;
};

Answers Start(const std::string& data_dir) {
  const absl::Time begin = absl::Now();
  const Davitd davitd(data_dir);
  client::Client client = davitd.Connect();
  Answers answers;
  WantOk(client::CallFresh<uint32_t>(client, "calc", "bench:calc/api#add", 3u, 4u).status());
  const absl::Time added = absl::Now();
  answers.add = absl::ToDoubleNanoseconds(added - begin);
  WantOk(
      client::CallFresh<uint32_t>(client, "calc", "bench:calc/api#spin", absl::GetFlag(FLAGS_spins))
          .status());
  answers.spin = absl::ToDoubleNanoseconds(absl::Now() - added);
  return answers;
}

// A gRPC server that knows nothing, until it takes a connection.
double StartEcho() {
  const absl::Time begin = absl::Now();
  const uint16_t port = FreePort();
  const Process echo({absl::GetFlag(FLAGS_echo_server), LocalAddress(port)});
  Process::WaitForPort(port);
  return absl::ToDoubleNanoseconds(absl::Now() - begin);
}

void Run() {
  const TemporaryDirectory data;
  Prepare(data.path());
  const TemporaryDirectory uncached;
  std::vector<double> with_add, with_spin, without_add, without_spin, echo;
  for (int i = 0; i < absl::GetFlag(FLAGS_rounds); ++i) {
    const auto options = std::filesystem::copy_options::recursive |
                         std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy(data.path(), uncached.path(), options);
    std::filesystem::remove_all(uncached.path() + "/code");
    const Answers with = Start(data.path());
    const Answers without = Start(uncached.path());
    with_add.push_back(with.add);
    with_spin.push_back(with.spin);
    without_add.push_back(without.add);
    without_spin.push_back(without.spin);
    echo.push_back(StartEcho());
  }
  PrintHeader("from process start", "code cache", "no code cache");
  PrintNanos("to the answer to add", Median(with_add), Median(without_add));
  PrintNanos("from there to the answer to spin", Median(with_spin), Median(without_spin));
  PrintHeader("beside a bare gRPC server", "davitd", "until it listens");
  PrintNanos("to the answer to add", Median(with_add), Median(echo));
}

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  davit::bench::Run();
  return 0;
}
