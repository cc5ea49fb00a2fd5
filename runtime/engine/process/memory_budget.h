#ifndef DAVIT_RUNTIME_ENGINE_PROCESS_MEMORY_BUDGET_H_
#define DAVIT_RUNTIME_ENGINE_PROCESS_MEMORY_BUDGET_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

// Bounds what the linear memories of the process have together, which V8 does not: a guest may fill
// what memory.grow gives it, and the system ends a process that has too much.
namespace davit::engine {

// Memory of this machine, or of the control group that this process runs in, whichever is less.
uint64_t MachineMemoryBytes();

// What V8 reserves for memories, and how much of it guests may use. Thread-safe; never calls out.
class MemoryBudget {
 public:
  // V8 reserves 8 GiB or more for each memory, and nothing else that is as large as this.
  static constexpr size_t kSmallestReservation = size_t{4} << 30;

  // While it exists, what this thread reserves is davit's own and not counted.
  class OwnMemory {
   public:
    OwnMemory();
    ~OwnMemory();
    OwnMemory(const OwnMemory&) = delete;
    OwnMemory& operator=(const OwnMemory&) = delete;
  };

  // 0: half of what the machine has.
  explicit MemoryBudget(uint64_t max_bytes);
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // Address space that V8 reserves and gives back. Smaller pieces are no memories.
  void Reserved(const void* begin, size_t length);
  void Unreserved(const void* begin);
  // Makes the bytes from `begin`, somewhere in a reservation, usable: `length` in all, not only
  // more. How many were before; nothing when the budget does not allow it. Bytes outside of
  // reservations are not counted.
  std::optional<size_t> Use(const void* begin, size_t length);
  // They could not be made usable: the memory has `length` again.
  void TakeBack(const void* begin, size_t length);
  // The memory around `begin` is never used again and its pages have gone back to the system.
  void Release(const void* begin);

  // Errors: LimitError "total_memory_bytes" when a memory of this size would not fit.
  absl::Status Admit(uint64_t bytes) const;
  uint64_t used() const;

 private:
  struct Reservation {
    size_t length;
    size_t used = 0;
  };
  // By where it begins.
  using Reservations = absl::btree_map<uintptr_t, Reservation>;

  Reservation* Around(const void* address) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const uint64_t max_bytes_;
  mutable absl::Mutex mutex_;
  Reservations reservations_ ABSL_GUARDED_BY(mutex_);
  uint64_t used_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_PROCESS_MEMORY_BUDGET_H_
