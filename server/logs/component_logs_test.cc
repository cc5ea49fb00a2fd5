#include "server/logs/component_logs.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(ComponentLogsTest, GivesEachComponentOne) {
  ComponentLogs logs({});
  EXPECT_EQ(logs.Of("a"), logs.Of("a"));
  EXPECT_NE(logs.Of("a"), logs.Of("b"));
}

TEST(ComponentLogsTest, OneThatIsForgottenIsClosed) {
  ComponentLogs logs({});
  const auto log = logs.Of("a");
  logs.Forget("a");
  logs.Forget("b");
  EXPECT_TRUE(log->Read(0, 1).is_closed);
  EXPECT_NE(logs.Of("a"), log);
}

TEST(ComponentLogsTest, TheOldestMakesRoom) {
  ComponentLogs logs({});
  const auto first = logs.Of("first"), second = logs.Of("second");
  for (size_t i = 2; i < ComponentLogs::kMostLogs; ++i) logs.Of(absl::StrCat(i));
  EXPECT_FALSE(first->Read(0, 1).is_closed);
  logs.Of("one more");
  EXPECT_TRUE(first->Read(0, 1).is_closed);
  EXPECT_EQ(logs.Of("second"), second);
}

}  // namespace
}  // namespace davit::server
