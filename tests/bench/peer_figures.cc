#include "tests/bench/peer_figures.h"

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace davit::bench {

absl::StatusOr<PeerFigures> PeerFigures::Read(std::string_view paths) {
  std::stringstream text;
  for (const std::string_view path : absl::StrSplit(paths, ',', absl::SkipEmpty())) {
    const std::ifstream file{std::string(path)};
    if (!file) return absl::NotFoundError(absl::StrCat("cannot read ", path));
    text << file.rdbuf() << '\n';
  }
  return Parse(text.str());
}

PeerFigures PeerFigures::Parse(std::string_view text) {
  PeerFigures figures;
  for (const std::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<std::string_view, std::string_view> parts =
        absl::StrSplit(line, absl::MaxSplits(": min ", 1));
    const std::vector<std::string_view> words = absl::StrSplit(parts.second, ' ');
    double median = 0;
    // "8.6", "ns", "median", "8.7", "ns"
    if (words.size() < 5 || words[2] != "median" || !absl::SimpleAtod(words[3], &median)) continue;
    figures.medians_.try_emplace(std::string(parts.first), median);
  }
  return figures;
}

double PeerFigures::Median(std::string_view name) const {
  const auto found = medians_.find(name);
  return found == medians_.end() ? 0 : found->second;
}

}  // namespace davit::bench
