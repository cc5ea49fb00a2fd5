#include "server/rpc/page_token.h"

#include <string>

#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(PageTokens, GiveBackWhatTheyWereMadeWith) {
  const PageTokens tokens;
  EXPECT_EQ(*tokens.Read("tenants/a/components", tokens.Make("tenants/a/components", "calc")),
            "calc");
}

TEST(PageTokens, EmptyMeansTheFirstPage) { EXPECT_EQ(*PageTokens().Read("list", ""), ""); }

TEST(PageTokens, BelongToTheirList) {
  const PageTokens tokens;
  EXPECT_FALSE(tokens.Read("tenants/b", tokens.Make("tenants/a", "x")).ok());
  // The list and the item are signed apart: moving a byte from one to the other does not go.
  EXPECT_FALSE(tokens.Read("tenants/ab", tokens.Make("tenants/a", "bx")).ok());
}

TEST(PageTokens, CannotBeChangedOrMadeUp) {
  const PageTokens tokens;
  const std::string token = tokens.Make("list", "calc");
  for (size_t i = 0; i + 1 < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_EQ(tokens.Read("list", changed).status().code(), absl::StatusCode::kInvalidArgument)
        << i;
  }
  EXPECT_FALSE(tokens.Read("list", "Y2FsYw").ok());
  EXPECT_FALSE(tokens.Read("list", "%%%").ok());
  EXPECT_FALSE(PageTokens().Read("list", token).ok()) << "a token of another process";
}

TEST(PageSize, HasADefaultAndAMaximum) {
  EXPECT_EQ(*PageSize(0), 50u);
  EXPECT_EQ(*PageSize(1), 1u);
  EXPECT_EQ(*PageSize(1000), 1000u);
  EXPECT_EQ(*PageSize(1001), 1000u);
  EXPECT_EQ(PageSize(-1).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace davit::server
