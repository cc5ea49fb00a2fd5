#ifndef DAVIT_TESTS_BENCH_MEASURE_H_
#define DAVIT_TESTS_BENCH_MEASURE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"

// Timing for programs that print how two things compare on the machine they run on. Machines that
// are shared are noisy, so everything is measured in several rounds and the median counts.
namespace davit::bench {

constexpr int kRounds = 5;

// Runs `body` once. Monotonic.
absl::Duration TimeOf(absl::FunctionRef<void()> body);

// What one call of `body` takes, in nanoseconds: the median of kRounds rounds that last `round`
// each at least, after as much of a warm-up, in which code becomes hot.
double NanosPerCall(absl::FunctionRef<void()> body, absl::Duration round = absl::Milliseconds(100));

// The smallest sample that `fraction` of them do not exceed. REQUIRES: there is one.
double Percentile(std::vector<double> samples, double fraction);
inline double Median(std::vector<double> samples) { return Percentile(std::move(samples), 0.5); }

// "1.23 ms" for a number of nanoseconds.
std::string Nanos(double nanos);

// Prints a row of a table: what was measured, davit's figure, the other's, and davit's divided by
// the other's. Without `baseline` (0) the last two stay empty.
void PrintHeader(std::string_view work, std::string_view ours, std::string_view baseline);
void PrintRow(std::string_view work, std::string_view ours, std::string_view baseline,
              double ratio);
void PrintNanos(std::string_view work, double ours, double baseline);

}  // namespace davit::bench

#endif  // DAVIT_TESTS_BENCH_MEASURE_H_
