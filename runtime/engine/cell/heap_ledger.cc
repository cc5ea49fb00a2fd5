#include "runtime/engine/cell/heap_ledger.h"

#include <algorithm>

namespace davit::engine {
namespace {

// A trial has so many runs at most, four times as many of those that take little, and ends when
// they have kept this part of the limit.
constexpr int kMuchCounts = 4, kLittleCounts = 1, kMostRuns = 16 * kMuchCounts;
constexpr int kRefusalCounts = 4 * kMuchCounts;
constexpr uint64_t MostGrowth(uint64_t limit) { return limit / 4; }
// Who keeps as much in these runs is why the heap is crowded, whoever has most.
constexpr uint64_t DrivingBytes(uint64_t limit) { return limit / 64; }
// What V8 itself keeps now and then of a run.
constexpr int64_t kNoise = 2 << 10;
// The largest estimate is clear when it is so many times the second.
constexpr uint64_t kClearly = 2;
// An estimate is good of which this part is proven.
constexpr uint64_t kGoodPart = 4;

}  // namespace

std::vector<HeapHolder*> HeapLedger::TakeExceeding() {
  std::vector<HeapHolder*> exceeding;
  absl::erase_if(holders_, [&](HeapHolder* holder) {
    if (holder->over_heap_limit()) exceeding.push_back(holder);
    return holder->over_heap_limit();
  });
  return exceeding;
}

void HeapLedger::NoteGrowth(HeapHolder& holder, uint64_t bytes) {
  (on_trial_ ? holder.noted_ : holder.bytes_) += bytes;
}

void HeapLedger::NoteProven(HeapHolder& holder, uint64_t bytes) {
  holder.proven_ += bytes;
  holder.bytes_ = std::max(holder.bytes_, holder.proven_);
}

void HeapLedger::ScaleDown(uint64_t live) {
  uint64_t held = 0;
  for (const HeapHolder* holder : holders_) held += holder->bytes_;
  if (held <= live) return;
  const double part = static_cast<double>(live) / static_cast<double>(held);
  for (HeapHolder* holder : holders_) {
    holder->bytes_ = static_cast<uint64_t>(static_cast<double>(holder->bytes_) * part);
    holder->proven_ = std::min(holder->proven_, holder->bytes_);
  }
}

bool HeapLedger::HasMost(const HeapHolder& holder) const {
  const auto bytes = [](const HeapHolder& h) { return h.bytes_ + h.noted_; };
  return std::ranges::none_of(
      holders_, [&](const HeapHolder* other) { return bytes(*other) > bytes(holder); });
}

bool HeapLedger::AnyHas(uint64_t bytes) const {
  return std::ranges::any_of(holders_, [&](const HeapHolder* h) { return h->bytes_ > bytes; });
}

void HeapLedger::BeginTrial() {
  EndTrial();
  on_trial_ = true;
}

void HeapLedger::EndTrial() {
  on_trial_ = false;
  runs_ = 0;
  grown_ = 0;
  for (HeapHolder* holder : holders_) holder->noted_ = holder->grown_ = 0;
}

void HeapLedger::RunIsMeasured(HeapHolder& ran, int64_t growth, Took took) {
  runs_ += took == Took::kMuch ? kMuchCounts : kLittleCounts;
  // Those that it has called have run as well.
  uint64_t noted = 0;
  for (const HeapHolder* holder : holders_) noted += holder->noted_;
  if (noted == 0) noted = ran.noted_ = 1;
  for (HeapHolder* holder : holders_) {
    if (holder->noted_ == 0) continue;
    const double part = static_cast<double>(holder->noted_) / static_cast<double>(noted);
    Kept(*holder, static_cast<int64_t>(static_cast<double>(growth) * part), took);
  }
}

void HeapLedger::Kept(HeapHolder& holder, int64_t bytes, Took took) {
  if (bytes > kNoise) {
    const auto kept = static_cast<uint64_t>(bytes);
    grown_ += kept;
    holder.grown_ += kept;
    holder.bytes_ += kept;
    holder.proven_ += kept;
    return;
  }
  if (bytes < 0) holder.bytes_ -= std::min(holder.bytes_, static_cast<uint64_t>(-bytes));
  holder.proven_ = std::min(holder.proven_, holder.bytes_);
  if (took == Took::kMuch) holder.bytes_ = std::max(holder.bytes_ / 2, holder.proven_);
}

void HeapLedger::ForgetRun() {
  if (!on_trial_) return;
  for (HeapHolder* holder : holders_) holder->noted_ = 0;
}

void HeapLedger::NoteRefusal() {
  if (on_trial_) runs_ += kRefusalCounts;
}

HeapHolder* HeapLedger::Culprit(uint64_t live, uint64_t at_least) const {
  HeapHolder* largest = nullptr;
  HeapHolder* driver = nullptr;
  uint64_t second = 0;
  for (HeapHolder* holder : holders_) {
    if (holder->bytes_ == 0) continue;
    if (largest == nullptr || holder->bytes_ > largest->bytes_) {
      second = largest == nullptr ? 0 : largest->bytes_;
      largest = holder;
    } else {
      second = std::max(second, holder->bytes_);
    }
    if (holder->bytes_ < at_least) continue;
    if (holder->proven_ > live / 2) return holder;
    if (driver == nullptr || holder->grown_ > driver->grown_) driver = holder;
  }
  if (driver == nullptr || largest->bytes_ < at_least) return nullptr;
  const bool clear = largest->bytes_ / kClearly >= second;
  const bool good = largest->proven_ >= largest->bytes_ / kGoodPart || largest->grown_ > 0;
  if (clear && good) return largest;
  if (runs_ < kMostRuns && grown_ < MostGrowth(limit_bytes_)) return nullptr;
  return driver->grown_ >= DrivingBytes(limit_bytes_) ? driver : largest;
}

}  // namespace davit::engine
