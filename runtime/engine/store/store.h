#ifndef DAVIT_RUNTIME_ENGINE_STORE_STORE_H_
#define DAVIT_RUNTIME_ENGINE_STORE_STORE_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/core_slot.h"
#include "runtime/base/index.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/options.h"
#include "runtime/engine/process/termination.h"

namespace davit::engine {

class CompiledModule;
class ShimModule;
class StoreState;

// Things that live in a store, by number; meaningless in another one.
struct ExternTag;
using ExternId = base::Index<ExternTag>;  // a func, table, memory, global or tag
struct CoreInstanceTag;
using CoreInstanceId = base::Index<CoreInstanceTag>;
struct FuncTag;
using FuncId = base::Index<FuncTag>;  // a core func that the host can call
struct MemoryTag;
using MemoryId = base::Index<MemoryTag>;

using base::CoreSlot;

// The C++ side of the guest's host imports.
class HostImports {
 public:
  virtual ~HostImports() = default;
  // The guest called host import `index` of the ShimSpec: its params are in `slots`, its result
  // goes to slots[0]. A failure ends the guest: the innermost Store::Call returns that status, with
  // the wasm frames added when it is a trap. May call back into the store. `slots` is valid during
  // the call, also across guest calls.
  virtual absl::Status HostCall(uint32_t index, std::span<CoreSlot> slots) = 0;
};

// Calls of one core function, one after the other.
struct CoreCalls {
  // Most in one go; longer series go in steps.
  static constexpr uint32_t kMaxCount = 512;

  FuncId func;
  // 0: none. More than 1 only of a function that causes no calls back into the cell.
  uint32_t count = 0;
  // As many for each call as its params or results need, whichever are more; params in, results
  // out.
  std::span<CoreSlot> slots;
  // Nothing follows: the series ends without asking.
  bool last = false;
};

// Calls in a row in which C++ decides what comes next, all made in one entry of the guest: the
// second and later ones cost a third of an entry, or a tenth where they repeat the one before.
class CallSeries {
 public:
  virtual ~CallSeries() = default;
  // Sets `calls`, which comes empty, to what to call next, or leaves it at the end. The results of
  // what was called before are in its slots. Runs in the middle of the series and may call the
  // guest itself. A failure ends the series.
  virtual absl::Status Next(CoreCalls& calls) = 0;
  // Of the calls set last, `completed` returned before one failed; the results of those are in
  // their slots. Returns the status that the series ends with.
  virtual absl::Status Failed(uint32_t completed, absl::Status status) = 0;
};

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
  // Makes the calls of a series, as above; a status of CallSeries::Next ends it.
  absl::Status Call(CellLock& lock, CallSeries& series);

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

  // OK, or the kHeapLimit trap when it has taken more of the cell's heap than there is, or more
  // than others while they need it: none of its code runs again. Thread-safe.
  absl::Status ended() const;

  // Bytes of all linear memories now. Thread-safe (approximate while the guest runs).
  uint64_t memory_bytes() const;

 private:
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
