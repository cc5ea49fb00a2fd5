#ifndef DAVIT_TESTS_CONFORMANCE_EXPECTATIONS_H_
#define DAVIT_TESTS_CONFORMANCE_EXPECTATIONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/conformance/report.h"

namespace davit::conformance {

// The failures that are known, each with its reason, one to a line:
//
//   async/streams.wast:120  needs asynchronous execution
//   async/futures.wast      needs asynchronous execution
//
// The first names one command, the second all of a script that run a guest and do not pass. `#`
// opens a comment.
class Expectations {
 public:
  // INVALID_ARGUMENT names the line that has no reason or no such form.
  static absl::StatusOr<Expectations> Parse(std::string_view text);

  // Sorts out the findings of a whole suite whose scripts lie below `root`. What it returns is
  // wrong: a failure that is not expected, or an expected one that did not come about.
  std::vector<std::string> Check(const Report& report, std::string_view root) const;

 private:
  struct Entry {
    std::string place;
    std::string reason;
  };
  std::vector<Entry> entries_;
};

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_EXPECTATIONS_H_
