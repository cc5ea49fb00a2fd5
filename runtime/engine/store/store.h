#ifndef DAVIT_RUNTIME_ENGINE_STORE_STORE_H_
#define DAVIT_RUNTIME_ENGINE_STORE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/options.h"
#include "runtime/engine/process/termination.h"
#include "runtime/engine/store/ids.h"
#include "runtime/engine/store/steps.h"

namespace davit::engine {

class CompiledModule;
class ShimModule;
class StoreState;

struct StoreLimits {
  uint64_t memory_bytes = 256ull << 20;  // maximum of each linear memory
  uint32_t memories = 100;               // linear memories in the store
  // That all tables of the store may grow to, added up; each is 8 bytes of the cell's heap, of a
  // table of functions 32.
  uint64_t table_elements = 4'000'000;
};

// The core-wasm state of one component instance tree: its core instances, memories and functions.
// Everything needs the cell's lock unless it says so. A store whose guest trapped stays usable as
// far as the engine goes; the layer above decides to poison it.
class Store {
 public:
  // `shims` and `imports` belong to the component; `imports` must outlive the store.
  // Errors: LimitError "cell_heap_bytes" when the cell cannot take more.
  static absl::StatusOr<std::unique_ptr<Store>> Create(CellLock& lock, const StoreLimits& limits,
                                                       std::shared_ptr<const ShimModule> shims,
                                                       HostImports& imports);
  // Without a lock: the V8 side is destroyed by the next holder of the cell's lock.
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Host import `index` of the shims as an importable function.
  ExternId HostFunc(CellLock& lock, uint32_t index);

  // Instantiates a core module, which the store then keeps, and runs its start function, under the
  // current Run. `imports` are in the order of the module's own import section
  // (CoreModuleInfo::imports).
  // Errors: FAILED_PRECONDITION (link error, V8's words), a trap, RESOURCE_EXHAUSTED
  // ("table_elements", "cell_heap_bytes", "instance_memories", "memories", "memory_bytes" when a
  // memory starts larger than the limit, "total_memory_bytes", "maps", "core_exports"; kHeapLimit).
  absl::StatusOr<CoreInstanceId> Instantiate(CellLock& lock, const CompiledModule& module,
                                             std::span<const ExternId> imports);
  // NOT_FOUND when the instance has no such export.
  absl::StatusOr<ExternId> Export(CellLock& lock, CoreInstanceId instance, std::string_view name);

  // Makes a func extern callable through entry shim `entry` (index into ShimSpec::entries), whose
  // signature must be the function's.
  absl::StatusOr<FuncId> AddFunc(CellLock& lock, ExternId func, uint32_t entry);
  absl::StatusOr<MemoryId> AddMemory(CellLock& lock, ExternId memory);

  // The memory now. Its base never moves; its length changes when guest code runs.
  std::span<uint8_t> View(MemoryId memory) const;

  // Calls a core function: params in `slots`, result back in slots[0]. REQUIRES: a Run is active on
  // this store; slots.size() >= max(params, results).
  // Errors: a trap with its frames; the status of a failed host import; DEADLINE_EXCEEDED,
  // CANCELLED (kTerminated) when the Run was terminated; RESOURCE_EXHAUSTED ("code_bytes") when the
  // process has no room for the code of what it calls, or (kHeapLimit) when the
  // guest has exceeded the cell's heap, from then on always.
  absl::Status Call(CellLock& lock, FuncId func, std::span<CoreSlot> slots);
  // Carries out steps in one entry, with errors as above; a status of Steps::Next ends them.
  absl::Status Call(CellLock& lock, Steps& steps);

  // OK, or what the next Call would fail with because the Run was terminated or the heap exceeded:
  // for host code that takes long between two of them. REQUIRES: a Run is active on this store.
  absl::Status CheckRun(CellLock& lock);

  // Makes the state that all of its core instances are in now the one that Restore() returns to.
  // REQUIRES: nothing was called since they were made. False when that cannot be promised: their
  // code can change more than memories and globals of numbers, or has run already (a start
  // function). Errors: RESOURCE_EXHAUSTED.
  absl::StatusOr<bool> MakeRestorable(CellLock& lock);
  // Takes back everything that guest code and writes into memory have changed since. False, with
  // some of it done, when a memory has grown, which cannot be taken back. REQUIRES: MakeRestorable
  // was true. Errors: RESOURCE_EXHAUSTED.
  absl::StatusOr<bool> Restore(CellLock& lock);

  // Ends whatever Run is active now, or nothing. Thread-safe, needs no lock; never affects a later
  // Run. It takes effect within microseconds in guest code.
  void Terminate(Termination why);

  // Called when it is ended for what it has of the cell's heap, under the lock of the cell: what
  // waits of it will not go on (Fiber::Resume fails). Must not call back. At most once, before its
  // first code runs.
  void OnEnd(CellLock& lock, std::function<void()> on_end);

  // OK, or the kHeapLimit trap when it has taken more of the cell's heap than there is, or more
  // than others while they need it: none of its code runs again. Thread-safe.
  absl::Status ended() const;

  // Bytes of all linear memories now. Thread-safe (approximate while the guest runs).
  uint64_t memory_bytes() const;

 private:
  friend class Fiber;
  friend class Run;
  Store(std::shared_ptr<CellState> cell, std::unique_ptr<StoreState> state);
  std::shared_ptr<CellState> cell_;
  std::unique_ptr<StoreState> state_;
};

// One outermost entry into a store: arms the watchdog with a deadline and makes the store the one
// that Terminate() aims at. Stack only. A Run inside another one of the same cell is part of the
// outer one, whose deadline and termination count.
class Run {
 public:
  // With absl::InfiniteFuture() nothing is armed (about 15 ns), else about 40 ns.
  Run(CellLock& lock, Store& store, absl::Time deadline);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // Whether this run was ended from outside; host functions that wait must look.
  bool terminated() const;

 private:
  Store& store_;
  uint64_t number_ = 0;  // 0: part of an outer run
  uint64_t heap_events_ = 0;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_STORE_STORE_H_
