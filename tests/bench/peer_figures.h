#ifndef DAVIT_TESTS_BENCH_PEER_FIGURES_H_
#define DAVIT_TESTS_BENCH_PEER_FIGURES_H_

#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

namespace davit::bench {

// What a program that does the same work under another runtime has printed, in lines
// "NAME: min X ns median Y ns". Of lines with one name the first counts.
class PeerFigures {
 public:
  // Without figures at all.
  PeerFigures() = default;
  // Comma-separated paths; none for "". NOT_FOUND for a file that cannot be read.
  static absl::StatusOr<PeerFigures> Read(std::string_view paths);
  static PeerFigures Parse(std::string_view text);

  // Nanoseconds, 0 when it has not measured that.
  double Median(std::string_view name) const;

 private:
  absl::flat_hash_map<std::string, double> medians_;
};

}  // namespace davit::bench

#endif  // DAVIT_TESTS_BENCH_PEER_FIGURES_H_
