#include "runtime/base/exit.h"

#include "gtest/gtest.h"

namespace davit::base {
namespace {

TEST(ExitTest, CarriesItsCode) {
  EXPECT_EQ(ExitCodeOf(ExitStatus(0)), 0);
  EXPECT_EQ(ExitCodeOf(ExitStatus(255)), 255);
  EXPECT_EQ(ExitStatus(3).code(), absl::StatusCode::kAborted);
}

TEST(ExitTest, OtherStatusesCarryNone) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), std::nullopt);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("x")), std::nullopt);
}

}  // namespace
}  // namespace davit::base
