#include "runtime/link/version_track.h"

#include "gtest/gtest.h"

namespace davit::link {
namespace {

TEST(CompatibilityKey, IsSharedByCompatibleVersions) {
  EXPECT_EQ(CompatibilityKey("wasi:cli/run@0.2.0"), CompatibilityKey("wasi:cli/run@0.2.12"));
  EXPECT_EQ(CompatibilityKey("acme:kv/store@1.2.3"), CompatibilityKey("acme:kv/store@1.9.0"));
}

TEST(CompatibilityKey, DiffersAcrossTracksAndInterfaces) {
  EXPECT_NE(CompatibilityKey("wasi:cli/run@0.2.0"), CompatibilityKey("wasi:cli/run@0.3.0"));
  EXPECT_NE(CompatibilityKey("a:b/c@1.0.0"), CompatibilityKey("a:b/c@2.0.0"));
  EXPECT_NE(CompatibilityKey("a:b/c@0.0.1"), CompatibilityKey("a:b/c@0.0.2"));
  EXPECT_NE(CompatibilityKey("a:b/c@1.0.0"), CompatibilityKey("a:b/d@1.0.0"));
}

TEST(CompatibilityKey, IsEmptyForWhatMatchesOnlyItself) {
  EXPECT_EQ(CompatibilityKey("wasi:cli/run"), "");
  EXPECT_EQ(CompatibilityKey("a:b/c@1.0.0-rc.1"), "");
  EXPECT_EQ(CompatibilityKey("not an interface"), "");
  EXPECT_EQ(CompatibilityKey("func"), "");
}

}  // namespace
}  // namespace davit::link
