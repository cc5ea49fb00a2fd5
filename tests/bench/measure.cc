#include "tests/bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace davit::bench {
namespace {

double NanosOf(absl::FunctionRef<void()> body, int64_t calls) {
  const absl::Duration all = TimeOf([&] {
    for (int64_t i = 0; i < calls; ++i) body();
  });
  return absl::ToDoubleNanoseconds(all) / static_cast<double>(calls);
}

// How many calls take about `round`, found out with more and more of them.
int64_t CallsIn(absl::Duration round, absl::FunctionRef<void()> body) {
  for (int64_t calls = 1;; calls *= 2) {
    const double nanos = NanosOf(body, calls) * static_cast<double>(calls);
    if (nanos >= absl::ToDoubleNanoseconds(round)) return calls;
  }
}

}  // namespace

absl::Duration TimeOf(absl::FunctionRef<void()> body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return absl::FromChrono(std::chrono::steady_clock::now() - begin);
}

double NanosPerCall(absl::FunctionRef<void()> body, absl::Duration round) {
  const int64_t calls = CallsIn(round, body);
  std::vector<double> rounds;
  rounds.reserve(kRounds);
  for (int i = 0; i < kRounds; ++i) rounds.push_back(NanosOf(body, calls));
  return Median(std::move(rounds));
}

double Percentile(std::vector<double> samples, double fraction) {
  const double rank = std::ceil(fraction * static_cast<double>(samples.size()));
  const size_t index = std::clamp<size_t>(static_cast<size_t>(rank), 1, samples.size()) - 1;
  std::ranges::nth_element(samples, samples.begin() + static_cast<std::ptrdiff_t>(index));
  return samples[index];
}

std::string Nanos(double nanos) {
  if (nanos < 1e3) return absl::StrFormat("%.1f ns", nanos);
  if (nanos < 1e6) return absl::StrFormat("%.2f us", nanos / 1e3);
  if (nanos < 1e9) return absl::StrFormat("%.2f ms", nanos / 1e6);
  return absl::StrFormat("%.2f s", nanos / 1e9);
}

void PrintHeader(std::string_view work, std::string_view ours, std::string_view baseline) {
  std::cout << absl::StreamFormat("\n%-44s %14s %14s  %s\n", work, ours, baseline,
                                  baseline.empty() ? "" : "ratio");
}

void PrintRow(std::string_view work, std::string_view ours, std::string_view baseline,
              double ratio) {
  const std::string printed = baseline.empty() ? "" : absl::StrFormat("%.2f", ratio);
  std::cout << absl::StreamFormat("%-44s %14s %14s  %s\n", work, ours, baseline, printed)
            << std::flush;
}

void PrintNanos(std::string_view work, double ours, double baseline) {
  PrintRow(work, Nanos(ours), baseline > 0 ? Nanos(baseline) : "",
           baseline > 0 ? ours / baseline : 0);
}

}  // namespace davit::bench
