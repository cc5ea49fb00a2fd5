#include "tests/conformance/suite_check.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "tests/conformance/expectations.h"
#include "tests/conformance/report.h"
#include "tests/conformance/suite.h"

namespace davit::conformance {
namespace {

namespace fs = std::filesystem;

// Bazel runs a test among links to the project's files.
const fs::path kHere = fs::path("tests") / "conformance";

std::string ReadAll(const fs::path& path) {
  std::ifstream stream(path);
  std::ostringstream text;
  text << stream.rdbuf();
  return std::move(text).str();
}

}  // namespace

void ExpectConforms(const fs::path& suite, Listed listed) {
  const auto report = RunSuite({.paths = {suite},
                                .converter = kHere / "wast2json" / "wast2json",
                                .host_modules = kHere / "host_modules.wasm"});
  ASSERT_TRUE(report.ok()) << report.status();
  std::cout << suite.string() << ": " << Summary(*report) << "\n";
  const auto expectations = Expectations::Parse(
      listed == Listed::kExpected ? ReadAll(kHere / "expected_failures.txt") : "");
  ASSERT_TRUE(expectations.ok()) << expectations.status();
  for (const std::string& wrong : expectations->Check(*report, suite.string())) {
    ADD_FAILURE() << wrong;
  }
}

}  // namespace davit::conformance
