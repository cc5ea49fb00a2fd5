#include "runtime/wasm/violation.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace davit::wasm {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Violation, GetsItsPlaceFromTheInnermostAt) {
  const absl::Status status = At(7, At(5, Within("here", Violation("no"))));
  EXPECT_EQ(base::BinaryErrorOf(status)->offset, 5u);
  EXPECT_THAT(std::string(status.message()), HasSubstr("here: no"));
}

TEST(Violation, OtherErrorsPassUnchanged) {
  const absl::Status limit = base::LimitError("type_size", 1, "too large");
  EXPECT_EQ(At(5, Within("here", limit)), limit);
  EXPECT_TRUE(At(5, Within("here", absl::OkStatus())).ok());
}

TEST(Violation, CutsLongMessagesBetweenCharacters) {
  const auto message = [](size_t before) {
    // A character of two bytes at `before`.
    const std::string text = absl::StrCat(std::string(before, 'a'), "\xc3\xa9", "tail");
    return std::string(At(0, Violation(text)).message());
  };
  EXPECT_THAT(message(506), HasSubstr("tail"));            // 512 bytes
  EXPECT_THAT(message(507), HasSubstr("\xc3\xa9tai..."));  // 513
  EXPECT_THAT(message(511), HasSubstr("aaa..."));          // the cut would fall inside
  EXPECT_THAT(message(511), Not(HasSubstr("\xc3")));
}

}  // namespace
}  // namespace davit::wasm
