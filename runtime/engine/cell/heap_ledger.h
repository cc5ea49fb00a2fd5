#ifndef DAVIT_RUNTIME_ENGINE_CELL_HEAP_LEDGER_H_
#define DAVIT_RUNTIME_ENGINE_CELL_HEAP_LEDGER_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_set.h"

namespace davit::engine {

// Something that has a part of a cell's heap: a store.
class HeapHolder {
 public:
  virtual ~HeapHolder() = default;
  // It has taken too much: none of its code runs ever again. Thread-safe.
  bool over_heap_limit() const { return over_heap_limit_.load(std::memory_order_acquire); }

 private:
  friend class HeapGuard;
  friend class HeapLedger;
  // Lets go of everything that it has in V8's heap. Called once, when over_heap_limit() holds and
  // none of its code is on the stack.
  virtual void ReleaseHeap() = 0;

  std::atomic<bool> over_heap_limit_ = false;
  uint64_t bytes_ = 0;   // that are thought to be its own
  uint64_t proven_ = 0;  // of them: nobody else can have taken these
  // In a trial: what the heap has grown by in this run while it ran, garbage included, and what it
  // has grown by in all runs, without.
  uint64_t noted_ = 0, grown_ = 0;
};

// Who has how much of a cell's heap, and who has to go when that is too much. Knows nothing of V8,
// which does not tell whose an object is.
//
// Two things are known. What the heap has grown by while a store ran is thought to be its own; but
// much of that is garbage, or was taken by those who ran before, whose young objects grow old while
// somebody else runs. And what has grown within one run beyond all that can have been there before
// is proven to be of the one that ran.
//
// So before somebody has to go for what is only thought, there is a trial: garbage is collected at
// the end of each run, which tells exactly what the run has kept. Who wastes without keeping is
// thought to have half as much after each run; who keeps is found after a few.
class HeapLedger {
 public:
  explicit HeapLedger(uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}
  HeapLedger(const HeapLedger&) = delete;
  HeapLedger& operator=(const HeapLedger&) = delete;

  void Add(HeapHolder& holder) { holders_.insert(&holder); }
  void Remove(HeapHolder& holder) { holders_.erase(&holder); }
  // Takes those out that are over the limit.
  std::vector<HeapHolder*> TakeExceeding();

  void NoteGrowth(HeapHolder& holder, uint64_t bytes);
  void NoteProven(HeapHolder& holder, uint64_t bytes);
  // All of them together have no more than `live`: who held what was freed is not known, so all are
  // thought to have less.
  void ScaleDown(uint64_t live);

  bool HasMost(const HeapHolder& holder) const;
  bool AnyHas(uint64_t bytes) const;

  bool on_trial() const { return on_trial_; }
  void BeginTrial();
  void EndTrial();
  enum class Took : bool { kLittle, kMuch };
  // At the end of a run of `ran` that has made the live heap larger by `growth`. With kLittle it
  // has allocated so little that keeping nothing of it proves nothing.
  void RunIsMeasured(HeapHolder& ran, int64_t growth, Took took);
  // What was noted in the run that has ended.
  void ForgetRun();

  // Somebody else was refused for lack of room: who has it may be idle, and nobody else run.
  void NoteRefusal();

  // Who has to go of those that have `at_least` so many bytes, when the live heap has `live`. Null
  // as long as that is not clear, and the trial goes on, or when nobody has anything.
  HeapHolder* Culprit(uint64_t live, uint64_t at_least) const;

 private:
  void Kept(HeapHolder& holder, int64_t bytes, Took took);

  const uint64_t limit_bytes_;
  absl::flat_hash_set<HeapHolder*> holders_;
  bool on_trial_ = false;
  int runs_ = 0;        // of the trial
  uint64_t grown_ = 0;  // in the trial
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_HEAP_LEDGER_H_
