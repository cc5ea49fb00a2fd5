#include "tests/hostile/hostile_test.h"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <ostream>
#include <thread>
#include <utility>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/status.h"
#include "davit/v1/call_service.grpc.pb.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "tests/integration/process.h"

namespace davit::hostile {
namespace {

using absl_testing::IsOk;
using absl_testing::IsOkAndHolds;
using integration::DataPath;

// How long memory may take to come back, and how much less makes it go on waiting.
constexpr absl::Duration kSettleTime = absl::Seconds(15);
constexpr absl::Duration kSettleStep = absl::Milliseconds(500);

std::string Calc() {
  std::ifstream file(DataPath("examples/calc.wasm"), std::ios::binary);
  EXPECT_TRUE(file.good());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string LastLines(const std::string& log) {
  constexpr size_t kBytes = 2000;
  return log.size() <= kBytes ? log : log.substr(log.size() - kBytes);
}

v1::CallRequest Request(std::string_view instance, std::string_view func,
                        std::optional<uint32_t> arg) {
  v1::CallRequest request;
  request.set_instance(std::string(instance));
  request.set_function(std::string(func));
  if (arg) request.add_args()->set_u32(*arg);
  return request;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  if (!outcome.is_alive) out << "ENDED THE PROCESS (" << outcome.last_words << "), ";
  return out << "took " << outcome.peak_bytes / kMiB << " MiB, " << outcome.settled_bytes / kMiB
             << " MiB in the end, and " << outcome.peak_threads << " threads; " << "of "
             << outcome.bystander.calls << " calls beside it the longest took "
             << absl::FormatDuration(outcome.bystander.longest) << " and "
             << outcome.bystander.failures << " failed " << outcome.bystander.last_failure
             << "; the next good call took " << absl::FormatDuration(outcome.next_good_call);
}

void HostileTest::SetUp() {
  auto davitd = integration::Davitd::Start(config_);
  ASSERT_THAT(davitd, IsOk());
  davitd_ = *std::move(davitd);
  watch_ = std::make_unique<Watch>(davitd_->pid());
  client_ = Connect();
  ASSERT_THAT(client().Deploy("calc", Calc()), IsOk());
  v1::CreateInstanceRequest request;
  request.set_isolation(v1::ISOLATION_DEDICATED);
  bystander_ = InstanceOf("calc", request);
}

void HostileTest::TearDown() {
  if (davitd_ == nullptr || watch_->has_killed()) return;
  const absl::Time begin = absl::Now();
  EXPECT_THAT(davitd_->Stop(), IsOkAndHolds(0)) << LastLines(davitd_->log());
  std::cerr << "came down within " << absl::Now() - begin << "\n";
}

Outcome HostileTest::Attack(absl::FunctionRef<void()> attack) {
  Bystander bystander(davitd_->address(), bystander_);
  attack();
  Outcome outcome;
  outcome.next_good_call = NextGoodCall();
  outcome.settled_bytes = Settle();
  outcome.bystander = bystander.Stop();
  outcome.peak_bytes = watch_->peak_bytes();
  outcome.peak_threads = watch_->peak_threads();
  outcome.is_alive = !IsDown();
  if (watch_->has_killed()) {
    outcome.last_words = "killed for its size";
  } else if (!outcome.is_alive) {
    outcome.last_words = LastLines(davitd_->log());
  }
  std::cerr << testing::UnitTest::GetInstance()->current_test_info()->name() << " " << outcome
            << "\n";
  return outcome;
}

bool HostileTest::IsDown() {
  return watch_->has_killed() || davitd_->Wait(absl::ZeroDuration()).ok();
}

absl::Duration HostileTest::NextGoodCall() {
  const absl::Time begin = absl::Now();
  v1::CallRequest request;
  request.set_component(client_->ComponentName("calc"));
  request.set_function("bench:calc/api#add");
  request.add_args()->set_u32(3);
  request.add_args()->set_u32(4);
  const auto response = Connect()->Call(request);
  if (!response.ok()) std::cerr << "the next good call: " << response.status() << "\n";
  return response.ok() ? absl::Now() - begin : absl::InfiniteDuration();
}

uint64_t HostileTest::Settle() const {
  const absl::Time end = absl::Now() + kSettleTime;
  uint64_t before = SizeOf(davitd_->pid()).resident_bytes;
  while (absl::Now() < end) {
    absl::SleepFor(kSettleStep);
    const uint64_t now = SizeOf(davitd_->pid()).resident_bytes;
    if (now + before / 50 >= before) return now;
    before = now;
  }
  return before;
}

std::unique_ptr<client::Client> HostileTest::Connect(absl::Duration timeout) {
  return std::make_unique<client::Client>(davitd_->address(),
                                          client::ClientOptions{.timeout = timeout});
}

std::string HostileTest::Deploy(std::string_view binary) {
  std::string id = absl::StrCat("hostile-", ++deployed_);
  const auto deployed = client().Deploy(id, binary);
  EXPECT_TRUE(deployed.ok()) << deployed.status();
  return id;
}

std::string HostileTest::InstanceOf(std::string_view component, v1::CreateInstanceRequest request) {
  request.set_component(std::string(component));
  const auto instance = client().Instantiate(std::move(request));
  EXPECT_THAT(instance, IsOk());
  return instance.ok() ? instance->name() : "";
}

std::string HostileTest::Instance(std::string_view binary, v1::CreateInstanceRequest request) {
  return InstanceOf(Deploy(binary), std::move(request));
}

absl::Status HostileTest::Call(std::string_view instance, std::string_view func,
                               const CallOptions& options) {
  return Connect(options.deadline)->Call(Request(instance, func, options.arg)).status();
}

absl::Duration HostileTest::HoldsCellAfterDeadline(std::string_view instance, std::string_view func,
                                                   const CallOptions& options) {
  const absl::Time deadline = absl::Now() + options.deadline;
  return HoldsCellAfter([&](grpc::ClientContext&) { absl::SleepFor(deadline - absl::Now()); },
                        instance, func, options);
}

class HostileTest::Running {
 public:
  Running(HostileTest& test, std::string_view instance, std::string_view func,
          const CallOptions& options) {
    const uint64_t calls = CallsOf(test, instance).value_or(0);
    context_.set_deadline(absl::ToChronoTime(absl::Now() + options.deadline));
    stub_ = v1::CallService::NewStub(
        grpc::CreateChannel(test.davitd().address(), grpc::InsecureChannelCredentials()));
    thread_ = std::thread([this, request = Request(instance, func, options.arg)] {
      v1::CallResponse response;
      const grpc::Status status = stub_->Call(&context_, request, &response);
      end_ = absl::Now();
      std::cerr << request.function() << " ended with " << status.error_code() << " "
                << status.error_message() << "\n";
    });
    // It counts once it runs.
    while (!test.IsDown()) {
      const auto now = CallsOf(test, instance);
      if (!now || *now > calls) break;
      absl::SleepFor(absl::Milliseconds(1));
    }
  }
  ~Running() { End(); }
  grpc::ClientContext& context() { return context_; }
  // Waits for it; when it came.
  absl::Time End() {
    if (thread_.joinable()) thread_.join();
    return end_;
  }

 private:
  static std::optional<uint64_t> CallsOf(HostileTest& test, std::string_view instance) {
    const auto found = test.client().GetInstance(instance);
    if (!found.ok()) return std::nullopt;
    return found->calls();
  }

  grpc::ClientContext context_;
  std::unique_ptr<v1::CallService::Stub> stub_;
  absl::Time end_;
  std::thread thread_;
};

absl::Duration HostileTest::HoldsCellAfter(absl::FunctionRef<void(grpc::ClientContext&)> end,
                                           std::string_view instance, std::string_view func,
                                           const CallOptions& options) {
  Running call(*this, instance, func, options);
  absl::Time answered;
  std::thread next([&] {
    Call(instance, func, {.arg = 0, .deadline = absl::Seconds(60)}).IgnoreError();
    answered = absl::Now();
  });
  end(call.context());
  const absl::Time ended = absl::Now();
  next.join();
  const absl::Duration held = std::max(answered - ended, absl::ZeroDuration());
  std::cerr << func << " held its cell for another " << held << "\n";
  return held;
}

absl::Duration HostileTest::CallLasts(absl::FunctionRef<void(grpc::ClientContext&)> end,
                                      std::string_view instance, std::string_view func,
                                      const CallOptions& options) {
  Running call(*this, instance, func, options);
  const absl::Time begin = absl::Now();
  end(call.context());
  const absl::Duration lasted = call.End() - begin;
  std::cerr << func << " lasted another " << lasted << "\n";
  return lasted;
}

void HostileTest::AwaitQuiet() const {
  // So little that it is not the share that a busy machine leaves to something that computes.
  constexpr absl::Duration kSpan = absl::Milliseconds(500);
  constexpr absl::Duration kLittle = absl::Milliseconds(75);
  constexpr int kSpans = 3;
  const absl::Time end = absl::Now() + absl::Minutes(2);
  for (int quiet = 0; quiet < kSpans && absl::Now() < end;) {
    const absl::Duration before = ComputedBy(davitd_->pid());
    absl::SleepFor(kSpan);
    quiet = ComputedBy(davitd_->pid()) - before < kLittle ? quiet + 1 : 0;
  }
}

}  // namespace davit::hostile
