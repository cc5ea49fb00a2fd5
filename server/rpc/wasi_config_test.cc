#include "server/rpc/wasi_config.h"

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "davit/v1/wasi.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/errors.h"

namespace davit::server {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

void AddEnv(v1::WasiConfig& config, std::string name, std::string value) {
  v1::EnvVar& var = *config.add_env();
  var.set_name(std::move(name));
  var.set_value(std::move(value));
}
void AddValue(v1::WasiConfig& config, std::string key, std::string value) {
  v1::ConfigValue& entry = *config.add_config();
  entry.set_key(std::move(key));
  entry.set_value(std::move(value));
}

bool IsAccepted(const v1::WasiConfig& config) { return WasiConfigOf("wasi", config).ok(); }
// The field that is refused; "" where none is.
std::string Refused(const v1::WasiConfig& config) {
  const auto taken = WasiConfigOf("wasi", config);
  if (taken.ok()) return "";
  EXPECT_EQ(taken.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string_view message = taken.status().message();
  return std::string(message.substr(0, message.find(": ")));
}

TEST(WasiConfigTest, TakesEverythingInOrder) {
  v1::WasiConfig config;
  config.add_args("prog");
  config.add_args("");
  AddEnv(config, "B", "1=2");
  AddEnv(config, "A", "");
  config.set_initial_cwd("/data");
  AddValue(config, "key", "value");
  const auto taken = WasiConfigOf("wasi", config);
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_THAT((*taken)->args, ElementsAre("prog", ""));
  EXPECT_THAT((*taken)->env, ElementsAre(Pair("B", "1=2"), Pair("A", "")));
  EXPECT_EQ((*taken)->initial_cwd, "/data");
  EXPECT_THAT((*taken)->values, ElementsAre(Pair("key", "value")));
}

TEST(WasiConfigTest, AnEmptyOneGrantsNothing) {
  const auto taken = WasiConfigOf("wasi", {});
  ASSERT_TRUE(taken.ok());
  EXPECT_TRUE((*taken)->args.empty());
  EXPECT_EQ((*taken)->initial_cwd, std::nullopt);
}

TEST(WasiConfigTest, ArgumentsAndEnvironmentHave128KiBTogether) {
  v1::WasiConfig config;
  config.add_args(std::string((64 << 10) - 1, 'a'));
  AddEnv(config, "A", std::string((64 << 10) - 3, 'v'));
  EXPECT_TRUE(IsAccepted(config));
  v1::WasiConfig more = config;
  more.mutable_env(0)->mutable_value()->push_back('v');
  EXPECT_EQ(Refused(more), "wasi.env[0]");
  more = config;
  more.mutable_args(0)->push_back('a');
  EXPECT_EQ(Refused(more), "wasi.env[0]") << "whichever comes last";
  more = config;
  AddEnv(more, "B", "");
  EXPECT_EQ(Refused(more), "wasi.env[1]");
}

TEST(WasiConfigTest, EmptyArgumentsCountToo) {
  v1::WasiConfig config;
  for (size_t i = 0; i < kMaxWasiTextBytes; ++i) config.add_args();
  EXPECT_TRUE(IsAccepted(config));
  config.add_args();
  EXPECT_EQ(Refused(config), "wasi.args[131072]");
}

TEST(WasiConfigTest, ConfigurationHas128KiBOfItsOwn) {
  v1::WasiConfig config;
  config.add_args(std::string((128 << 10) - 1, 'a'));
  AddValue(config, "k", std::string((128 << 10) - 3, 'v'));
  EXPECT_TRUE(IsAccepted(config));
  config.mutable_config(0)->mutable_value()->push_back('v');
  EXPECT_EQ(Refused(config), "wasi.config[0]");
}

TEST(WasiConfigTest, TheDirectoryHasAPathsLength) {
  v1::WasiConfig config;
  config.set_initial_cwd(std::string(kMaxInitialCwdBytes, 'd'));
  EXPECT_TRUE(IsAccepted(config));
  config.mutable_initial_cwd()->push_back('d');
  EXPECT_EQ(Refused(config), "wasi.initial_cwd");
}

TEST(WasiConfigTest, NamesOfTheEnvironmentAreNames) {
  for (const std::string& name : {std::string(), std::string("A=B"), std::string("A\0B", 3)}) {
    v1::WasiConfig config;
    AddEnv(config, "OK", "");
    AddEnv(config, name, "");
    EXPECT_EQ(Refused(config), "wasi.env[1].name");
  }
}

TEST(WasiConfigTest, NamesAndKeysComeOnce) {
  v1::WasiConfig config;
  AddEnv(config, "A", "1");
  AddEnv(config, "A", "2");
  EXPECT_EQ(Refused(config), "wasi.env[1].name");
  config.clear_env();
  AddValue(config, "k", "1");
  AddValue(config, "k", "2");
  EXPECT_EQ(Refused(config), "wasi.config[1].key");
  config.clear_config();
  AddValue(config, "", "1");
  EXPECT_EQ(Refused(config), "wasi.config[0].key");
}

TEST(WasiConfigTest, NothingIsCutShortByANul) {
  const std::string cut("a\0b", 3);
  v1::WasiConfig config;
  config.add_args(cut);
  EXPECT_EQ(Refused(config), "wasi.args[0]");
  config.clear_args();
  AddEnv(config, "A", cut);
  EXPECT_EQ(Refused(config), "wasi.env[0].value");
  config.clear_env();
  config.set_initial_cwd(cut);
  EXPECT_EQ(Refused(config), "wasi.initial_cwd");
}

TEST(WasiConfigTest, TheFieldOfTheRequestIsNamed) {
  v1::WasiConfig config;
  AddEnv(config, "", "");
  EXPECT_TRUE(
      absl::StartsWith(WasiConfigOf("start.wasi", config).status().message(), "start.wasi.env[0]"));
}

}  // namespace
}  // namespace davit::server
