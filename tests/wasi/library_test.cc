// Typed functions that use WASI inside, of Rust's and C's own libraries.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/exit.h"
#include "runtime/wasi/config.h"
#include "tests/wasi/guest.h"

namespace davit::guests {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class LibraryTest : public testing::TestWithParam<std::string> {
 protected:
  static Guest Make(wasi::Config config = {}) {
    auto guest = Guest::Create("tests/guests/wasi/" + GetParam() + "/library/library.wasm",
                               std::make_shared<const wasi::Config>(std::move(config)), {});
    EXPECT_TRUE(guest.ok()) << guest.status();
    return *std::move(guest);
  }
  static std::string Call(Guest& guest, const std::string& call) {
    const absl::StatusOr<std::string> answer =
        guest.Call("test:wasi/" + call, absl::Now() + absl::Seconds(30));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or("");
  }
};

TEST_P(LibraryTest, KeepsItsStateBetweenCalls) {
  Guest guest = Make();
  EXPECT_EQ(Call(guest, "basics#greet(\"you\")"), "\"hello you from " + GetParam() + "\"");
  EXPECT_EQ(Call(guest, "basics#count()"), "1");
  EXPECT_EQ(Call(guest, "basics#count()"), "2");
}

TEST_P(LibraryTest, SleepsWithinACall) {
  Guest guest = Make();
  uint64_t slept = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Call(guest, "time#sleep(30)"), &slept));
  EXPECT_GE(slept, 30'000'000u);
}

TEST_P(LibraryTest, HasVariablesAndArguments) {
  Guest guest = Make({.args = {"name", "a"}, .env = {{"KEY", "value"}}});
  EXPECT_EQ(Call(guest, "process#variable(\"KEY\")"), "some(\"value\")");
  EXPECT_EQ(Call(guest, "process#variable(\"OTHER\")"), "none");
  EXPECT_EQ(Call(guest, "process#arguments()"), "[\"name\", \"a\"]");
}

TEST_P(LibraryTest, FilesLastAsLongAsTheInstance) {
  wasi::Config config;
  config.preopens = {{.guest_path = "/"}};
  Guest guest = Make(config);
  EXPECT_THAT(Call(guest, "files#read(\"/a\")"), StartsWith("err"));
  EXPECT_EQ(Call(guest, "files#write(\"/a\", [1, 2])"), "ok");
  EXPECT_EQ(Call(guest, "files#read(\"/a\")"), "ok([1, 2])");
  EXPECT_EQ(Call(guest, "files#names(\"/\")"), "ok([\"a\"])");
}

TEST_P(LibraryTest, ExitEndsTheInstanceForGood) {
  Guest guest = Make();
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  EXPECT_EQ(base::ExitCodeOf(guest.Call("test:wasi/process#exit(false)", deadline).status()), 1);
  EXPECT_EQ(base::ExitCodeOf(guest.instance().poison()), 1);
  EXPECT_EQ(guest.Call("test:wasi/basics#count()", deadline).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

INSTANTIATE_TEST_SUITE_P(All, LibraryTest, testing::Values("rust", "c"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace davit::guests
