// Commands over CallService.Run: tests/guests/wat/wasi_command.wat says what they do.

#include <cstdint>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "server/app/wasi_test_util.h"

namespace davit::server {
namespace {

using ::testing::HasSubstr;

int Threads() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Threads:")) return std::stoi(line.substr(8));
  }
  return -1;
}

class RunTest : public WasiServerTest {
 protected:
  // A run as its client sees it.
  struct Running {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReaderWriter<v1::RunRequest, v1::RunResponse>> stream;
    std::string out, err;
    std::string order;  // a letter for each message: o, e, x
    std::optional<uint32_t> exit_code;
    grpc::Status status;

    bool Send(const std::string& data) {
      v1::RunRequest request;
      request.set_stdin_data(data);
      return stream->Write(request);
    }
    // Reads to the end.
    Running& Finish() {
      uint64_t sequence = 0;
      for (v1::RunResponse response; stream->Read(&response);) {
        EXPECT_EQ(response.sequence(), ++sequence);
        EXPECT_FALSE(exit_code.has_value()) << "the exit comes last";
        if (response.has_exit()) exit_code = response.exit().code();
        out += response.stdout_data();
        err += response.stderr_data();
        order += response.has_exit() ? 'x' : response.has_stderr_data() ? 'e' : 'o';
      }
      status = stream->Finish();
      return *this;
    }
  };

  v1::RunRequest StartOf(const std::vector<std::string>& args) const {
    v1::RunRequest request;
    request.mutable_start()->set_component(component_);
    for (const std::string& arg : args) request.mutable_start()->mutable_wasi()->add_args(arg);
    return request;
  }
  std::unique_ptr<Running> Begin(const v1::RunRequest& first) {
    auto running = std::make_unique<Running>();
    running->stream = calls_->Run(&running->context);
    EXPECT_TRUE(running->stream->Write(first));
    return running;
  }
  std::unique_ptr<Running> Begin(const std::vector<std::string>& args) {
    return Begin(StartOf(args));
  }
  // Without anything to read, to its end.
  std::unique_ptr<Running> Run(const v1::RunRequest& first) {
    auto running = Begin(first);
    running->stream->WritesDone();
    running->Finish();
    return running;
  }
  std::unique_ptr<Running> Run(const std::vector<std::string>& args) { return Run(StartOf(args)); }

  bool HasNoRuns() {
    return WaitUntil([&] { return server_->load().runs == 0; });
  }
};

// -- Exits --

TEST_F(RunTest, TheExitCodeIsPassedOn) {
  StartWasi();
  for (const uint32_t code : {0, 1, 17, 255}) {
    const auto run = Run({"prog", "quit", std::to_string(code)});
    EXPECT_TRUE(run->status.ok()) << run->status.error_message();
    EXPECT_EQ(run->exit_code, code);
    EXPECT_EQ(run->out, "quitting\n");
  }
}

TEST_F(RunTest, TheResultOfRunIsAnExitCode) {
  StartWasi();
  EXPECT_EQ(Run({"prog", "both"})->exit_code, 0u);
  EXPECT_EQ(Run({"prog", "refuse"})->exit_code, 1u);
  EXPECT_EQ(Run(std::vector<std::string>{})->exit_code, 0u);
}

TEST_F(RunTest, WhatWasWrittenBeforeATrapIsDelivered) {
  StartWasi();
  const auto run = Run({"prog", "unreachable"});
  EXPECT_EQ(run->out, "before\n");
  EXPECT_EQ(run->exit_code, std::nullopt);
  EXPECT_EQ(run->status.error_code(), grpc::UNKNOWN);
  EXPECT_EQ(ReasonOf(run->status), "GUEST_TRAP");
  EXPECT_EQ(DetailOf<v1::TrapInfo>(DetailsOf(run->status)).code(), "UNREACHABLE");
}

TEST_F(RunTest, EachRunBeginsWithNothingOfTheOneBefore) {
  StartWasi();
  v1::RunRequest first = StartOf({"prog", "args", "secret"});
  v1::EnvVar& var = *first.mutable_start()->mutable_wasi()->add_env();
  var.set_name("TOKEN");
  var.set_value("42");
  EXPECT_EQ(Run(first)->out, "prog\nargs\nsecret\nTOKEN=42\n");
  EXPECT_EQ(Run({"prog", "args"})->out, "prog\nargs\n");
}

// -- Output --

TEST_F(RunTest, TheOrderBetweenStdoutAndStderrIsKept) {
  StartWasi();
  const auto run = Run({"prog", "both"});
  EXPECT_EQ(run->out, "out 1\nout 2\n");
  EXPECT_EQ(run->err, "err 1\n");
  EXPECT_EQ(run->order, "oeox");
}

TEST_F(RunTest, AllThatWasWrittenComesBeforeTheExit) {
  StartWasi();
  const auto run = Run({"prog", "flood", "256"});
  EXPECT_EQ(run->out, std::string(1 << 20, 'x'));
  EXPECT_EQ(run->exit_code, 0u);
}

TEST_F(RunTest, AClientThatDoesNotReadStopsTheGuestUntilItsDeadline) {
  StartWasi("deadlines { default_ms: 1000 }");
  const auto run = Begin({"prog", "flood", "0"});
  // Until the guest has ended nothing is read.
  EXPECT_TRUE(WaitUntil([&] { return server_->load().running_tasks == 1; }));
  EXPECT_TRUE(WaitUntil([&] { return server_->load().running_tasks == 0; }));
  run->Finish();
  EXPECT_EQ(ReasonOf(run->status), "DEADLINE_EXCEEDED") << run->status.error_message();
  EXPECT_EQ(PhaseOf(run->status), v1::TimeoutInfo::PHASE_PARKED) << "it waited, and did not run";
  EXPECT_GT(run->out.size(), 64u << 10);
  EXPECT_LT(run->out.size(), 8u << 20) << "the client's gRPC takes 4 MiB before it is asked";
}

// -- Input --

TEST_F(RunTest, InputOfAnyLengthIsEchoed) {
  StartWasi();
  const auto run = Begin({"prog", "echo"});
  std::string sent;
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) {
      const std::string chunk(1 + i * 217 % (64 << 10), static_cast<char>('a' + i % 26));
      ASSERT_TRUE(run->Send(chunk));
      sent += chunk;
    }
    run->stream->WritesDone();
  });
  run->Finish();
  writer.join();
  EXPECT_EQ(run->exit_code, 0u) << run->status.error_message();
  EXPECT_GT(sent.size(), 8u << 20);
  EXPECT_EQ(run->out, sent);
}

TEST_F(RunTest, InputIsAnsweredAsItComes) {
  StartWasi();
  const auto run = Begin({"prog", "echo"});
  for (const std::string text : {"one", "two"}) {
    ASSERT_TRUE(run->Send(text));
    v1::RunResponse response;
    ASSERT_TRUE(run->stream->Read(&response));
    EXPECT_EQ(response.stdout_data(), text);
  }
  run->context.TryCancel();
  EXPECT_TRUE(HasNoRuns());
}

TEST_F(RunTest, InputMayEndByAMessage) {
  StartWasi();
  const auto run = Begin({"prog", "echo"});
  run->Send("last");
  v1::RunRequest close;
  close.mutable_stdin_close();
  run->stream->Write(close);
  run->Finish();
  EXPECT_EQ(run->out, "last");
  EXPECT_EQ(run->exit_code, 0u);
}

TEST_F(RunTest, InputMayEndBeforeAny) {
  StartWasi();
  const auto run = Run({"prog", "echo"});
  EXPECT_EQ(run->out, "");
  EXPECT_EQ(run->exit_code, 0u);
}

TEST_F(RunTest, InputThatTheGuestDoesNotReadDoesNotHoldUpItsExit) {
  StartWasi();
  const auto run = Begin({"prog", "sleep", "100"});
  std::thread writer([&] {
    while (run->Send(std::string(32 << 10, 'x'))) {
    }
  });
  run->Finish();
  writer.join();
  EXPECT_EQ(run->exit_code, 0u) << run->status.error_message();
}

TEST_F(RunTest, OneChunkHas64KiB) {
  StartWasi();
  const auto taken = Begin({"prog", "echo"});
  taken->Send(std::string(64 << 10, 'x'));
  taken->stream->WritesDone();
  EXPECT_EQ(taken->Finish().out.size(), 64u << 10);
  EXPECT_TRUE(taken->status.ok()) << taken->status.error_message();

  const auto refused = Begin({"prog", "echo"});
  refused->Send(std::string((64 << 10) + 1, 'x'));
  refused->Finish();
  EXPECT_EQ(ReasonOf(refused->status), "INVALID_REQUEST");
  EXPECT_THAT(refused->status.error_message(), HasSubstr("stdin_data"));
}

// -- Ends from outside --

TEST_F(RunTest, AClientThatGoesEndsItsGuest) {
  StartWasi("tenant { shared_cells: 1 }");
  for (const char* what : {"sleep", "work", "flood", "echo"}) {
    const auto run = Begin({"prog", what, what == std::string("sleep") ? "1000000" : "0"});
    EXPECT_TRUE(WaitUntil([&] { return server_->load().running_tasks == 1; })) << what;
    run->context.TryCancel();
    EXPECT_TRUE(HasNoRuns()) << what;
    EXPECT_EQ(run->stream->Finish().error_code(), grpc::CANCELLED);
    EXPECT_EQ(Run({"prog", "refuse"})->exit_code, 1u) << "the cell is free after " << what;
  }
}

TEST_F(RunTest, TheDeadlineEndsASleeper) {
  StartWasi("deadlines { margin_ms: 1000 }");
  const grpc::Status status = ToldAtDeadline([&](absl::Duration timeout) {
    Running run;
    run.context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
    run.stream = calls_->Run(&run.context);
    run.stream->Write(StartOf({"prog", "sleep", "1000000"}));
    return run.Finish().status;
  });
  EXPECT_EQ(status.error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_EQ(PhaseOf(status), v1::TimeoutInfo::PHASE_PARKED);
}

TEST_F(RunTest, ShutdownEndsThem) {
  StartWasi("deadlines { drain_ms: 50 }");
  const auto started = Begin({"prog", "sleep", "1000000"});
  Running idle;
  idle.stream = calls_->Run(&idle.context);
  EXPECT_TRUE(WaitUntil([&] { return server_->load().runs == 2; }));
  Stop();
  EXPECT_FALSE(started->Finish().status.ok());
  EXPECT_EQ(ReasonOf(idle.Finish().status), "SERVER_DRAINING");
}

TEST_F(RunTest, SleepersHoldNoThreadAndNoCell) {
  constexpr size_t kRuns = 200;
  StartWasi("scheduling { worker_threads: 2 } tenant { shared_cells: 1 }");
  const std::string other = Instantiate(component_);
  const int threads_before = Threads();
  std::vector<std::unique_ptr<Running>> runs;
  for (size_t i = 0; i < kRuns; ++i) runs.push_back(Begin({"prog", "sleep", "1000000"}));
  EXPECT_TRUE(WaitUntil([&] { return server_->load().running_tasks == kRuns; }));
  v1::CallResponse sum;
  ASSERT_TRUE(Call(CallOf(other, "add", {U32(1), U32(2)}), &sum).ok());
  EXPECT_EQ(sum.results(0).u32(), 3u);
  EXPECT_LT(Threads(), threads_before + 40) << "gRPC's own";
  for (const auto& run : runs) run->context.TryCancel();
  EXPECT_TRUE(HasNoRuns());
}

// -- What is refused --

TEST_F(RunTest, AComponentThatIsNoCommandSaysSo) {
  StartWasi();
  v1::RunRequest request;
  request.mutable_start()->set_component(DeployCalc());
  const auto run = Run(request);
  EXPECT_EQ(run->status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(ReasonOf(run->status), "FUNCTION_NOT_FOUND");
  EXPECT_THAT(run->status.error_message(), HasSubstr("no command"));
  EXPECT_THAT(run->status.error_message(), HasSubstr("wasi:cli/run"));
}

TEST_F(RunTest, AnUnknownComponentIsNotFound) {
  StartWasi();
  v1::RunRequest request;
  request.mutable_start()->set_component("tenants/default/components/none");
  EXPECT_EQ(ReasonOf(Run(request)->status), "COMPONENT_NOT_FOUND");
}

TEST_F(RunTest, TheFirstMessageStartsAndNoOther) {
  StartWasi();
  v1::RunRequest data;
  data.set_stdin_data("x");
  EXPECT_THAT(Run(data)->status.error_message(), HasSubstr("start: "));
  Running none;
  none.stream = calls_->Run(&none.context);
  none.stream->WritesDone();
  EXPECT_EQ(ReasonOf(none.Finish().status), "INVALID_REQUEST");
  const auto twice = Begin({"prog", "echo"});
  twice->stream->Write(StartOf({"prog", "echo"}));
  EXPECT_THAT(twice->Finish().status.error_message(), HasSubstr("start: "));
  const auto empty = Begin({"prog", "echo"});
  empty->stream->Write(v1::RunRequest());
  EXPECT_THAT(empty->Finish().status.error_message(), HasSubstr("part: "));
}

TEST_F(RunTest, GrantsAreChecked) {
  StartWasi();
  const auto run = Run({std::string((128 << 10) - 1, 'x')});
  EXPECT_TRUE(run->status.ok()) << run->status.error_message();
  const auto refused = Run({std::string(128 << 10, 'x')});
  EXPECT_EQ(ReasonOf(refused->status), "INVALID_REQUEST");
  EXPECT_THAT(refused->status.error_message(), HasSubstr("start.wasi.args[0]"));
}

TEST_F(RunTest, LimitsHoldForTheInstance) {
  StartWasi();
  EXPECT_EQ(Run({"prog", "both"})->exit_code, 0u) << "one waits now";
  v1::RunRequest request = StartOf({"prog", "both"});
  request.mutable_start()->mutable_limits()->set_memory_bytes(8 << 16);
  EXPECT_EQ(Run(request)->exit_code, 0u);
  request.mutable_start()->mutable_limits()->set_memory_bytes(7 << 16);
  EXPECT_EQ(Run(request)->status.error_code(), grpc::RESOURCE_EXHAUSTED);
  request.mutable_start()->mutable_limits()->set_memory_bytes(~uint64_t{0});
  EXPECT_THAT(Run(request)->status.error_message(), HasSubstr("start: limits.memory_bytes"));
}

TEST_F(RunTest, TerminalsAreTold) {
  StartWasi();
  v1::RunRequest request = StartOf({"prog", "terminal"});
  EXPECT_EQ(Run(request)->out, "-");
  request.mutable_start()->mutable_terminals()->set_stdin_tty(true);
  EXPECT_EQ(Run(request)->out, "t");
}

}  // namespace
}  // namespace davit::server
