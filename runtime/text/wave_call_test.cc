#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "runtime/text/wave.h"

namespace davit::text {
namespace {

std::string Error(std::string_view text) {
  const auto call = ParseWaveCall(text);
  return call.ok() ? "ok: " + call->args : std::string(call.status().message());
}

TEST(ParseWaveCall, SplitsInterfaceFunctionAndArguments) {
  const auto call = ParseWaveCall("bench:calc/api@1.0.0#add(3, 4)");
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->interface, "bench:calc/api@1.0.0");
  EXPECT_EQ(call->function, "add");
  EXPECT_EQ(call->args, "3, 4");
  EXPECT_EQ(call->args_column, 26u);
}

TEST(ParseWaveCall, TakesFunctionsOfTheWorldItself) {
  const auto call = ParseWaveCall("run()");
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->interface, "");
  EXPECT_EQ(call->function, "run");
  EXPECT_EQ(call->args, "");
}

TEST(ParseWaveCall, TakesMethods) {
  const auto call = ParseWaveCall(" a:b/c#[method]blob.read (\"r\", (1, 2)) // read");
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->function, "[method]blob.read");
  EXPECT_EQ(call->args, "\"r\", (1, 2)");
}

TEST(ParseWaveCall, IgnoresParenthesesInLiteralsAndComments) {
  EXPECT_EQ(ParseWaveCall("f(\")\", ')', \"\"\"\n)\n\"\"\" // )\n)")->args,
            "\")\", ')', \"\"\"\n)\n\"\"\" // )\n");
}

TEST(ParseWaveCall, RejectsWhatIsNoCall) {
  constexpr std::string_view kWant = "call: want a call such as ns:pkg/iface#func(1, 2)";
  EXPECT_EQ(Error(""), kWant);
  EXPECT_EQ(Error("run"), kWant);
  EXPECT_EQ(Error(" (1)"), kWant);
  EXPECT_EQ(Error("f(1"), "call: the call's ')' is missing (column 4)");
  EXPECT_EQ(Error("f(1))"), "call: something follows the call (column 5)");
  EXPECT_EQ(Error("f(1) 2"), "call: something follows the call (column 5)");
  EXPECT_EQ(Error("f(\"x)"), "call: an unclosed string (column 3)");
  EXPECT_EQ(Error("f(\"\xff\")"), "call: invalid UTF-8");
}

TEST(ParseWaveCall, ColumnsOfArgumentsAreThoseOfTheCall) {
  const auto call = ParseWaveCall("a#f(1, x)");
  const types::Param params[] = {{.name = "a", .type = types::Primitive(types::Kind::kU8)},
                                 {.name = "b", .type = types::Primitive(types::Kind::kU8)}};
  EXPECT_EQ(ParseWaveArgs(call->args, params, call->args_column).status().message(),
            "args[1]: want u8, got 'x' (column 8)");
}

}  // namespace
}  // namespace davit::text
