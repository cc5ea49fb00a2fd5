#ifndef DAVIT_TESTS_CONFORMANCE_REPORT_H_
#define DAVIT_TESTS_CONFORMANCE_REPORT_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/conformance/verdict.h"

namespace davit::conformance {

// A command that did not pass.
struct Finding {
  std::string source;
  uint32_t line = 0;  // 0: the script as a whole
  std::string command;
  Verdict verdict;
};

// "source:line: command: what happened".
std::string FindingText(const Finding& finding);

struct Report {
  size_t passed = 0;              // assertions
  size_t failed = 0;              // assertions and other commands
  size_t skipped = 0;             // assertions
  std::vector<Finding> findings;  // in order; skipped ones included

  void Add(const Report& other);
};

// "N passed, N failed, N skipped".
std::string Summary(const Report& report);

// Runs every command of `script`, also after a failed one.
Report RunScript(const Script& script, Executor& executor);

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_REPORT_H_
