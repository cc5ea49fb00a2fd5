#ifndef DAVIT_TESTS_CONFORMANCE_SUITE_H_
#define DAVIT_TESTS_CONFORMANCE_SUITE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/conformance/report.h"
#include "tests/conformance/script.h"

namespace davit::conformance {

struct SuiteOptions {
  std::vector<std::string> paths;  // .wast files, and directories of them
  std::string converter;           // the program wast2json
  std::string host_modules;        // the component host_modules.wasm
  bool validate_only = false;      // what runs a guest is skipped
  // Called after each script.
  std::function<void(const Script&, const Report&)> on_script = [](const Script&, const Report&) {};
};

// Converts and runs all scripts with an engine of its own. Once in a process: V8 starts only once.
// NOT_FOUND when a path does not exist or there is no script; the converter's errors.
absl::StatusOr<Report> RunSuite(const SuiteOptions& options);

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_SUITE_H_
