#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_CENSUS_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_CENSUS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "runtime/engine/options.h"
#include "runtime/engine/process/live_budget.h"

// Counts what V8 cannot run out of without ending the process: isolates, linear memories, memory
// maps, functions. Admission is refused before that, as a LimitError.
namespace davit::engine {

// Memories whose store is gone but which V8 has not given back yet. Thread-safe.
class Graveyard {
 public:
  // Takes a memory that nothing uses any more; it is gone when V8's last reference to it is.
  void Bury(std::weak_ptr<const void> memory);
  // Forgets the memories that are gone. Returns how many they were.
  uint32_t Sweep();
  size_t size() const;

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::weak_ptr<const void>> memories_ ABSL_GUARDED_BY(mutex_);
};

// A cell, as far as it holds garbage.
class GarbageHolder {
 public:
  virtual ~GarbageHolder() = default;
  // Collects unless some thread has the cell. Thread-safe.
  virtual void CollectIfIdle() = 0;
  Graveyard& graveyard() { return graveyard_; }

 private:
  Graveyard graveyard_;
};

// Thread-safe.
class Census {
 public:
  explicit Census(const EngineOptions& options);
  Census(const Census&) = delete;
  Census& operator=(const Census&) = delete;

  // Errors: LimitError "cells" or "maps".
  absl::Status AdmitCell();
  void CellIsGone();

  // One more linear memory. Errors: LimitError "memories" or "maps"; the caller may have garbage
  // collected and try again.
  absl::Status AdmitMemory();
  // Memories that were admitted and never came to be, or were freed outside of a graveyard.
  void MemoriesAreGone(uint32_t count);

  // Functions of core modules and shims that V8 has, each in a slot of a table that has 2^24, and
  // functions that core instances export, likewise. The caller may have garbage collected and try
  // again.
  LiveBudget& functions() { return functions_; }
  LiveBudget& exports() { return exports_; }

  // Has the graveyard of this holder swept from now on.
  void Register(std::weak_ptr<GarbageHolder> holder);
  // Counts the memories of all graveyards that are gone.
  void Sweep();
  // Collects the garbage of idle cells, one after the other until there is `enough`, and sweeps.
  void CollectIdle(absl::FunctionRef<bool()> enough);
  // The same until nothing is scarce.
  void CollectIdle() {
    CollectIdle([this] { return !scarce(); });
  }

  uint32_t memories() const { return memories_.load(std::memory_order_relaxed); }
  // Whether something of the above comes close to its maximum, so that garbage is worth collecting.
  bool scarce() const;
  // An estimate between two measurements.
  uint32_t maps() const;

 private:
  absl::Status CheckMaps();
  void MeasureMaps();

  const uint32_t max_cells_, max_memories_, max_maps_;
  LiveBudget functions_, exports_;
  std::atomic<uint32_t> cells_ = 0, memories_ = 0;
  // Maps that the numbers above do not explain: of the program, threads, JS heaps.
  std::atomic<int64_t> other_maps_ = 0;
  std::atomic<int64_t> measured_at_ = 0;  // steady clock, nanoseconds

  std::vector<std::shared_ptr<GarbageHolder>> Holders();

  absl::Mutex mutex_;
  std::vector<std::weak_ptr<GarbageHolder>> holders_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_CENSUS_H_
