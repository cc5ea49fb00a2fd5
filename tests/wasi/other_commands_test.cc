// Commands of C, C++ and Go, as their toolchains make them.
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasi/net/network.h"
#include "runtime/wasi/net/policy.h"
#include "tests/wasi/command.h"

namespace davit::guests {
namespace {

using testing::HasSubstr;

constexpr char kC[] = "tests/guests/wasi/c/command/command.wasm";

struct Language {
  std::string name;  // as it greets
  std::string path;
  // What it calls the same things.
  std::vector<std::string> arguments, echo, write, read;
};

std::vector<std::string> With(std::vector<std::string> args, std::vector<std::string> more) {
  args.insert(args.end(), more.begin(), more.end());
  return args;
}

class OtherCommandsTest : public testing::TestWithParam<Language> {
 protected:
  static CommandOutcome RunIt(std::vector<std::string> args, CommandOptions options = {}) {
    options.args = std::move(args);
    return RunCommand(GetParam().path, options);
  }
  static std::string Out(std::vector<std::string> args, CommandOptions options = {}) {
    const CommandOutcome outcome = RunIt(std::move(args), std::move(options));
    EXPECT_EQ(outcome.exit_code, 0) << outcome.status << outcome.err;
    return outcome.out;
  }
};

TEST_P(OtherCommandsTest, Greets) {
  EXPECT_EQ(Out({"hello"}), "hello from " + GetParam().name + "\n");
}

TEST_P(OtherCommandsTest, HasItsArguments) {
  EXPECT_THAT(Out(With(GetParam().arguments, {"one", "two three"})), HasSubstr("one\ntwo three\n"));
}

TEST_P(OtherCommandsTest, CopiesStandardInput) {
  CommandOptions options;
  for (int i = 0; i < 2'000; ++i) options.in += "line " + std::to_string(i) + "\n";
  EXPECT_EQ(Out(GetParam().echo, options), options.in);
}

TEST_P(OtherCommandsTest, WritesAndReadsFilesThatAreGranted) {
  CommandOptions options;
  EXPECT_EQ(RunIt(With(GetParam().write, {"/a", "text"})).exit_code, 1);
  options.config.preopens = {{.guest_path = "/"}};
  EXPECT_EQ(RunIt(With(GetParam().write, {"/a", "text"}), options).exit_code, 0);
  // Another instance has files of its own.
  EXPECT_EQ(RunIt(With(GetParam().read, {"/a"}), options).exit_code, 1);
}

TEST_P(OtherCommandsTest, WrongUsageEndsWithOne) {
  const CommandOutcome outcome = RunIt({"unheard-of"});
  EXPECT_EQ(outcome.exit_code, 1) << outcome.status;
  EXPECT_THAT(outcome.err, HasSubstr("error:"));
}

INSTANTIATE_TEST_SUITE_P(All, OtherCommandsTest,
                         testing::Values(Language{.name = "c",
                                                  .path = kC,
                                                  .arguments = {"process", "args"},
                                                  .echo = {"stdio", "echo"},
                                                  .write = {"files", "write"},
                                                  .read = {"files", "read"}},
                                         Language{.name = "c++",
                                                  .path = "tests/guests/wasi/cpp/command.wasm",
                                                  .arguments = {"args"},
                                                  .echo = {"echo"},
                                                  .write = {"write"},
                                                  .read = {"read"}},
                                         Language{.name = "go",
                                                  .path = "tests/guests/wasi/go/command.wasm",
                                                  .arguments = {"args"},
                                                  .echo = {"echo"},
                                                  .write = {"write"},
                                                  .read = {"read"}}),
                         [](const auto& info) {
                           return info.param.name == "c++" ? std::string("cpp") : info.param.name;
                         });

TEST(GoCommandTest, GoroutinesSleepTogether) {
  EXPECT_EQ(
      RunCommand("tests/guests/wasi/go/command.wasm", {.args = {"goroutines", "10"}}).exit_code, 0);
}

// What C's library does with files, time and sockets, checked by the program itself.
TEST(CCommandTest, FilesOfAPrivateDirectoryBehaveAsPosixHasThem) {
  CommandOptions options = {.args = {"files", "tour", "/"}};
  options.config.preopens = {{.guest_path = "/"}};
  const CommandOutcome outcome = RunCommand(kC, options);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.status << outcome.err;
  EXPECT_EQ(outcome.out, "ok\n");
}

TEST(CCommandTest, PollEndsAtItsTimeout) {
  EXPECT_EQ(RunCommand(kC, {.args = {"time", "poll-empty", "20"}}).out, "timeout\n");
  EXPECT_EQ(RunCommand(kC, {.args = {"time", "poll-stdin", "10000"}, .in = "x"}).out, "ready\n");
}

TEST(CCommandTest, SocketsBehaveAsPosixHasThem) {
  const wasi::NetworkRule loopback = {.host = "127.0.0.0/8", .last_port = 65'535};
  auto policy = wasi::net::Policy::Create({.connect = {loopback}, .listen = {loopback}}, {});
  ASSERT_TRUE(policy.ok()) << policy.status();
  for (const std::string what : {"loopback", "options", "states"}) {
    CommandOptions options = {.args = {"tcp", what}};
    options.config.network = *policy;
    const CommandOutcome outcome = RunCommand(kC, options);
    EXPECT_EQ(outcome.exit_code, 0) << what << outcome.status << outcome.err;
    EXPECT_EQ(outcome.out, "ok\n") << what;
  }
}

TEST(CppCommandTest, StaticObjectsBeginAndEndAroundMain) {
  const CommandOutcome outcome =
      RunCommand("tests/guests/wasi/cpp/command.wasm", {.args = {"statics"}});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, testing::ContainsRegex("construct .*\nmain\n.*destroy "));
}

}  // namespace
}  // namespace davit::guests
