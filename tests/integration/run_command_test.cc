// Commands and logs as people and scripts use them: davit run, davit logs, and what is granted.
// tests/guests/wat/wasi_command.wat says what the guest does.

#include <csignal>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/fixture.h"
#include "tests/integration/process.h"

namespace davit::integration {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class RunCommandTest : public DavitdTest {
 protected:
  static Outcome RunShell(const std::string& line) {
    const auto outcome = RunProgram({"/bin/bash", "-c", line});
    EXPECT_THAT(outcome, absl_testing::IsOk());
    return outcome.ok() ? *outcome : Outcome{.status = -1};
  }
  static std::string Davit() {
    return absl::StrCat(DataPath("client/davit"), " --server ", davitd().address());
  }
  // `davit ARGS` in a shell, and what is around it.
  static Outcome Shell(const std::string& before, const std::string& args,
                       const std::string& after = "") {
    return RunShell(absl::StrCat(before, " ", Davit(), " ", args, " ", after));
  }
  static Outcome Run(const std::string& args) {
    return Shell("", absl::StrCat("run ", GuestPath("wasi_command"), " ", args));
  }
};

TEST_F(RunCommandTest, AFileRunsAsAProgramDoes) {
  const Outcome both = Run("both");
  EXPECT_EQ(both.status, 0) << both.err;
  EXPECT_EQ(both.out, "out 1\nout 2\n");
  EXPECT_EQ(both.err, "err 1\n");
  EXPECT_EQ(Run("quit 17").status, 17);
  EXPECT_EQ(Run("refuse").status, 1);
}

TEST_F(RunCommandTest, AFileIsDeployedOnceUnderItsDigest) {
  Run("both");
  Run("both");
  const Outcome components = Shell("", "components");
  EXPECT_THAT(components.out, HasSubstr("\nrun-"));
  EXPECT_EQ(components.out.find("\nrun-"), components.out.rfind("\nrun-"));
}

TEST_F(RunCommandTest, TheFirstArgumentIsItsNameAndTheRestIsItsOwn) {
  EXPECT_EQ(Run("args --env X -x --help").out, "wasi_command.wasm\nargs\n--env\nX\n-x\n--help\n");
  const std::string component = Component("wasi_command");
  EXPECT_EQ(Shell("", absl::StrCat("run ", component, " args one")).out,
            absl::StrCat(component, "\nargs\none\n"));
}

TEST_F(RunCommandTest, OptionsStandBeforeIt) {
  const std::string file = GuestPath("wasi_command");
  EXPECT_EQ(
      Shell("HERE=inherited", absl::StrCat("run --env A=1=2 --env HERE --arg args ", file, " one"))
          .out,
      "wasi_command.wasm\nargs\none\nA=1=2\nHERE=inherited\n");
  const Outcome missing = Shell("", absl::StrCat("run --env NOT_SET_ANYWHERE ", file));
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.err, HasSubstr("NOT_SET_ANYWHERE"));
}

TEST_F(RunCommandTest, StandardStreamsAreItsStreams) {
  const std::string echo = absl::StrCat("run ", GuestPath("wasi_command"), " echo");
  EXPECT_EQ(Shell("printf 'one\\ntwo' |", echo).out, "one\ntwo");
  EXPECT_EQ(Shell("", echo, "< /dev/null").out, "");
  EXPECT_EQ(Shell("", echo, "<&-").status, 0) << "without any input at all";
  EXPECT_EQ(Shell("head -c 5000000 /dev/zero |", echo, "| wc -c").out, "5000000\n");
}

TEST_F(RunCommandTest, AReaderThatGoesEndsIt) {
  const Outcome outcome =
      Shell("", absl::StrCat("run ", GuestPath("wasi_command"), " flood 0"), "| head -c 10");
  EXPECT_EQ(outcome.out, "xxxxxxxxxx");
}

TEST_F(RunCommandTest, ATrapIsToldAndEndsAsAProgramThatAborts) {
  const Outcome outcome = Run("unreachable");
  EXPECT_EQ(outcome.status, 134);
  EXPECT_EQ(outcome.out, "before\n");
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("davit: UNKNOWN"), HasSubstr("UNREACHABLE")));
}

TEST_F(RunCommandTest, AnInterruptEndsIt) {
  auto process = Process::Start({DataPath("client/davit"), "--server", davitd().address(), "run",
                                 GuestPath("wasi_command"), "flood", "0"});
  ASSERT_THAT(process, absl_testing::IsOk());
  EXPECT_TRUE(WaitUntil([&] { return !(*process)->out().empty(); }));
  (*process)->Signal(SIGINT);
  EXPECT_THAT((*process)->Wait(kPatience), absl_testing::IsOkAndHolds(-SIGINT))
      << "which a shell calls 130";
}

TEST_F(RunCommandTest, ATimeoutEndsIt) {
  const Outcome outcome =
      Shell("", absl::StrCat("run --timeout 2 ", GuestPath("wasi_command"), " sleep 1000000"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("DEADLINE_EXCEEDED"));
}

TEST_F(RunCommandTest, WhatIsNoCommandSaysSo) {
  const Outcome outcome = Shell("", absl::StrCat("run ", GuestPath("calc")));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no command"));
  EXPECT_THAT(Shell("", "run no-such-component").err, HasSubstr("NOT_FOUND"));
  EXPECT_EQ(Shell("", "run").status, 1);
}

TEST_F(RunCommandTest, ACommandOfRustsStandardLibraryRuns) {
  const std::string rust =
      absl::StrCat("run ", DataPath("tests/guests/wasi/rust/command/command.wasm"));
  EXPECT_EQ(Shell("", absl::StrCat(rust, " hello")).out, "hello from rust\n");
  EXPECT_EQ(Shell("", absl::StrCat(rust, " process args a 'b c'")).out,
            "command.wasm\nprocess\nargs\na\nb c\n");
  EXPECT_EQ(Shell("echo dinghy |", absl::StrCat(rust, " stdio ask")).out, "name? hello dinghy\n");
  EXPECT_EQ(Shell("head -c 3000000 /dev/zero |", absl::StrCat(rust, " stdio count")).out,
            "3000000\n");
  EXPECT_EQ(Shell("", absl::StrCat(rust, " stdio flood 2000000"), "| wc -c").out, "2000000\n");
  EXPECT_EQ(Shell("", absl::StrCat(rust, " stdio terminal")).out,
            "stdin false\nstdout false\nstderr false\n");
  const Outcome panics = Shell("", absl::StrCat(rust, " process panic"));
  EXPECT_EQ(panics.status, 134);
  EXPECT_THAT(panics.err, HasSubstr("a panic that was asked for"));
}

TEST_F(RunCommandTest, InstancesHaveLogs) {
  const std::string component = Component("wasi_command");
  EXPECT_EQ(Shell("", absl::StrCat("instantiate ", component,
                                   " --name logged --env A=1 --arg prog --config k=v"))
                .status,
            0);
  EXPECT_EQ(Shell("", "call logged 'act(\"args\", 0)'").status, 0);
  EXPECT_EQ(Shell("", "call logged 'act(\"both\", 0)'").status, 0);
  EXPECT_EQ(Shell("", "logs logged").out, "prog\nA=1\nout 1\nerr 1\nout 2\n");
  EXPECT_EQ(Shell("", "logs logged --after 3").out, "err 1\nout 2\n");
  EXPECT_THAT(Shell("", "logs logged --details --after 3").out,
              MatchesRegex("4 [0-9T:.-]+Z stderr - err 1\n5 [0-9T:.-]+Z stdout - out 2\n"));
  EXPECT_THAT(Shell("", "logs logged --json").out, HasSubstr("\"STREAM_STDERR\""));
  EXPECT_THAT(davitd().log(), ::testing::Not(HasSubstr("err 1"))) << "it is not davitd's to tell";
  EXPECT_EQ(Shell("", "call logged 'act(\"quit\", 3)'").status, 1);
  EXPECT_THAT(Shell("", "instances").out,
              MatchesRegex("(.|\n)*logged +wasi-command +exited(.|\n)*"));
}

TEST_F(RunCommandTest, CallsOnFreshInstancesHaveTheLogOfTheirComponent) {
  const std::string component = Component("wasi_command");
  EXPECT_EQ(Shell("", absl::StrCat("call ", component, " --arg fresh --env B=2 'act(\"args\", 0)'"))
                .status,
            0);
  EXPECT_THAT(Shell("", absl::StrCat("logs ", component)).out, HasSubstr("fresh\nB=2\n"));
  EXPECT_THAT(Shell("", "logs nobody").err, HasSubstr("NOT_FOUND"));
}

}  // namespace
}  // namespace davit::integration
