// Compiled code that survives the module it was made for.

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/engine/code/compiled_module.h"
#include "runtime/engine/engine_test_util.h"

namespace davit::engine {
namespace {

namespace fs = std::filesystem;

std::string CacheDir() { return testing::TempDir() + "/saved_code_test"; }

bool CacheIsEmpty() { return fs::directory_iterator(CacheDir()) == fs::directory_iterator(); }

constexpr CoreSlot kIterations = 1'000'000;

// Runs the module and saves the optimised code that it has then.
CoreSlot RunAndSave() {
  TestGuest guest("hot");
  const CoreSlot result = *guest.Call("echo_i32", "i32 -> i32", {kIterations});
  AwaitOptimisedCode();
  EXPECT_TRUE(TestEngine().SaveCode().ok());
  return result;
}

}  // namespace

EngineOptions TestOptions() {
  fs::remove_all(CacheDir());
  return {.cache_dir = CacheDir()};
}

namespace {

TEST(SavedCode, IsUsedForTheSameModule) {
  EXPECT_EQ(CompileTestModule("hot")->origin(), CodeOrigin::kCompiled);
  const CoreSlot expected = RunAndSave();
  ASSERT_FALSE(CacheIsEmpty());

  const auto module = CompileTestModule("hot");
  EXPECT_EQ(module->origin(), CodeOrigin::kCached);
  TestGuest guest("hot");
  EXPECT_EQ(*guest.Call("echo_i32", "i32 -> i32", {kIterations}), expected);
  EXPECT_EQ(guest.store().View(guest.Memory())[3], 4) << "its image";

  const auto trap = base::TrapOf(guest.Call("trap", "->").status());
  ASSERT_TRUE(trap.has_value());
  ASSERT_EQ(trap->frames.size(), 1u);
  EXPECT_EQ(trap->frames[0].function, "trap");

  for (const auto& file : fs::directory_iterator(CacheDir())) fs::resize_file(file.path(), 100);
  EXPECT_EQ(CompileTestModule("hot")->origin(), CodeOrigin::kCompiled) << "damaged code";
}

TEST(SavedCode, DoesNotMakeInvalidModulesValid) {
  EXPECT_EQ(TestEngine().Compile(Bytes("junk")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace davit::engine
