#ifndef DAVIT_TESTS_CONFORMANCE_SUITE_CHECK_H_
#define DAVIT_TESTS_CONFORMANCE_SUITE_CHECK_H_

#include <cstdint>
#include <filesystem>

namespace davit::conformance {

// Which failures are expected: those of tests/conformance/expected_failures.txt, or none.
enum class Listed : uint8_t { kExpected, kNone };

// Runs all scripts below `suite` and fails the current test for each finding that is not expected
// and for each that is expected and did not come about. Once in a process.
void ExpectConforms(const std::filesystem::path& suite, Listed listed);

}  // namespace davit::conformance

#endif  // DAVIT_TESTS_CONFORMANCE_SUITE_CHECK_H_
