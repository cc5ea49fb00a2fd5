#include "tests/conformance/suite_features.h"

#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace davit::conformance {
namespace {

ScriptSettings Settings(const std::string& script) {
  std::istringstream stream(script);
  return SettingsOf(stream);
}

TEST(SuiteFeatures, AScriptThatSaysNothingIsOfficial) {
  const ScriptSettings settings = Settings("(component)\n;;! component_model_async = false\n");
  EXPECT_TRUE(settings.features.map);
  EXPECT_TRUE(settings.features.threading);
  EXPECT_TRUE(settings.features.async) << "settings stand at the top";
  EXPECT_FALSE(settings.validate_only);
}

TEST(SuiteFeatures, SettingsOfWasmtime) {
  const ScriptSettings settings =
      Settings(";;! component_model_map = true\n;;! component_model_async = false\n(component)");
  EXPECT_TRUE(settings.features.map);
  EXPECT_FALSE(settings.features.async);
  EXPECT_FALSE(settings.features.implements) << "its default";
  EXPECT_FALSE(settings.validate_only);
  EXPECT_FALSE(settings.hogs_memory);
  EXPECT_TRUE(Settings(";;! hogs_memory = true\n").hogs_memory);
}

TEST(SuiteFeatures, OptionsOfWasmTools) {
  const ScriptSettings settings =
      Settings(";; RUN: wast --assert default % -f cm-map,-cm-async,gc\n");
  EXPECT_TRUE(settings.features.map);
  EXPECT_FALSE(settings.features.async);
  EXPECT_TRUE(settings.validate_only);
  EXPECT_FALSE(Settings(";; RUN: wast % -f=-cm-async\n").features.async);
  EXPECT_TRUE(Settings(";; RUN: wast % \\\n;;   --features=cm64\n").features.memory64);
  EXPECT_TRUE(Settings(";; RUN: wast %\n").features.async) << "its default";
}

TEST(SuiteFeatures, OtherCommandsOfWasmToolsSayNothing) {
  const ScriptSettings settings =
      Settings(";; RUN[a]: parse % -f cm-map\n;; RUN[b]: wast % -f cm-threading\n");
  EXPECT_TRUE(settings.features.threading);
  EXPECT_FALSE(settings.features.map);
}

}  // namespace
}  // namespace davit::conformance
