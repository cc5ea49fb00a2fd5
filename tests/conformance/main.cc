// Runs .wast scripts against davit:
//
//   conformance [--validate_only] [--verbose] DIR_OR_FILE...
//
// Prints each assertion that fails, with file and line and what happened, and closes with
// `N passed, N failed, N skipped`. Exits 1 when one failed.

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "tests/conformance/suite.h"

ABSL_FLAG(bool, validate_only, false, "decode and validate only; what runs a guest is skipped");
ABSL_FLAG(bool, verbose, false, "print what is skipped as well, and the counts of each file");
ABSL_FLAG(std::string, wast2json, "",
          "the converter; by default the one that was built beside this program");

namespace davit::conformance {
namespace {

// Where the build put this program and what it needs.
std::filesystem::path Here() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

std::string ConverterPath() {
  if (std::string path = absl::GetFlag(FLAGS_wast2json); !path.empty()) return path;
  return Here() / "wast2json" / "wast2json";
}

void Print(const Script& script, const Report& report) {
  const bool verbose = absl::GetFlag(FLAGS_verbose);
  for (const Finding& finding : report.findings) {
    const bool skipped = finding.verdict.outcome == Outcome::kSkipped;
    if (!skipped || verbose) {
      std::cout << (skipped ? "skipped: " : "FAILED: ") << FindingText(finding) << "\n";
    }
  }
  if (verbose) std::cout << script.source << ": " << Summary(report) << "\n";
}

int Main(const std::vector<std::string>& paths) {
  const absl::StatusOr<Report> report = RunSuite({
      .paths = paths,
      .converter = ConverterPath(),
      .host_modules = Here() / "host_modules.wasm",
      .validate_only = absl::GetFlag(FLAGS_validate_only),
      .on_script = Print,
  });
  if (!report.ok()) {
    std::cerr << "conformance: " << report.status().message() << "\n";
    return 2;
  }
  std::cout << Summary(*report) << "\n";
  return report->failed == 0 ? 0 : 1;
}

}  // namespace
}  // namespace davit::conformance

int main(int argc, char** argv) {
  absl::SetProgramUsageMessage("conformance [--validate_only] [--verbose] DIR_OR_FILE...");
  const std::vector<char*> arguments = absl::ParseCommandLine(argc, argv);
  return davit::conformance::Main({arguments.begin() + 1, arguments.end()});
}
