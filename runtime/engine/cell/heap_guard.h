#ifndef DAVIT_RUNTIME_ENGINE_CELL_HEAP_GUARD_H_
#define DAVIT_RUNTIME_ENGINE_CELL_HEAP_GUARD_H_

#include <v8.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"

namespace davit::engine {

// Something that has a part of a cell's heap: a store.
class HeapHolder {
 public:
  virtual ~HeapHolder() = default;
  // It has taken too much: none of its code runs ever again. Thread-safe.
  bool over_heap_limit() const { return over_heap_limit_.load(std::memory_order_acquire); }

 private:
  friend class HeapGuard;
  // Lets go of everything that it has in V8's heap. Called once, when over_heap_limit() holds and
  // none of its code is on the stack.
  virtual void ReleaseHeap() = 0;

  std::atomic<bool> over_heap_limit_ = false;
  bool released_ = false;
  uint64_t bytes_ = 0;  // that are thought to be its own
};

// Keeps the JS heap of one cell within its limit, and ends whoever has taken it.
//
// V8 asks for more room in the middle of an allocation, which cannot fail: the process would end.
// So a guest gets what it asks for and is terminated, and is over the limit by what it can allocate
// before it looks. Afterwards, when no guest is on the stack, the exceeding store's part of the
// heap is freed and the limit lowered again.
//
// V8 does not tell whose an object is. The old generation is measured at the end of runs in which
// it may have grown, and what it has grown by counts for the store that ran, until a collection
// shows that there is less. Who is running when the limit is reached is ended only if nobody else
// has more; otherwise it gets some more, and the one that has most is ended after its run. So that
// this happens rarely, no store keeps what fills the heap to more than three quarters.
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

  void Add(HeapHolder& holder) { holders_.insert(&holder); }
  void Remove(HeapHolder& holder) { holders_.erase(&holder); }

  // Counts whatever may have made the heap larger: collections and new pages. A run at whose end it
  // is the same as at its begin has changed nothing worth measuring.
  uint64_t events() const { return events_; }
  // Where PageAllocator counts the pages that this thread takes for the heap.
  uint64_t& page_events() { return events_; }
  // What the heap has grown by since the last measurement is `holder`'s.
  void NoteGrowth(HeapHolder* holder);

  // Whether a guest was asked to stop for what it took: a termination is pending.
  bool exhausted() const { return exhausted_; }
  // Whether Relieve() has something to do.
  bool needs_relief() const { return exhausted_ || crowded_; }
  // Frees what exceeding stores have, ends those that have most as long as the heap is too full,
  // and lowers the limit again. REQUIRES: no guest code is on the stack, no termination is pending;
  // the caller takes back one that comes meanwhile.
  void Relieve();
  // A store was destroyed: there may be room again.
  void HolderIsGone();

  // Whether there is room for a new store, or for an instance that takes `bytes`.
  bool HasRoom(uint64_t bytes) const;
  enum class MayEnd : bool { kNo, kYes };
  // Makes it: collects garbage where that may help, and with kYes, which wants what Relieve() does,
  // ends the store that has more than half of the heap. Errors: LimitError "cell_heap_bytes".
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
  bool HasMost(const HeapHolder& holder) const;
  void ScaleDown(uint64_t live);
  void ReleaseExceeding();
  bool EndLargest(uint64_t excess);
  void Collect();
  void LowerLimit();
  absl::Status NoRoom() const;

  v8::Isolate* const isolate_;
  const uint64_t limit_bytes_;
  const std::function<HeapHolder*()> running_;
  absl::flat_hash_set<HeapHolder*> holders_;
  uint64_t reserved_ = 0;  // V8's measure of its limit, before it was ever raised
  uint64_t events_ = 0;
  uint64_t collected_at_ = 0;  // events_ after the last Collect()
  uint64_t measured_ = 0;      // OldBytes() at the last measurement
  bool exhausted_ = false;
  bool crowded_ = false;  // more stays than stores may keep
  bool raised_ = false;   // V8's limit is higher than it should be
  bool relieving_ = false;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_HEAP_GUARD_H_
