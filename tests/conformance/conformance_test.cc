// The official suite, which lies beside the project, and the project's own cases.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "tests/conformance/expectations.h"
#include "tests/conformance/report.h"
#include "tests/conformance/script.h"
#include "tests/conformance/suite.h"

namespace davit::conformance {
namespace {

namespace fs = std::filesystem;

constexpr char kHere[] = "tests/conformance";

std::string ReadAll(const fs::path& path) {
  std::ifstream stream(path);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

// The project's folder: Bazel runs a test among links to it.
fs::path ProjectRoot() {
  return fs::canonical(fs::path(kHere) / "expected_failures.txt")
      .parent_path()
      .parent_path()
      .parent_path();
}

void ExpectConforms(const fs::path& root) {
  const auto report =
      RunSuite({.paths = {root}, .converter = fs::path(kHere) / "wast2json" / "wast2json"});
  ASSERT_TRUE(report.ok()) << report.status();
  std::cout << root.string() << ": " << Summary(*report) << "\n";
  const auto expectations = Expectations::Parse(ReadAll(fs::path(kHere) / "expected_failures.txt"));
  ASSERT_TRUE(expectations.ok()) << expectations.status();
  for (const std::string& wrong : expectations->Check(*report, root.string())) {
    ADD_FAILURE() << wrong;
  }
}

TEST(Conformance, OfficialSuite) {
  const fs::path suite = ProjectRoot().parent_path() / "shared" / "conformance";
  if (!fs::is_directory(suite)) GTEST_SKIP() << "the official suite is not in " << suite;
  ExpectConforms(suite);
}

}  // namespace
}  // namespace davit::conformance
