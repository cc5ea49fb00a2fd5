#include "runtime/engine/code/code_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace davit::engine {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxBytes = 10'000;

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

class CodeCacheTest : public ::testing::Test {
 protected:
  CodeCacheTest() : directory_(testing::TempDir() + "/code_cache_test") {
    fs::remove_all(directory_);
    cache_ = Open("engine 1");
  }
  ~CodeCacheTest() override { fs::remove_all(directory_); }

  std::unique_ptr<CodeCache> Open(std::string_view engine) {
    auto cache = CodeCache::Open(directory_, engine, kMaxBytes);
    EXPECT_TRUE(cache.ok()) << cache.status();
    return cache.ok() ? *std::move(cache) : nullptr;
  }
  // The file of the only entry.
  fs::path File() { return fs::directory_iterator(directory_)->path(); }
  std::string Contents() {
    std::ifstream file(File(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }
  void Overwrite(const std::string& contents) {
    std::ofstream(File(), std::ios::binary | std::ios::trunc) << contents;
  }
  size_t FileCount() {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(directory_), fs::directory_iterator()));
  }

  const std::string directory_;
  std::unique_ptr<CodeCache> cache_;
};

TEST_F(CodeCacheTest, LoadsWhatWasStored) {
  const auto key = cache_->KeyOf(AsBytes("module"));
  EXPECT_EQ(cache_->Load(key), std::nullopt);
  ASSERT_TRUE(cache_->Store(key, AsBytes("code")).ok());
  EXPECT_EQ(cache_->Load(key), "code");
  ASSERT_TRUE(cache_->Store(key, AsBytes("newer code")).ok());
  EXPECT_EQ(cache_->Load(key), "newer code");
  EXPECT_EQ(FileCount(), 1u) << "nothing temporary is left";
  EXPECT_EQ(Open("engine 1")->Load(key), "newer code") << "after a restart";
}

TEST_F(CodeCacheTest, OtherModulesAndOtherEnginesHaveOtherKeys) {
  const auto key = cache_->KeyOf(AsBytes("module"));
  EXPECT_NE(key, cache_->KeyOf(AsBytes("another")));
  EXPECT_NE(key, Open("engine 2")->KeyOf(AsBytes("module")));
}

TEST_F(CodeCacheTest, IgnoresAFileThatWasChangedAnywhere) {
  const auto key = cache_->KeyOf(AsBytes("module"));
  ASSERT_TRUE(cache_->Store(key, AsBytes("code")).ok());
  const std::string good = Contents();
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    Overwrite(bad);
    EXPECT_EQ(cache_->Load(key), std::nullopt) << i;
    Overwrite(good.substr(0, i));
    EXPECT_EQ(cache_->Load(key), std::nullopt) << i;
  }
  Overwrite(good);
  EXPECT_EQ(cache_->Load(key), "code");
}

TEST_F(CodeCacheTest, IgnoresAFileOfAnotherKey) {
  ASSERT_TRUE(cache_->Store(cache_->KeyOf(AsBytes("a")), AsBytes("code of a")).ok());
  const std::string of_a = Contents();
  fs::remove(File());
  const auto b = cache_->KeyOf(AsBytes("b"));
  ASSERT_TRUE(cache_->Store(b, AsBytes("code of b")).ok());
  Overwrite(of_a);
  EXPECT_EQ(cache_->Load(b), std::nullopt);
}

TEST_F(CodeCacheTest, RemovesTheLeastRecentlyUsedAboveItsSize) {
  const auto a = cache_->KeyOf(AsBytes("a")), b = cache_->KeyOf(AsBytes("b")),
             c = cache_->KeyOf(AsBytes("c"));
  const std::string code(4'000, 'x');
  ASSERT_TRUE(cache_->Store(a, AsBytes(code)).ok());
  const fs::path file_of_a = File();
  ASSERT_TRUE(cache_->Store(b, AsBytes(code)).ok());
  const auto now = fs::file_time_type::clock::now();
  for (const auto& file : fs::directory_iterator(directory_)) {
    fs::last_write_time(file, now - std::chrono::hours(file.path() == file_of_a ? 2 : 1));
  }
  EXPECT_TRUE(cache_->Load(a).has_value()) << "which makes it recent";
  ASSERT_TRUE(cache_->Store(c, AsBytes(code)).ok());
  EXPECT_TRUE(cache_->Load(a).has_value());
  EXPECT_FALSE(cache_->Load(b).has_value());
  EXPECT_TRUE(cache_->Load(c).has_value());
}

TEST_F(CodeCacheTest, RefusesADirectoryThatOthersMayWriteTo) {
  chmod(directory_.c_str(), 0770);
  EXPECT_EQ(CodeCache::Open(directory_, "engine", kMaxBytes).status().code(),
            absl::StatusCode::kFailedPrecondition);
  chmod(directory_.c_str(), 0755);
  EXPECT_TRUE(CodeCache::Open(directory_, "engine", kMaxBytes).ok());
}

TEST_F(CodeCacheTest, RefusesWhatIsNoDirectory) {
  EXPECT_EQ(CodeCache::Open("/dev/null", "engine", kMaxBytes).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(CodeCache::Open(directory_ + "/a/b", "engine", kMaxBytes).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(CodeCacheTest, SaysWhenItCannotWrite) {
  fs::remove_all(directory_);
  EXPECT_EQ(cache_->Store(cache_->KeyOf(AsBytes("module")), AsBytes("code")).code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace davit::engine
