// A command of Rust's standard library, as its toolchain makes it.
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/wasi/fs/host_directory.h"
#include "runtime/wasi/fs/image.h"
#include "runtime/wasi/io/pipe.h"
#include "runtime/wasi/net/network.h"
#include "runtime/wasi/net/policy.h"
#include "tests/wasi/command.h"

namespace davit::guests {
namespace {

using testing::HasSubstr;

CommandOutcome RunRust(std::vector<std::string> args, CommandOptions options = {}) {
  options.args = std::move(args);
  return RunCommand("tests/guests/wasi/rust/command/command.wasm", options);
}

// Standard output of one that must end well.
std::string Out(std::vector<std::string> args, CommandOptions options = {}) {
  const CommandOutcome outcome = RunRust(std::move(args), std::move(options));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.status << outcome.err;
  return outcome.out;
}

TEST(RustCommandTest, PrintsAndEndsWell) {
  const CommandOutcome outcome = RunRust({"hello"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.status;
  EXPECT_EQ(outcome.out, "hello from rust\n");
  EXPECT_EQ(outcome.err, "");
}

TEST(RustCommandTest, HasTheArgumentsThatItIsGiven) {
  EXPECT_EQ(Out({"process", "args", "a", "", "\u00e9 b"}),
            "command\nprocess\nargs\na\n\n\u00e9 b\n");
}

TEST(RustCommandTest, HasTheVariablesThatItIsGranted) {
  EXPECT_EQ(Out({"process", "env"}), "");
  CommandOptions options;
  options.config.env = {{"B", "2"}, {"A", "x=y"}};
  EXPECT_EQ(Out({"process", "env"}, options), "A=x=y\nB=2\n");
  EXPECT_EQ(Out({"process", "env", "B"}, options), "2\n");
}

TEST(RustCommandTest, EndsWithItsExitCode) {
  EXPECT_EQ(RunRust({"process", "exit", "0"}).exit_code, 0);
  EXPECT_NE(RunRust({"process", "exit", "7"}).exit_code, 0);
  EXPECT_EQ(RunRust({"process", "env", "MISSING"}).exit_code, 1);
}

TEST(RustCommandTest, PanicIsATrapWithItsMessageOnStandardError) {
  const CommandOutcome outcome = RunRust({"process", "panic"});
  EXPECT_EQ(outcome.exit_code, std::nullopt);
  EXPECT_EQ(base::TrapOf(outcome.status)->code, base::TrapCode::kUnreachable);
  EXPECT_THAT(outcome.err, HasSubstr("panic"));
}

TEST(RustCommandTest, ThreadsAreRefused) {
  const CommandOutcome outcome = RunRust({"process", "thread"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("Unsupported"));
}

TEST(RustCommandTest, LoopEndsAtItsDeadline) {
  CommandOptions options;
  options.timeout = absl::Milliseconds(200);
  const CommandOutcome outcome = RunRust({"process", "spin"}, options);
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(RustCommandTest, StandardStreamsAreApart) {
  const CommandOutcome outcome = RunRust({"stdio", "both"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_NE(outcome.out, "");
  EXPECT_NE(outcome.err, "");
}

TEST(RustCommandTest, CopiesStandardInput) {
  CommandOptions options;
  for (int i = 0; i < 300'000; ++i) options.in.push_back(static_cast<char>('a' + i % 23));
  EXPECT_EQ(Out({"stdio", "echo"}, options), options.in);
  EXPECT_EQ(Out({"stdio", "count"}, options), "300000\n");
}

TEST(RustCommandTest, StandardInputThatIsNotGivenIsAtItsEnd) {
  CommandOptions options;
  options.stdio.emplace();
  EXPECT_EQ(RunRust({"stdio", "count"}, options).exit_code, 0);
}

TEST(RustCommandTest, TerminalsAreWhatTheHostSays) {
  EXPECT_THAT(Out({"stdio", "terminal"}), HasSubstr("false"));
}

TEST(RustCommandTest, ReaderThatIsGoneEndsTheWriter) {
  wasi::io::Pipe pipe = wasi::io::MakePipe(100);
  pipe.source.reset();
  CommandOptions options;
  options.stdio = wasi::Stdio{.out = pipe.sink};
  EXPECT_NE(RunRust({"stdio", "flood", "1000"}, options).exit_code, 0);
}

TEST(RustCommandTest, WriterThatNobodyReadsWaitsUntilItsDeadline) {
  const wasi::io::Pipe pipe = wasi::io::MakePipe(100);
  CommandOptions options;
  options.stdio = wasi::Stdio{.out = pipe.sink};
  options.timeout = absl::Milliseconds(300);
  EXPECT_EQ(RunRust({"stdio", "flood", "1000"}, options).status.code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST(RustCommandTest, SleepsAsLongAsItSays) {
  const absl::Time begin = absl::Now();
  EXPECT_THAT(Out({"time", "sleep", "150"}), HasSubstr("slept"));
  EXPECT_GE(absl::Now() - begin, absl::Milliseconds(150));
}

TEST(RustCommandTest, TellsTheTimeOfItsHost) {
  const int64_t before = absl::GetCurrentTimeNanos();
  int64_t told = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Out({"time", "wall"}), &told));
  EXPECT_GE(told, before);
  EXPECT_LE(told, absl::GetCurrentTimeNanos());
  EXPECT_EQ(Out({"time", "monotonic"}), "ok\n");
}

TEST(RustCommandTest, TimeThatIsFixedStands) {
  CommandOptions options;
  options.config.fixed_time = absl::FromUnixSeconds(1'000'000'000);
  EXPECT_EQ(Out({"time", "wall"}, options), "1000000000000000000\n");
}

TEST(RustCommandTest, RandomBytesDiffer) {
  const std::string first = Out({"random", "bytes", "32"});
  EXPECT_EQ(first.size(), 65u);
  EXPECT_NE(first, Out({"random", "bytes", "32"}));
  EXPECT_NE(Out({"random", "seed"}), Out({"random", "seed"}));
}

TEST(RustCommandTest, RandomNumbersThatAreFixedAreTheSame) {
  CommandOptions options;
  options.config.fixed_seed = 1;
  EXPECT_EQ(Out({"random", "bytes", "32"}, options), Out({"random", "bytes", "32"}, options));
  EXPECT_EQ(Out({"random", "seed"}, options), Out({"random", "seed"}, options));
}

TEST(RustCommandTest, MoreRandomBytesThanAreAllowedTrap) {
  CommandOptions options;
  options.config.quotas.random_bytes = 32;
  EXPECT_EQ(Out({"random", "bytes", "32"}, options).size(), 65u);
  EXPECT_TRUE(base::IsTrap(RunRust({"random", "bytes", "33"}, options).status));
}

// ---- Files ----

CommandOptions WithFiles(wasi::Preopen preopen = {}) {
  preopen.guest_path = "/";
  CommandOptions options;
  options.config.preopens.push_back(std::move(preopen));
  return options;
}

// An image with a file "greeting" and a directory.
std::shared_ptr<const wasi::fs::Image> AnImage() {
  wasi::fs::ImageBuilder builder;
  EXPECT_TRUE(builder.AddFile("greeting", "hello").ok());
  EXPECT_TRUE(builder.AddDirectory("directory").ok());
  return builder.Build(nullptr);
}

TEST(RustFilesTest, NothingIsThereUnlessItIsGranted) {
  const CommandOutcome outcome = RunRust({"files", "list", "/"});
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.err, "");
}

TEST(RustFilesTest, PrivateDirectoryDoesAllThatTheStandardLibraryCan) {
  EXPECT_EQ(Out({"files", "tour", "/"}, WithFiles()), "ok\n");
}

TEST(RustFilesTest, HostDirectoryDoesSoToo) {
  const std::string path = testing::TempDir() + "/tour";
  std::filesystem::create_directory(path);
  auto host = wasi::fs::HostDirectory::Open(path);
  ASSERT_TRUE(host.ok()) << host.status();
  EXPECT_EQ(Out({"files", "tour", "/"}, WithFiles({.host = *host})), "ok\n");
  EXPECT_TRUE(std::filesystem::is_empty(path));
}

TEST(RustFilesTest, WhatIsWrittenIsGoneWithTheInstance) {
  EXPECT_EQ(Out({"files", "write", "/a", "x"}, WithFiles()), "");
  EXPECT_EQ(RunRust({"files", "read", "/a"}, WithFiles()).exit_code, 1);
}

TEST(RustFilesTest, ImageIsReadAndNeverChanged) {
  const auto image = AnImage();
  EXPECT_EQ(Out({"files", "list", "/"}, WithFiles({.image = image})), "directory/\ngreeting\n");
  EXPECT_EQ(Out({"files", "write", "/greeting", "other"}, WithFiles({.image = image})), "");
  EXPECT_THAT(Out({"files", "read", "/greeting"}, WithFiles({.image = image})),
              testing::StartsWith("hello"));
}

TEST(RustFilesTest, ReadOnlyDirectoryRefusesEveryChange) {
  const wasi::Preopen preopen = {.read_only = true, .image = AnImage()};
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"files", "write", "/new", "x"},
                                             {"files", "append", "/greeting", "x"},
                                             {"files", "truncate", "/greeting", "0"},
                                             {"files", "mkdir", "/new"},
                                             {"files", "rmdir", "/directory"},
                                             {"files", "remove", "/greeting"},
                                             {"files", "rename", "/greeting", "/new"},
                                             {"files", "link", "/greeting", "/new"},
                                             {"files", "touch", "/greeting", "1"}}) {
    EXPECT_EQ(RunRust(args, WithFiles(preopen)).exit_code, 1) << args[1];
  }
  EXPECT_THAT(Out({"files", "read", "/greeting"}, WithFiles(preopen)),
              testing::StartsWith("hello"));
}

TEST(RustFilesTest, PathsDoNotLeadOutOfADirectory) {
  const std::string path = testing::TempDir() + "/inner";
  std::filesystem::create_directory(path);
  std::filesystem::create_symlink("/etc", path + "/etc");
  auto host = wasi::fs::HostDirectory::Open(path);
  ASSERT_TRUE(host.ok()) << host.status();
  for (const std::string escape : {"/../secret", "/etc/passwd", "/etc"}) {
    EXPECT_EQ(RunRust({"files", "read", escape}, WithFiles({.host = *host})).exit_code, 1)
        << escape;
  }
}

TEST(RustFilesTest, BytesAreLimitedExactly) {
  CommandOptions options = WithFiles();
  options.config.quotas.files.max_bytes = 100'000;
  EXPECT_THAT(Out({"files", "fill", "/a", "100000"}, options), HasSubstr("100000"));
  const CommandOutcome outcome = RunRust({"files", "fill", "/a", "100001"}, options);
  EXPECT_NE(outcome.err + outcome.out, "");
  EXPECT_THAT(outcome.out, testing::Not(HasSubstr("100001")));
}

// ---- The network ----

TEST(RustNetworkTest, NothingIsThereUnlessItIsGranted) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {"tcp", "loopback"}, {"udp", "loopback"}, {"resolve", "localhost:80"}}) {
    const CommandOutcome outcome = RunRust(args);
    EXPECT_EQ(outcome.exit_code, 1) << args[0] << outcome.status;
    EXPECT_NE(outcome.err, "");
  }
}

TEST(RustNetworkTest, LoopbackWorksWhereItIsGranted) {
  const wasi::NetworkRule loopback = {.host = "127.0.0.0/8", .first_port = 0, .last_port = 65'535};
  auto policy = wasi::net::Policy::Create(
      {.connect = {loopback}, .udp = {loopback}, .listen = {loopback}}, {});
  ASSERT_TRUE(policy.ok()) << policy.status();
  CommandOptions options;
  options.config.network = *policy;
  EXPECT_EQ(Out({"tcp", "loopback"}, options), "ok\n");
  EXPECT_EQ(Out({"udp", "loopback"}, options), "ok\n");
}

}  // namespace
}  // namespace davit::guests
