#ifndef DAVIT_RUNTIME_ENGINE_CELL_HEAP_GUARD_H_
#define DAVIT_RUNTIME_ENGINE_CELL_HEAP_GUARD_H_

#include <v8.h>

#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "runtime/engine/cell/heap_ledger.h"

namespace davit::engine {

// Keeps the JS heap of one cell within its limit, and ends whoever has taken it.
//
// V8 asks for more room in the middle of an allocation, which cannot fail: the process would end.
// So a guest gets what it asks for and is terminated, and is over the limit by what it can allocate
// before it looks. Afterwards, when no guest is on the stack, the exceeding store's part of the
// heap is freed and the limit lowered again.
//
// Whose the heap is, HeapLedger estimates: the old generation is measured at the end of runs in
// which it may have grown. Who is running when the limit is reached is ended if it is proven to
// have most of the heap, or to have taken half of it in this run. Otherwise it gets some more, and
// the one that has most is ended after its run or, where that is not clear, after a trial of a few
// runs at whose ends all garbage is collected. So that this happens rarely, no store keeps what
// fills the heap to more than three quarters.
//
// Everything needs the cell's lock.
class HeapGuard {
 public:
  // `running` is the innermost holder whose code runs, or null; it is asked during collections.
  // REQUIRES: the isolate has the limit of `limit_bytes`, is entered, and outlives this.
  HeapGuard(v8::Isolate* isolate, size_t limit_bytes, std::function<HeapHolder*()> running);
  ~HeapGuard();
  HeapGuard(const HeapGuard&) = delete;
  HeapGuard& operator=(const HeapGuard&) = delete;

  void Add(HeapHolder& holder) { ledger_.Add(holder); }
  void Remove(HeapHolder& holder);

  // Counts whatever may have made the heap larger: collections and new pages. A run at whose end it
  // is the same as at its begin has changed nothing worth measuring, but in a trial.
  uint64_t events() const { return events_; }
  bool MayHaveGrownSince(uint64_t events) const { return events_ != events || ledger_.on_trial(); }
  // Where PageAllocator counts the pages that this thread takes for the heap.
  uint64_t& page_events() { return events_; }
  // Within a run: what the heap has grown by until now is `holder`'s, what comes is another's.
  void HolderChanges(HeapHolder* holder);
  // At the end of a run of `holder` in which the heap may have grown.
  void RunEnds(HeapHolder& holder);

  // Whether a guest was asked to stop for what it took: a termination is pending.
  bool exhausted() const { return exhausted_; }
  // Whether Relieve() has something to do.
  bool needs_relief() const { return exhausted_ || crowded_; }
  // Frees what exceeding stores have, ends those that have most as long as the heap is too full and
  // it is clear who that is, and lowers the limit again. REQUIRES: no guest code is on the stack,
  // no termination is pending; the caller takes back one that comes meanwhile.
  void Relieve();
  // A store was destroyed: there may be room again.
  void HolderIsGone();

  // Whether there is room for a new store, or for an instance that takes `bytes`.
  bool HasRoom(uint64_t bytes) const;
  enum class MayEnd : bool { kNo, kYes };
  // Makes it: collects garbage where that may help, and with kYes, which wants what Relieve() does,
  // ends the store that has more than half of the heap: at once where that is proven, else when a
  // trial has not shown otherwise or this has refused it a few times. Errors: LimitError
  // "cell_heap_bytes".
  absl::Status Admit(uint64_t bytes, MayEnd may_end);

 private:
  static size_t OnNearLimit(void* self, size_t current_limit, size_t initial_limit);
  static void BeforeCollection(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags,
                               void* self);
  static void AfterCollection(v8::Isolate* isolate, v8::GCType type, v8::GCCallbackFlags flags,
                              void* self);
  size_t MoreFor(HeapHolder* holder, size_t current_limit);
  uint64_t UsedBytes() const;
  // The same without the young generation's objects, most of which are garbage.
  uint64_t OldBytes() const;
  void NoteGrowth(HeapHolder* holder);
  bool HasTakenTooMuch(const HeapHolder& holder) const;
  void Attribute();
  // What comes is compared with what is there now.
  void BeginStretch(bool begins_run);
  void ReleaseExceeding();
  void End(HeapHolder& holder);
  bool SomebodyHasToGo() const;
  uint64_t AtLeast() const;
  void Collect();
  void LowerLimit();
  absl::Status NoRoom() const;

  v8::Isolate* const isolate_;
  const uint64_t limit_bytes_;
  const std::function<HeapHolder*()> running_;
  HeapLedger ledger_;
  uint64_t reserved_ = 0;  // V8's measure of its limit, before it was ever raised
  uint64_t events_ = 0;
  uint64_t collected_at_ = 0;  // events_ after the last Collect()
  uint64_t measured_ = 0;      // OldBytes() at the last measurement
  uint64_t live_ = 0;          // OldBytes() after the last full collection
  // Right after the last Collect() of Relieve().
  uint64_t relieved_ = 0, relieved_used_ = 0;
  // What may have been live, at most, when this run began, and when the one that runs did.
  uint64_t before_run_ = 0, before_ = 0;
  uint64_t proven_ = 0;        // that the one that runs has taken more, at the last full collection
  HeapHolder* ran_ = nullptr;  // whose run has ended and was not measured yet
  HeapLedger::Took took_ = HeapLedger::Took::kLittle;  // that run
  bool is_known_ = true;  // nothing but that run has changed what is live since relieved_
  bool exhausted_ = false;
  bool crowded_ = false;     // more stays than stores may keep
  bool needs_room_ = false;  // for a new store
  bool raised_ = false;      // V8's limit is higher than it should be
  bool relieving_ = false;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_HEAP_GUARD_H_
