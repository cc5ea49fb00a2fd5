#ifndef DAVIT_TESTS_BENCH_FILES_H_
#define DAVIT_TESTS_BENCH_FILES_H_

#include <string>

#include "absl/status/status.h"

namespace davit::bench {

// Ends the program with a message: a benchmark cannot go on without what it wanted.
[[noreturn]] void Fail(const absl::Status& status);
inline void WantOk(const absl::Status& status) {
  if (!status.ok()) Fail(status);
}

std::string ReadFile(const std::string& path);

}  // namespace davit::bench

#endif  // DAVIT_TESTS_BENCH_FILES_H_
