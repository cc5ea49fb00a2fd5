// The programs of examples/, in each language, and that the README shows them as they are.

#include <string>
#include <vector>

#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/fixture.h"
#include "tests/integration/process.h"

namespace davit::integration {
namespace {

using ::testing::HasSubstr;

struct Example {
  std::string language;
  std::string source;
  std::vector<std::string> command;  // the address comes last
};
void PrintTo(const Example& example, std::ostream* out) { *out << example.language; }

class ExampleTest : public DavitdTest, public testing::WithParamInterface<Example> {};

TEST_P(ExampleTest, CallsARealServer) {
  Component("calc");
  std::vector<std::string> command = GetParam().command;
  command.push_back(davitd().address());
  const auto outcome = RunProgram(command);
  ASSERT_THAT(outcome, absl_testing::IsOk());
  EXPECT_EQ(outcome->status, 0) << outcome->err;
  EXPECT_EQ(outcome->out,
            "3 + 4 = 7\n"
            "a boat, lowered and lifted\n"
            "refused: args[1]: want u32, got string\n");
}

TEST_P(ExampleTest, IsInTheReadme) {
  EXPECT_THAT(ReadBinary(DataPath("README.md")),
              HasSubstr(ReadBinary(DataPath(GetParam().source))));
}

INSTANTIATE_TEST_SUITE_P(
    FirstCall, ExampleTest,
    testing::Values(
        Example{"Cpp", "examples/cpp/first_call.cc", {DataPath("examples/cpp/first_call")}},
        Example{"Python",
                "examples/python/first_call.py",
                {"/usr/bin/env", "PYTHONDONTWRITEBYTECODE=1",
                 "PYTHONPATH=" + DataPath("examples/python/stubs"), "/usr/bin/python3",
                 DataPath("examples/python/first_call.py")}},
        Example{"Ruby",
                "examples/ruby/first_call.rb",
                {"/usr/bin/ruby", "-I", DataPath("examples/ruby/stubs"),
                 DataPath("examples/ruby/first_call.rb")}}),
    [](const auto& info) { return info.param.language; });

TEST(EmbedTest, HostsAComponentWithoutAServer) {
  const auto outcome = RunProgram({DataPath("examples/cpp/embed"), GuestPath("calc")});
  ASSERT_THAT(outcome, absl_testing::IsOk());
  EXPECT_EQ(outcome->status, 0) << outcome->err;
  EXPECT_EQ(outcome->out, "3 + 4 = 7\n");
}

TEST(EmbedTest, IsInTheReadme) {
  EXPECT_THAT(ReadBinary(DataPath("README.md")),
              HasSubstr(ReadBinary(DataPath("examples/cpp/embed.cc"))));
}

}  // namespace
}  // namespace davit::integration
