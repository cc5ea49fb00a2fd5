#include "runtime/engine/cell/heap_guard.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/error.h"

namespace davit::engine {
namespace {

// By how much V8's limit is raised when it asks.
constexpr size_t kMoreBytes = 32 << 20;

// Parts of the limit: what all stores may keep after their runs, what they may have where a new one
// is to come, and what one of them may have while others need room.
constexpr uint64_t KeptBytes(uint64_t limit) { return limit / 4 * 3; }
constexpr uint64_t NewStoreBytes(uint64_t limit) { return limit / 8 * 5; }
constexpr uint64_t DominatingBytes(uint64_t limit) { return limit / 2; }

constexpr v8::GCType kFullCollection = v8::kGCTypeMarkSweepCompact;

HeapGuard& Self(void* self) { return *static_cast<HeapGuard*>(self); }

}  // namespace

HeapGuard::HeapGuard(v8::Isolate* isolate, size_t limit_bytes, std::function<HeapHolder*()> running)
    : isolate_(isolate), limit_bytes_(limit_bytes), running_(std::move(running)) {
  v8::HeapStatistics statistics;
  isolate_->GetHeapStatistics(&statistics);
  reserved_ = statistics.heap_size_limit();
  measured_ = OldBytes();
  isolate_->AddNearHeapLimitCallback(OnNearLimit, this);
  isolate_->AddGCPrologueCallback(BeforeCollection, this);
  isolate_->AddGCEpilogueCallback(AfterCollection, this);
}

HeapGuard::~HeapGuard() {
  isolate_->RemoveGCEpilogueCallback(AfterCollection, this);
  isolate_->RemoveGCPrologueCallback(BeforeCollection, this);
  // The limit is of no interest any more.
  isolate_->RemoveNearHeapLimitCallback(OnNearLimit, 0);
}

uint64_t HeapGuard::UsedBytes() const {
  v8::HeapStatistics statistics;
  isolate_->GetHeapStatistics(&statistics);
  return statistics.used_heap_size();
}

uint64_t HeapGuard::OldBytes() const {
  const uint64_t bytes = UsedBytes();
  for (size_t i = 0; i < isolate_->NumberOfHeapSpaces(); ++i) {
    v8::HeapSpaceStatistics space;
    isolate_->GetHeapSpaceStatistics(&space, i);
    if (std::string_view(space.space_name()) == "new_space") {
      return bytes - std::min<uint64_t>(bytes, space.space_used_size());
    }
  }
  return bytes;
}

void HeapGuard::NoteGrowth(HeapHolder* holder) {
  const uint64_t now = OldBytes();
  if (holder != nullptr && now > measured_) holder->bytes_ += now - measured_;
  measured_ = now;
}

void HeapGuard::BeforeCollection(v8::Isolate*, v8::GCType type, v8::GCCallbackFlags, void* self) {
  HeapGuard& guard = Self(self);
  if (type == kFullCollection && !guard.relieving_) guard.NoteGrowth(guard.running_());
}

void HeapGuard::AfterCollection(v8::Isolate*, v8::GCType type, v8::GCCallbackFlags, void* self) {
  HeapGuard& guard = Self(self);
  ++guard.events_;
  if (type != kFullCollection) return;
  guard.measured_ = guard.OldBytes();
  guard.ScaleDown(guard.measured_);
  guard.crowded_ |= guard.measured_ > KeptBytes(guard.limit_bytes_);
}

// Who held what was freed is not known: all are thought to have less.
void HeapGuard::ScaleDown(uint64_t live) {
  uint64_t held = 0;
  for (const HeapHolder* holder : holders_) held += holder->bytes_;
  if (held <= live) return;
  const double part = static_cast<double>(live) / static_cast<double>(held);
  for (HeapHolder* holder : holders_) {
    holder->bytes_ = static_cast<uint64_t>(static_cast<double>(holder->bytes_) * part);
  }
}

bool HeapGuard::HasMost(const HeapHolder& holder) const {
  return std::ranges::none_of(
      holders_, [&](const HeapHolder* other) { return other->bytes_ > holder.bytes_; });
}

// In the middle of a collection.
size_t HeapGuard::OnNearLimit(void* self, size_t current_limit, size_t) {
  HeapGuard& guard = Self(self);
  return guard.MoreFor(guard.running_(), current_limit);
}

size_t HeapGuard::MoreFor(HeapHolder* holder, size_t current_limit) {
  ++events_;
  raised_ = true;
  if (!relieving_) {
    crowded_ = true;
    NoteGrowth(holder);
    if (holder != nullptr && !exhausted_ && HasMost(*holder)) {
      exhausted_ = true;
      holder->over_heap_limit_.store(true, std::memory_order_release);
      isolate_->TerminateExecution();
    }
  }
  // A large object may have taken the heap far beyond the limit before V8 asks.
  return std::max<size_t>(current_limit, UsedBytes()) + kMoreBytes;
}

void HeapGuard::ReleaseExceeding() {
  for (HeapHolder* holder : holders_) {
    if (holder->released_ || !holder->over_heap_limit()) continue;
    holder->released_ = true;
    holder->bytes_ = 0;
    holder->ReleaseHeap();
  }
}

// Ends the stores that have most until those ended had `excess` together. False when nobody is
// known to have anything.
bool HeapGuard::EndLargest(uint64_t excess) {
  std::vector<HeapHolder*> by_size;
  for (HeapHolder* holder : holders_) {
    if (holder->bytes_ > 0) by_size.push_back(holder);
  }
  std::ranges::sort(by_size, std::greater<>(), [](const HeapHolder* h) { return h->bytes_; });
  uint64_t ended = 0;
  for (HeapHolder* holder : by_size) {
    if (ended >= excess) break;
    ended += holder->bytes_;
    holder->over_heap_limit_.store(true, std::memory_order_release);
  }
  ReleaseExceeding();
  return ended > 0;
}

void HeapGuard::Collect() {
  isolate_->LowMemoryNotification();
  collected_at_ = events_;
}

void HeapGuard::Relieve() {
  relieving_ = true;
  ReleaseExceeding();
  Collect();
  const uint64_t kept = KeptBytes(limit_bytes_);
  // What a store has is an estimate: one more may have to go.
  constexpr int kMostRounds = 4;
  for (int i = 0; i < kMostRounds && measured_ > kept && EndLargest(measured_ - kept); ++i) {
    Collect();
  }
  LowerLimit();
  relieving_ = exhausted_ = crowded_ = false;
}

void HeapGuard::LowerLimit() {
  if (!raised_) return;
  // Removing it is the way to lower the limit again, as far as what is in use allows.
  isolate_->RemoveNearHeapLimitCallback(OnNearLimit, limit_bytes_);
  isolate_->AddNearHeapLimitCallback(OnNearLimit, this);
  v8::HeapStatistics statistics;
  isolate_->GetHeapStatistics(&statistics);
  raised_ = statistics.heap_size_limit() > reserved_;
}

void HeapGuard::HolderIsGone() {
  ++events_;
  if (raised_) crowded_ = true;
}

bool HeapGuard::HasRoom(uint64_t bytes) const {
  const uint64_t most = NewStoreBytes(limit_bytes_);
  if (bytes > most) return false;
  // The exact measure costs four times as much.
  return UsedBytes() <= most - bytes || OldBytes() <= most - bytes;
}

absl::Status HeapGuard::Admit(uint64_t bytes, MayEnd may_end) {
  if (HasRoom(bytes)) return absl::OkStatus();
  if (collected_at_ != events_) {
    Collect();
    if (HasRoom(bytes)) return absl::OkStatus();
  }
  const auto dominates = [&](const HeapHolder* h) {
    return h->bytes_ > DominatingBytes(limit_bytes_);
  };
  if (may_end == MayEnd::kYes && bytes <= NewStoreBytes(limit_bytes_) &&
      std::ranges::any_of(holders_, dominates)) {
    relieving_ = true;
    EndLargest(1);
    Collect();
    relieving_ = false;
    if (HasRoom(bytes)) return absl::OkStatus();
  }
  return NoRoom();
}

absl::Status HeapGuard::NoRoom() const {
  return base::LimitError("cell_heap_bytes", limit_bytes_,
                          "the heap of the cell has no room for another instance");
}

}  // namespace davit::engine
