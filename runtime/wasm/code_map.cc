#include "runtime/wasm/code_map.h"

#include <algorithm>
#include <iterator>

namespace davit::wasm {

void CodeMap::Add(uint64_t rewritten, uint64_t original) {
  const Place place{.rewritten = static_cast<uint32_t>(rewritten),
                    .original = static_cast<uint32_t>(original)};
  const Place last = places_.empty() ? Place{} : places_.back();
  if (place.rewritten - last.rewritten == place.original - last.original) return;
  if (!places_.empty() && last.rewritten == place.rewritten) {
    places_.back() = place;
  } else {
    places_.push_back(place);
  }
}

uint64_t CodeMap::OriginalOf(uint64_t rewritten) const {
  if (rewritten < rewritten_begin_) return rewritten;
  const uint64_t offset = rewritten - rewritten_begin_;
  const auto after = std::ranges::upper_bound(places_, offset, {}, &Place::rewritten);
  const Place from = after == places_.begin() ? Place{} : *std::prev(after);
  const uint64_t original = from.original + (offset - from.rewritten);
  return original_begin_ +
         (after == places_.end() ? original : std::min<uint64_t>(original, after->original));
}

}  // namespace davit::wasm
