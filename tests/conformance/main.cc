// Runs .wast scripts against davit:
//
//   conformance [--validate_only] [--verbose] DIR_OR_FILE...
//
// Prints each assertion that fails, with file and line and what happened, and closes with
// `N passed, N failed, N skipped`. Exits 1 when one failed.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/flags/parse.h"
#include "absl/flags/usage.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/linker.h"
#include "runtime/engine/cell.h"
#include "runtime/engine/engine.h"
#include "tests/conformance/report.h"
#include "tests/conformance/run_executor.h"
#include "tests/conformance/suite_features.h"
#include "tests/conformance/validate_executor.h"

ABSL_FLAG(bool, validate_only, false, "decode and validate only; what runs a guest is skipped");
ABSL_FLAG(bool, verbose, false, "print what is skipped as well, and the counts of each file");
ABSL_FLAG(std::string, wast2json, "",
          "the converter; by default the one that was built beside this program");

namespace davit::conformance {
namespace {

std::string ConverterPath() {
  if (std::string path = absl::GetFlag(FLAGS_wast2json); !path.empty()) return path;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe");
  return self.parent_path() / "wast2json" / "wast2json";
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

// Makes the executor of each script.
class Executors {
 public:
  static absl::StatusOr<Executors> Create() {
    DAVIT_ASSIGN_OR_RETURN(auto engine, engine::Engine::Start({}));
    return Executors(std::move(engine));
  }

  absl::StatusOr<std::unique_ptr<Executor>> For(const Script& script) {
    std::ifstream source(script.source);
    const binary::Features features = FeaturesOf(source);
    if (absl::GetFlag(FLAGS_validate_only)) {
      return std::make_unique<ValidateExecutor>(
          features, [this](auto module) { return engine_->Validate(module); });
    }
    DAVIT_ASSIGN_OR_RETURN(auto cell, engine_->NewCell({}));
    return std::make_unique<RunExecutor>(*engine_, std::move(cell), linker_, features);
  }

 private:
  explicit Executors(std::unique_ptr<engine::Engine> engine) : engine_(std::move(engine)) {}

  std::unique_ptr<engine::Engine> engine_;
  std::shared_ptr<const component::Linker> linker_ = std::make_shared<component::Linker>();
};

absl::StatusOr<Report> Run(const std::vector<std::string>& paths) {
  DAVIT_ASSIGN_OR_RETURN(const std::vector<std::string> files, FindScripts(paths));
  if (files.empty()) return absl::NotFoundError("no .wast file was given or found");
  DAVIT_ASSIGN_OR_RETURN(const std::vector<Script> scripts, ConvertScripts(ConverterPath(), files));
  DAVIT_ASSIGN_OR_RETURN(Executors executors, Executors::Create());
  Report total;
  for (const Script& script : scripts) {
    DAVIT_ASSIGN_OR_RETURN(const auto executor, executors.For(script));
    const Report report = RunScript(script, *executor);
    Print(script, report);
    total.Add(report);
  }
  return total;
}

int Main(const std::vector<std::string>& paths) {
  const absl::StatusOr<Report> report = Run(paths);
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
