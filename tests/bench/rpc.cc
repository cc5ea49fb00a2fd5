// What calls cost over gRPC, beside a bare server that echoes the same messages. See README.md.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/blocking_counter.h"
#include "client/client.h"
#include "client/status.h"
#include "davit/v1/call_service.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "tests/bench/files.h"
#include "tests/bench/measure.h"
#include "tests/bench/process.h"

ABSL_FLAG(std::string, davitd, "bazel-bin/server/app/davitd", "the server to measure");
ABSL_FLAG(std::string, davitd_set, "", "configuration for it, as its flag --set takes");
ABSL_FLAG(std::string, echo_server, "bazel-bin/tests/bench/echo_server", "the baseline");
ABSL_FLAG(std::string, calc, "bazel-bin/examples/calc.wasm", "the calc component");
ABSL_FLAG(std::string, only, "", "measure only what has this in its name");
ABSL_FLAG(int, rounds, 4, "how often both are measured, in turn");

namespace davit::bench {
namespace {

constexpr int kInFlight = 64;
constexpr size_t kMiB = 1 << 20;

// A server, reached over a connection of its own, and the calls to make.
struct Target {
  std::unique_ptr<v1::CallService::Stub> stub;
  v1::CallRequest add;
  v1::CallRequest echo;   // of 1 MiB
  v1::CallRequest fresh;  // add, on a fresh instance
};

void Want(const grpc::Status& status) {
  if (!status.ok()) Fail(client::FromGrpc(status));
}

void WantResult(const v1::CallResponse& response) {
  if (response.results_size() == 0) Fail(absl::InternalError("an answer without a result"));
}

// Seconds of `calls` unary calls one after the other, each on its own.
std::vector<double> OneAtATime(const Target& target, const v1::CallRequest& request, int calls) {
  std::vector<double> seconds;
  seconds.reserve(static_cast<size_t>(calls));
  for (int i = 0; i < calls; ++i) {
    seconds.push_back(absl::ToDoubleSeconds(TimeOf([&] {
      grpc::ClientContext context;
      v1::CallResponse response;
      Want(target.stub->Call(&context, request, &response));
      WantResult(response);
    })));
  }
  return seconds;
}

// Unary calls with kInFlight under way at any time.
class Flight {
 public:
  Flight(const Target& target, const v1::CallRequest& request, int calls)
      : target_(target), request_(request), left_(calls), landed_(calls) {}

  // Calls per second.
  double Run() {
    const int calls = left_;
    const absl::Duration time = TimeOf([&] {
      for (int i = 0; i < kInFlight; ++i) Next();
      landed_.Wait();
    });
    return calls / absl::ToDoubleSeconds(time);
  }

 private:
  struct Call {
    grpc::ClientContext context;
    v1::CallResponse response;
  };

  void Next() {
    if (left_.fetch_sub(1) <= 0) return;
    auto* const call = new Call;
    target_.stub->async()->Call(&call->context, &request_, &call->response,
                                [this, call](const grpc::Status& status) {
                                  Want(status);
                                  WantResult(call->response);
                                  delete call;
                                  Next();
                                  landed_.DecrementCount();
                                });
  }

  const Target& target_;
  const v1::CallRequest& request_;
  std::atomic<int> left_;
  absl::BlockingCounter landed_;
};

// Messages per second of one Session that is written to without waiting for answers.
double Pipelined(const Target& target, int calls) {
  grpc::ClientContext context;
  const auto stream = target.stub->Session(&context);
  v1::SessionRequest request;
  *request.mutable_call() = target.add;
  const absl::Duration time = TimeOf([&] {
    std::thread reader([&] {
      v1::SessionResponse response;
      for (int i = 0; i < calls; ++i) {
        if (!stream->Read(&response)) Fail(absl::InternalError("the session has ended"));
        WantResult(response.call());
      }
    });
    for (int i = 0; i < calls; ++i) {
      request.set_id(static_cast<uint64_t>(i));
      stream->Write(request);
    }
    reader.join();
  });
  stream->WritesDone();
  Want(stream->Finish());
  return calls / absl::ToDoubleSeconds(time);
}

// One figure of both servers, round by round.
struct Work {
  std::string_view name;
  std::string_view unit;
  double scale;  // from what `measure` returns to the unit
  std::function<double(const Target&)> measure;
  std::vector<double> ours = {};
  std::vector<double> baseline = {};
};

std::vector<Work> AllWork() {
  const auto p = [](double fraction) {
    return [fraction](const Target& t) { return Percentile(OneAtATime(t, t.add, 3000), fraction); };
  };
  return {
      {"one at a time, p50", "us", 1e6, p(0.5)},
      {"one at a time, p99", "us", 1e6, p(0.99)},
      {"64 in flight", "calls/s", 1,
       [](const Target& t) { return Flight(t, t.add, 30'000).Run(); }},
      {"one session, pipelined", "calls/s", 1,
       [](const Target& t) { return Pipelined(t, 60'000); }},
      {"echo of 1 MiB list<u8>", "GB/s", 2 * kMiB / 1e9,
       [](const Target& t) { return 1 / Median(OneAtATime(t, t.echo, 200)); }},
      {"a fresh instance each, 64 at once", "calls/s", 1,
       [](const Target& t) { return Flight(t, t.fresh, 10'000).Run(); }},
  };
}

// The two take turns, so that whatever else the machine does hits both; the ratio is the median of
// those of the rounds.
void Compare(Work& work, const Target& davit, const Target& echo) {
  std::vector<double> ratios;
  work.measure(davit);
  work.measure(echo);
  for (int i = 0; i < absl::GetFlag(FLAGS_rounds); ++i) {
    work.ours.push_back(work.measure(davit));
    work.baseline.push_back(work.measure(echo));
    ratios.push_back(work.ours.back() / work.baseline.back());
  }
  const auto print = [&](const std::vector<double>& rounds) {
    return absl::StrFormat("%.4g %s", Median(rounds) * work.scale, work.unit);
  };
  PrintRow(work.name, print(work.ours), print(work.baseline), Median(ratios));
}

Target Connect(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return {.stub = v1::CallService::NewStub(
              grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments))};
}

void AddRequests(std::string_view instance, std::string_view component, Target& target) {
  target.add.set_instance(std::string(instance));
  target.add.set_function("bench:calc/api#add");
  target.add.add_args()->set_u32(3);
  target.add.add_args()->set_u32(4);
  target.fresh = target.add;
  target.fresh.set_component(std::string(component));
  target.echo.set_instance(std::string(instance));
  target.echo.set_function("bench:calc/api#echo-bytes");
  target.echo.add_args()->set_u8_list(std::string(kMiB, 'x'));
}

// Deploys calc and makes an instance; its name.
std::string Deploy(const std::string& address) {
  client::Client client(address);
  WantOk(client.Deploy("calc", ReadFile(absl::GetFlag(FLAGS_calc))).status());
  v1::CreateInstanceRequest request;
  request.set_component(client.ComponentName("calc"));
  const auto instance = client.Instantiate(request);
  WantOk(instance.status());
  return instance->name();
}

void Run() {
  const TemporaryDirectory data;
  const uint16_t davit_port = FreePort();
  const uint16_t echo_port = FreePort();
  const Process davitd({absl::GetFlag(FLAGS_davitd),
                        absl::StrCat("--listen=", LocalAddress(davit_port)),
                        absl::StrCat("--data_dir=", data.path()),
                        absl::StrCat("--set=", absl::GetFlag(FLAGS_davitd_set))});
  const Process echo_server({absl::GetFlag(FLAGS_echo_server), LocalAddress(echo_port)});
  Process::WaitForPort(davit_port);
  Process::WaitForPort(echo_port);
  const std::string instance = Deploy(LocalAddress(davit_port));
  Target davit = Connect(LocalAddress(davit_port));
  Target echo = Connect(LocalAddress(echo_port));
  for (Target* target : {&davit, &echo}) {
    AddRequests(instance, "tenants/default/components/calc", *target);
  }
  PrintHeader("calls over gRPC", "davitd", "bare echo");
  for (Work& work : AllWork()) {
    if (absl::StrContains(work.name, absl::GetFlag(FLAGS_only))) Compare(work, davit, echo);
  }
}

}  // namespace
}  // namespace davit::bench

int main(int argc, char** argv) {
  absl::ParseCommandLine(argc, argv);
  davit::bench::Run();
  return 0;
}
