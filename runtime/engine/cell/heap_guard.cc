#include "runtime/engine/cell/heap_guard.h"

#include <algorithm>
#include <string_view>
#include <utility>

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
// What one of them may take in one run while the heap is full.
constexpr uint64_t RunBytes(uint64_t limit) { return limit / 2; }
// What the young generation may hold.
constexpr uint64_t YoungBytes(uint64_t limit) { return limit / 8; }
// What a run may allocate in a trial without being measured.
constexpr uint64_t kTrifle = 8 << 10;

constexpr v8::GCType kFullCollection = v8::kGCTypeMarkSweepCompact;

HeapGuard& Self(void* self) { return *static_cast<HeapGuard*>(self); }

}  // namespace

HeapGuard::HeapGuard(v8::Isolate* isolate, size_t limit_bytes, std::function<HeapHolder*()> running)
    : isolate_(isolate),
      limit_bytes_(limit_bytes),
      running_(std::move(running)),
      ledger_(limit_bytes) {
  v8::HeapStatistics statistics;
  isolate_->GetHeapStatistics(&statistics);
  reserved_ = statistics.heap_size_limit();
  measured_ = OldBytes();
  BeginStretch(/*begins_run=*/true);
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

void HeapGuard::Remove(HeapHolder& holder) {
  ledger_.Remove(holder);
  if (ran_ == &holder) ran_ = nullptr;
}

void HeapGuard::NoteGrowth(HeapHolder* holder) {
  const uint64_t now = OldBytes();
  if (holder != nullptr && now > measured_) ledger_.NoteGrowth(*holder, now - measured_);
  measured_ = now;
}

// Whatever is in the young generation by then may grow old later.
void HeapGuard::BeginStretch(bool begins_run) {
  before_ = measured_ + YoungBytes(limit_bytes_);
  if (begins_run) before_run_ = before_;
  proven_ = 0;
}

void HeapGuard::HolderChanges(HeapHolder* holder) {
  NoteGrowth(holder);
  if (holder != nullptr && !ledger_.on_trial()) ledger_.NoteProven(*holder, proven_);
  BeginStretch(/*begins_run=*/false);
}

void HeapGuard::RunEnds(HeapHolder& holder) {
  NoteGrowth(&holder);
  if (ledger_.on_trial()) {
    const bool much = events_ != collected_at_;
    if (!much && UsedBytes() <= relieved_used_ + kTrifle) return;
    took_ = much ? HeapLedger::Took::kMuch : HeapLedger::Took::kLittle;
    crowded_ = true;
  }
  ran_ = &holder;
  if (!needs_relief()) Attribute();
}

// What the run that has ended has grown the heap by is of the store whose it was. In a trial that
// is exact, unless others have let go of something meanwhile.
void HeapGuard::Attribute() {
  HeapHolder* const ran = std::exchange(ran_, nullptr);
  if (ran != nullptr && !ledger_.on_trial()) {
    ledger_.NoteProven(*ran, proven_);
  } else if (ran != nullptr && is_known_) {
    const int64_t growth = static_cast<int64_t>(live_) - static_cast<int64_t>(relieved_);
    ledger_.RunIsMeasured(*ran, growth, took_);
  }
  ledger_.ForgetRun();
  BeginStretch(/*begins_run=*/true);
}

void HeapGuard::BeforeCollection(v8::Isolate*, v8::GCType type, v8::GCCallbackFlags, void* self) {
  HeapGuard& guard = Self(self);
  if (type == kFullCollection && !guard.relieving_) guard.NoteGrowth(guard.running_());
}

void HeapGuard::AfterCollection(v8::Isolate*, v8::GCType type, v8::GCCallbackFlags, void* self) {
  HeapGuard& guard = Self(self);
  ++guard.events_;
  if (type != kFullCollection) return;
  guard.measured_ = guard.live_ = guard.OldBytes();
  guard.proven_ = guard.live_ - std::min(guard.live_, guard.before_);
  // In a trial it is known who has taken what.
  if (!guard.ledger_.on_trial()) guard.ledger_.ScaleDown(guard.live_);
  guard.crowded_ |= guard.live_ > KeptBytes(guard.limit_bytes_);
  if (!guard.relieving_ && guard.running_() == nullptr) guard.BeginStretch(/*begins_run=*/true);
}

// In the middle of a collection.
size_t HeapGuard::OnNearLimit(void* self, size_t current_limit, size_t) {
  HeapGuard& guard = Self(self);
  return guard.MoreFor(guard.running_(), current_limit);
}

// Does not count what may be garbage: others' as well as its own.
bool HeapGuard::HasTakenTooMuch(const HeapHolder& holder) const {
  const uint64_t most = RunBytes(limit_bytes_);
  if (proven_ > most || holder.proven_ + proven_ > live_ / 2) return true;
  // It runs in turn with others.
  return live_ - std::min(live_, before_run_) > most && ledger_.HasMost(holder);
}

size_t HeapGuard::MoreFor(HeapHolder* holder, size_t current_limit) {
  ++events_;
  raised_ = true;
  if (!relieving_) {
    crowded_ = true;
    NoteGrowth(holder);
    if (holder != nullptr && !exhausted_ && HasTakenTooMuch(*holder)) {
      exhausted_ = true;
      holder->over_heap_limit_.store(true, std::memory_order_release);
      isolate_->TerminateExecution();
    }
  }
  // A large object may have taken the heap far beyond the limit before V8 asks.
  return std::max<size_t>(current_limit, UsedBytes()) + kMoreBytes;
}

void HeapGuard::ReleaseExceeding() {
  for (HeapHolder* holder : ledger_.TakeExceeding()) {
    is_known_ = false;
    holder->ReleaseHeap();
  }
}

// A trial was about how much the others had beside it.
void HeapGuard::End(HeapHolder& holder) {
  holder.over_heap_limit_.store(true, std::memory_order_release);
  ReleaseExceeding();
  ledger_.EndTrial();
  Collect();
}

void HeapGuard::Collect() {
  isolate_->LowMemoryNotification();
  collected_at_ = events_;
}

void HeapGuard::Relieve() {
  relieving_ = true;
  ReleaseExceeding();
  Collect();
  Attribute();
  // One more may have to go.
  constexpr int kMostRounds = 4;
  for (int i = 0; i < kMostRounds && SomebodyHasToGo(); ++i) {
    HeapHolder* const culprit = ledger_.Culprit(live_, AtLeast());
    if (culprit == nullptr) break;
    End(*culprit);
  }
  LowerLimit();
  if (!SomebodyHasToGo()) {
    ledger_.EndTrial();
    needs_room_ = false;
  } else if (!ledger_.on_trial()) {
    ledger_.BeginTrial();
  }
  relieved_ = live_;
  relieved_used_ = UsedBytes();
  is_known_ = true;
  relieving_ = exhausted_ = crowded_ = false;
}

bool HeapGuard::SomebodyHasToGo() const {
  if (live_ > KeptBytes(limit_bytes_)) return true;
  return needs_room_ && live_ > NewStoreBytes(limit_bytes_) && ledger_.AnyHas(AtLeast());
}

// Only for a new store who has most of the heap has to go.
uint64_t HeapGuard::AtLeast() const {
  return live_ > KeptBytes(limit_bytes_) ? 1 : DominatingBytes(limit_bytes_);
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
  is_known_ = false;
  if (raised_ || ledger_.on_trial()) crowded_ = true;
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
  if (may_end == MayEnd::kYes && bytes <= NewStoreBytes(limit_bytes_) &&
      ledger_.AnyHas(DominatingBytes(limit_bytes_))) {
    needs_room_ = true;
    ledger_.NoteRefusal();
    Relieve();
    if (HasRoom(bytes)) return absl::OkStatus();
  }
  return NoRoom();
}

absl::Status HeapGuard::NoRoom() const {
  return base::LimitError("cell_heap_bytes", limit_bytes_,
                          "the heap of the cell has no room for another instance");
}

}  // namespace davit::engine
