// The official suite, where it lies beside the project.

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/conformance/suite_check.h"

namespace davit::conformance {
namespace {

// Beside this repository's files: an external repository, which is empty where there is no suite.
const std::filesystem::path kSuite = "../official_suite/suite";

TEST(Conformance, OfficialSuite) {
  if (!std::filesystem::is_directory(kSuite)) {
    GTEST_SKIP() << "there is no ../shared/conformance, where docs/conformance.md wants the suite";
  }
  ExpectConforms(kSuite, Listed::kExpected);
}

}  // namespace
}  // namespace davit::conformance
