#include "tests/conformance/expectations.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace davit::conformance {
namespace {

// Whether the command instantiates or calls, so that it may need what cannot run yet.
bool RunsGuest(const Finding& finding) {
  return finding.command != "assert_invalid" && finding.command != "assert_malformed" &&
         finding.command != "module_definition";
}

}  // namespace

absl::StatusOr<Expectations> Expectations::Parse(std::string_view text) {
  Expectations expectations;
  for (std::string_view line : absl::StrSplit(text, '\n')) {
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const size_t end = std::min(line.find(' '), line.size());
    const std::string_view place = line.substr(0, end);
    const std::string_view reason = absl::StripLeadingAsciiWhitespace(line.substr(end));
    if (reason.empty() || !absl::StrContains(place, ".wast")) {
      return absl::InvalidArgumentError(
          absl::StrCat("want `file.wast[:line] reason`, got: ", line));
    }
    expectations.entries_.push_back({std::string(place), std::string(reason)});
  }
  return expectations;
}

std::vector<std::string> Expectations::Check(const Report& report, std::string_view root) const {
  absl::flat_hash_set<std::string> expected, seen;
  for (const Entry& entry : entries_) expected.insert(entry.place);
  std::vector<std::string> wrong;
  for (const Finding& finding : report.findings) {
    if (finding.verdict.outcome != Outcome::kFailed) continue;
    const std::string_view file = absl::StripPrefix(absl::StripPrefix(finding.source, root), "/");
    const std::string place = absl::StrCat(file, ":", finding.line);
    if (expected.contains(place)) {
      seen.insert(place);
    } else if (expected.contains(file) && RunsGuest(finding)) {
      seen.emplace(file);
    } else {
      wrong.push_back(FindingText(finding));
    }
  }
  for (const Entry& entry : entries_) {
    if (!seen.contains(entry.place)) {
      wrong.push_back(absl::StrCat(entry.place, ": passes, but is listed as expected to fail (",
                                   entry.reason, ")"));
    }
  }
  return wrong;
}

}  // namespace davit::conformance
