#ifndef DAVIT_TESTS_CONFORMANCE_VERDICT_H_
#define DAVIT_TESTS_CONFORMANCE_VERDICT_H_

#include <cstdint>
#include <string>

#include "tests/conformance/script.h"

namespace davit::conformance {

enum class Outcome : uint8_t { kPassed, kFailed, kSkipped };

// What became of one command.
struct Verdict {
  Outcome outcome = Outcome::kPassed;
  std::string detail;  // what happened instead, or why it was skipped
};

inline Verdict Pass() { return {}; }
inline Verdict Fail(std::string detail) { return {Outcome::kFailed, std::move(detail)}; }
inline Verdict Skip(std::string detail) { return {Outcome::kSkipped, std::move(detail)}; }

// Executes the commands of one script in order. A new one is made for each script.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual Verdict Execute(const Command& command) = 0;
};

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_VERDICT_H_
