// The official suite, which lies beside the project.

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/conformance/suite_check.h"

namespace davit::conformance {
namespace {

TEST(Conformance, OfficialSuite) {
  const std::filesystem::path suite = ProjectRoot().parent_path() / "shared" / "conformance";
  if (!std::filesystem::is_directory(suite)) {
    GTEST_SKIP() << "the official suite is not in " << suite;
  }
  ExpectConforms(suite, Listed::kExpected);
}

}  // namespace
}  // namespace davit::conformance
