#include "client/cli/wasi_args.h"

#include <cstdlib>

#include "gtest/gtest.h"

namespace davit::client::cli {
namespace {

TEST(ToConfigTest, TakesValuesWithEqualsSigns) {
  const auto config = ToConfig({.env = {"A=1=2", "B="}, .args = {"x", ""}, .config = {"k=v=w"}});
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_EQ(config->env_size(), 2);
  EXPECT_EQ(config->env(0).name(), "A");
  EXPECT_EQ(config->env(0).value(), "1=2");
  EXPECT_EQ(config->env(1).value(), "");
  EXPECT_EQ(config->args_size(), 2);
  EXPECT_EQ(config->config(0).key(), "k");
  EXPECT_EQ(config->config(0).value(), "v=w");
}

TEST(ToConfigTest, TheLastValueOfANameCounts) {
  const auto config = ToConfig({.env = {"A=1", "B=2", "A=3"}});
  ASSERT_TRUE(config.ok());
  ASSERT_EQ(config->env_size(), 2);
  EXPECT_EQ(config->env(0).value(), "3");
}

TEST(ToConfigTest, ANameAloneIsInherited) {
  setenv("DAVIT_WASI_ARGS_TEST", "here", 1);
  const auto config = ToConfig({.env = {"DAVIT_WASI_ARGS_TEST"}});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->env(0).value(), "here");
  unsetenv("DAVIT_WASI_ARGS_TEST");
  EXPECT_EQ(ToConfig({.env = {"DAVIT_WASI_ARGS_TEST"}}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ToConfigTest, ConfigurationNeedsAValue) {
  EXPECT_EQ(ToConfig({.config = {"k"}}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace davit::client::cli
