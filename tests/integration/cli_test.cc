// The davit command as people and scripts use it.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "gtest/gtest.h"
#include "tests/integration/fixture.h"
#include "tests/integration/process.h"

namespace davit::integration {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

class CliTest : public DavitdTest {
 protected:
  static Outcome Davit(std::vector<std::string> args) {
    std::vector<std::string> argv = {DataPath("client/davit"), "--server", davitd().address()};
    argv.insert(argv.end(), args.begin(), args.end());
    absl::StatusOr<Outcome> outcome = RunProgram(argv);
    EXPECT_THAT(outcome, absl_testing::IsOk());
    return outcome.ok() ? *std::move(outcome) : Outcome{.status = -1};
  }
  // What a command that must succeed prints.
  static std::string Print(std::vector<std::string> args) {
    const Outcome outcome = Davit(std::move(args));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, IsEmpty());
    return outcome.out;
  }
  // What a command that must fail says.
  static std::string Complaint(std::vector<std::string> args) {
    const Outcome outcome = Davit(std::move(args));
    EXPECT_NE(outcome.status, 0);
    EXPECT_THAT(outcome.out, IsEmpty());
    return outcome.err;
  }
  // With --json: one document.
  static google::protobuf::Struct Json(std::vector<std::string> args) {
    args.push_back("--json");
    const std::string text = Print(std::move(args));
    google::protobuf::Struct document;
    EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(text, &document).ok()) << text;
    return document;
  }
  static std::string Field(const google::protobuf::Struct& document, const std::string& name) {
    const auto found = document.fields().find(name);
    return found == document.fields().end() ? "(none)" : found->second.string_value();
  }
  static std::string Deploy(const std::string& name, const std::string& guest) {
    return Print({"deploy", GuestPath(guest), "--name", name});
  }
};

// -- Deploying --

TEST_F(CliTest, DeployTellsNameRevisionAndSize) {
  EXPECT_THAT(Deploy("told", "calc"),
              MatchesRegex("deployed tenants/default/components/told, revision [0-9a-f]{12}, "
                           "[0-9]+ bytes\n"));
  const auto document = Json({"deploy", GuestPath("calc"), "--name", "told"});
  EXPECT_EQ(Field(document, "name"), "tenants/default/components/told");
  EXPECT_THAT(Field(document, "revision"), HasSubstr("/revisions/"));
}

TEST_F(CliTest, DeployTakesTheNameFromTheFile) {
  EXPECT_THAT(Print({"deploy", GuestPath("two_modules")}),
              StartsWith("deployed tenants/default/components/two-modules,"));
}

TEST_F(CliTest, DeployOfWhatIsNoComponentSaysWhy) {
  EXPECT_THAT(Complaint({"deploy", GuestPath("core_module")}),
              AllOf(StartsWith("davit: INVALID_ARGUMENT: "), HasSubstr("core module")));
  EXPECT_THAT(Complaint({"deploy", "/nowhere/x.wasm"}), HasSubstr("/nowhere/x.wasm"));
}

TEST_F(CliTest, DeployOfADirectorySaysThatItCannotBeRead) {
  EXPECT_THAT(Complaint({"deploy", "/tmp", "--name", "directory"}), HasSubstr("cannot read /tmp"));
}

TEST_F(CliTest, AnAnswerThatCannotBeWrittenIsAnError) {
  const auto outcome = RunProgram({"/bin/sh", "-c",
                                   absl::StrCat(DataPath("client/davit"), " --server ",
                                                davitd().address(), " components > /dev/full")});
  ASSERT_THAT(outcome, absl_testing::IsOk());
  EXPECT_EQ(outcome->status, 1);
  EXPECT_THAT(outcome->err, HasSubstr("cannot write"));
}

TEST_F(CliTest, ValidateOnlyStoresNothing) {
  EXPECT_THAT(Print({"deploy", GuestPath("nested"), "--name", "ghost", "--validate-only"}),
              HasSubstr("is valid"));
  EXPECT_THAT(Complaint({"describe", "ghost"}), HasSubstr("NOT_FOUND"));
}

TEST_F(CliTest, ComponentsAreATable) {
  Deploy("listed", "calc");
  EXPECT_THAT(Print({"components"}), AllOf(StartsWith("COMPONENT"), HasSubstr("\nlisted ")));
  const auto document = Json({"components"});
  EXPECT_GT(document.fields().at("components").list_value().values_size(), 0);
}

TEST_F(CliTest, DescribeShowsWit) {
  Deploy("described", "calc");
  EXPECT_THAT(Print({"describe", "described"}),
              AllOf(HasSubstr("interface api {"), HasSubstr("add: func(a: u32, b: u32) -> u32;"),
                    HasSubstr("record rec {")));
  EXPECT_TRUE(Json({"describe", "described"}).fields().contains("world"));
}

TEST_F(CliTest, DownloadWritesTheBytes) {
  Deploy("fetched", "calc");
  const std::string file = absl::StrCat(davitd().data_dir(), "/fetched.wasm");
  EXPECT_EQ(Print({"download", "fetched", file}), "");
  EXPECT_EQ(ReadBinary(file), ReadBinary(GuestPath("calc")));
}

// -- Calling --

TEST_F(CliTest, CallPrintsTheResultInWave) {
  Deploy("calc", "calc");
  EXPECT_EQ(Print({"call", "calc", "bench:calc/api#add(3, 4)"}), "7\n");
  EXPECT_EQ(Print({"call", "calc", "add(3, 4)"}), "7\n");
  EXPECT_EQ(Print({"call", "calc", R"(bench:calc/api#echo-string("caf\u{e9}"))"}),
            "\"caf\u00e9\"\n");
  EXPECT_EQ(
      Print({"call", "calc",
             R"(bench:calc/api#echo-records([{id: 1, name: "a", score: 0.5, tags: ["t"]}]))"}),
      "[{id: 1, name: \"a\", score: 0.5, tags: [\"t\"]}]\n");
  const auto document = Json({"call", "calc", "bench:calc/api#add(3, 4)"});
  const auto& result = document.fields().at("results").list_value().values(0).struct_value();
  EXPECT_EQ(result.fields().at("u32").number_value(), 7);
}

TEST_F(CliTest, ACallOfAFunctionWithoutResultPrintsNothing) {
  Deploy("values", "values");
  EXPECT_EQ(Print({"call", "values", "test:values/wide#nothing()"}), "");
}

TEST_F(CliTest, AnUnknownFunctionSaysWhichThereAre) {
  Deploy("calc", "calc");
  EXPECT_THAT(Complaint({"call", "calc", "bench:calc/api#subtract(3, 4)"}),
              AllOf(HasSubstr("subtract"), HasSubstr("bench:calc/api#add")));
}

TEST_F(CliTest, AnUnknownTargetSaysWhereToLook) {
  EXPECT_THAT(
      Complaint({"call", "nobody", "f()"}),
      AllOf(HasSubstr("\"nobody\""), HasSubstr("davit instances"), HasSubstr("davit components")));
}

TEST_F(CliTest, BadWaveSaysWhere) {
  Deploy("calc", "calc");
  EXPECT_THAT(Complaint({"call", "calc", "bench:calc/api#add(3, four)"}),
              AllOf(HasSubstr("args[1]"), HasSubstr("u32"), HasSubstr("23")));
  EXPECT_THAT(Complaint({"call", "calc", "bench:calc/api#add(3"}), HasSubstr("INVALID_ARGUMENT"));
  EXPECT_THAT(Complaint({"call", "calc", "bench:calc/api#add(3, 4, 5)"}), HasSubstr("args"));
  EXPECT_THAT(Complaint({"call", "calc", "bench:calc/api#add(3, -1)"}), HasSubstr("args[1]"));
}

TEST_F(CliTest, ATrapShowsItsFrames) {
  Deploy("traps", "traps");
  EXPECT_THAT(Complaint({"call", "traps", "deep-unreachable()"}),
              AllOf(HasSubstr("trap UNREACHABLE"), HasSubstr("at traps!descend (offset 0x")));
}

TEST_F(CliTest, TimeoutEndsACall) {
  Deploy("traps", "traps");
  EXPECT_THAT(Complaint({"--timeout", "1", "call", "traps", "loop-forever()"}),
              HasSubstr("DEADLINE_EXCEEDED"));
}

// -- Instances --

TEST_F(CliTest, InstancesLiveFromCallToCall) {
  Deploy("values", "values");
  EXPECT_EQ(Print({"instantiate", "values", "--name", "keeper"}), "keeper\n");
  EXPECT_EQ(Print({"call", "keeper", "test:values/faults#calls()"}), "1\n");
  EXPECT_EQ(Print({"call", "keeper", "test:values/faults#calls()"}), "2\n");
  EXPECT_THAT(Print({"instances"}), AllOf(StartsWith("INSTANCE"), HasSubstr("\nkeeper")));
  EXPECT_EQ(Print({"drop", "keeper"}).find("FAILED"), std::string::npos);
  EXPECT_THAT(Complaint({"call", "keeper", "test:values/faults#calls()"}), HasSubstr("NOT_FOUND"));
}

TEST_F(CliTest, InstantiateTakesIsolationAndLimits) {
  Deploy("calc", "calc");
  const auto document =
      Json({"instantiate", "calc", "--dedicated", "--memory-bytes", "1048576", "--name", "alone"});
  EXPECT_EQ(Field(document, "isolation"), "ISOLATION_DEDICATED");
  const auto& limits = document.fields().at("limits").struct_value();
  EXPECT_EQ(Field(limits, "memoryBytes"), "1048576");
}

TEST_F(CliTest, AnErrorIsPrintedOnce) {
  const std::string misnamed = Complaint({"instantiate", "calc", "--name", "A_B"});
  EXPECT_THAT(misnamed, HasSubstr("instance_id"));
  EXPECT_EQ(std::ranges::count(misnamed, '\n'), 1) << misnamed;
}

TEST_F(CliTest, UnsatisfiedImportsAreListed) {
  Deploy("imports", "imports");
  EXPECT_THAT(Complaint({"instantiate", "imports"}),
              AllOf(HasSubstr("FAILED_PRECONDITION"), HasSubstr("now: func() -> u64"),
                    HasSubstr("test:imports/store@1.2.3")));
}

TEST_F(CliTest, PostReturnCompletesADeferredCall) {
  Deploy("post-return", "post_return");
  Print({"instantiate", "post-return", "--name", "owing"});
  const std::string printed = Print({"call", "owing", "text()", "--defer-post-return"});
  EXPECT_THAT(printed, StartsWith("\"hello\"\npost-return pending: "));
  const std::string call_id =
      std::string(absl::StripTrailingAsciiWhitespace(printed.substr(printed.rfind(' ') + 1)));
  EXPECT_THAT(Complaint({"call", "owing", "count()"}), HasSubstr(call_id));
  EXPECT_EQ(Print({"post-return", "owing", "text", call_id}), "done\n");
  EXPECT_EQ(Print({"call", "owing", "count()"}), "1\n");
}

TEST_F(CliTest, DropDeletesAComponentToo) {
  Deploy("brief", "nested");
  Print({"drop", "brief"});
  EXPECT_THAT(Complaint({"describe", "brief"}), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(Complaint({"drop", "brief"}), HasSubstr("brief"));
}

// -- The command line itself --

TEST_F(CliTest, HelpNamesEverySubcommand) {
  const std::string help = Print({"--help"});
  for (const char* subcommand : {"deploy", "components", "describe", "download", "instantiate",
                                 "instances", "call", "post-return", "drop"}) {
    EXPECT_THAT(help, HasSubstr(subcommand));
  }
}

TEST_F(CliTest, WhatIsNoCommandIsRefused) {
  EXPECT_THAT(Complaint({}), HasSubstr("subcommand"));
  EXPECT_THAT(Complaint({"frobnicate"}), HasSubstr("frobnicate"));
  EXPECT_THAT(Complaint({"deploy"}), HasSubstr("FILE"));
}

TEST_F(CliTest, AServerThatIsNotThereIsNamed) {
  const auto outcome = RunProgram({DataPath("client/davit"), "--server=127.0.0.1:1", "components"});
  ASSERT_THAT(outcome, absl_testing::IsOk());
  EXPECT_EQ(outcome->status, 1);
  EXPECT_THAT(outcome->err, AllOf(HasSubstr("UNAVAILABLE"), HasSubstr("127.0.0.1:1")));
}

// -- Composition and resources --

TEST_F(CliTest, InstantiateWithSatisfiesImports) {
  Deploy("with-calc", "calc");
  Deploy("with-relay", "relay");
  EXPECT_THAT(Complaint({"instantiate", "with-relay"}), HasSubstr("bench:calc/api"));
  Print({"instantiate", "with-relay", "--name", "composed", "--with", "bench:calc/api=with-calc"});
  EXPECT_EQ(Print({"call", "composed", "loop-add(3)"}), Print({"call", "composed", "loop-add(3)"}));
  EXPECT_THAT(Complaint({"instantiate", "with-relay", "--with", "bench:calc/api"}),
              HasSubstr("--with wants IMPORT=COMPONENT"));
  Print({"drop", "composed"});
}

TEST_F(CliTest, ResourcesAreListedRenewedAndDropped) {
  Deploy("held", "handles");
  Print({"instantiate", "held", "--name", "holder", "--resource-lease", "600"});
  const std::string quoted = Print({"call", "holder", "make(7)"});
  const std::string name(absl::StripSuffix(absl::StripPrefix(quoted, "\""), "\"\n"));
  EXPECT_THAT(Print({"resources", "holder"}), AllOf(HasSubstr(name), HasSubstr("thing")));
  EXPECT_EQ(Print({"renew", name}), absl::StrCat("renewed ", name, "\n"));
  EXPECT_EQ(Json({"resources", "holder"}).fields().at("resources").list_value().values_size(), 1);
  EXPECT_EQ(Print({"drop", name}), absl::StrCat("dropped ", name, "\n"));
  EXPECT_THAT(Complaint({"drop", name}), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(Print({"resources", "holder"}), testing::Not(HasSubstr("thing")));
}

}  // namespace
}  // namespace davit::integration
