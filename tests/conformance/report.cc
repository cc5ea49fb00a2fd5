#include "tests/conformance/report.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace davit::conformance {
namespace {

// Only assertions count as passed or skipped; whatever fails counts.
void Count(const Command& command, const Verdict& verdict, Report& report) {
  if (verdict.outcome == Outcome::kFailed) {
    ++report.failed;
  } else if (IsAssertion(command.type)) {
    ++(verdict.outcome == Outcome::kPassed ? report.passed : report.skipped);
  }
}

}  // namespace

std::string FindingText(const Finding& finding) {
  return absl::StrCat(finding.source, ":", finding.line, ": ", finding.command, ": ",
                      finding.verdict.detail);
}

void Report::Add(const Report& other) {
  passed += other.passed;
  failed += other.failed;
  skipped += other.skipped;
  findings.insert(findings.end(), other.findings.begin(), other.findings.end());
}

std::string Summary(const Report& report) {
  return absl::StrCat(report.passed, " passed, ", report.failed, " failed, ", report.skipped,
                      " skipped");
}

Report RunScript(const Script& script, Executor& executor) {
  Report report;
  if (!script.error.empty()) {
    report.failed = 1;
    report.findings.push_back({script.source, 0, "convert", Fail(script.error)});
  }
  for (const Command& command : script.commands) {
    Verdict verdict = executor.Execute(command);
    Count(command, verdict, report);
    if (verdict.outcome == Outcome::kPassed) continue;
    report.findings.push_back({script.source, command.line,
                               std::string(CommandTypeName(command.type)), std::move(verdict)});
  }
  return report;
}

}  // namespace davit::conformance
