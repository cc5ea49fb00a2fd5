#ifndef DAVIT_RUNTIME_ENGINE_CELL_CELL_STATE_H_
#define DAVIT_RUNTIME_ENGINE_CELL_CELL_STATE_H_

#include <v8.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/stack_arena.h"
#include "runtime/engine/cell/cell_options.h"
#include "runtime/engine/cell/fibers.h"
#include "runtime/engine/cell/func_table.h"
#include "runtime/engine/cell/heap_guard.h"
#include "runtime/engine/cell/scratch.h"
#include "runtime/engine/cell/trap_report.h"
#include "runtime/engine/cell/wasm_api.h"
#include "runtime/engine/code/compiled_module.h"
#include "runtime/engine/code/shim_encoder.h"
#include "runtime/engine/process/census.h"
#include "runtime/engine/process/garbage_shares.h"
#include "runtime/engine/process/live_budget.h"
#include "runtime/engine/process/v8_process.h"
#include "runtime/engine/process/watchdog.h"

// The inside of a Cell, for the engine alone.
namespace davit::engine {

// Whose code runs in a cell: a store. Needs the cell's lock.
class Guest : public HeapHolder {
 public:
  // From the shim of host import `index`, whose frame is at `frame` of the scratch memory.
  virtual ShimOp HostCall(uint32_t index, uint32_t frame) = 0;
  // When what the innermost steps called has returned.
  virtual ShimOp Next() = 0;
  // When what they called has thrown an exception. A trap follows.
  virtual void Thrown() = 0;
};

// A guest module in one cell.
struct CellModule {
  FunctionShare functions;
  std::weak_ptr<const CompiledModule> module;
  v8::Global<v8::WasmModuleObject> object;
  // Of the import object, in the order of ModulePlan::imports: each namespace's name, then
  // the names of its fields.
  std::vector<v8::Global<v8::Name>> names;
};

// A shim module's instance in one cell. Destroyed under the lock.
struct CellShims {
  std::vector<v8::Global<v8::Function>> entries;  // by ShimSpec::entries
  std::vector<v8::Global<v8::Function>> host_imports;
  v8::Global<v8::Function> series;
  std::optional<uint32_t> series_slot;  // of the cell's table, once there was a fiber
};

// What a shim module and its instance take of the tables of the process.
struct ShimShares {
  FunctionShare functions;
  LiveBudget::Share exports;
};

// Lives as long as its Cell or any of its stores. Except where it says thread-safe, everything
// needs the cell's lock.
class CellState final : public GarbageHolder {
 public:
  // Errors: RESOURCE_EXHAUSTED.
  static absl::StatusOr<std::shared_ptr<CellState>> Create(V8Process& process, Census& census,
                                                           Watchdog& watchdog,
                                                           const EngineOptions& engine_options,
                                                           const CellOptions& options);
  // Without a lock.
  ~CellState() override;
  CellState(const CellState&) = delete;
  CellState& operator=(const CellState&) = delete;

  v8::Isolate* isolate() const { return isolate_; }
  v8::Local<v8::Context> context() const { return context_.Get(isolate_); }
  // The same without a new handle. REQUIRES: the cell is locked.
  v8::Local<v8::Context> entered_context() const { return entered_context_; }
  const WasmApi& api() const { return *api_; }
  Scratch& scratch() { return *scratch_; }
  FuncTable& table() { return *table_; }
  Fibers& fibers() { return *fibers_; }
  // Of the steps on the stack whose code runs: the thread's, or a fiber's.
  base::StackArena& arena() { return *arena_; }
  base::StackArena* SetArena(base::StackArena* arena) { return std::exchange(arena_, arena); }
  HeapGuard& heap() { return *heap_; }
  RunClock& clock() { return *clock_; }  // thread-safe
  Watchdog& watchdog() { return watchdog_; }
  Census& census() { return census_; }
  MemoryBudget& memory_budget() { return process_.memory_budget(); }  // thread-safe

  // What CellLock does around V8's scopes: takes the cell, on this thread any number of times...
  void Acquire() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.lock(); }
  void Release() ABSL_NO_THREAD_SAFETY_ANALYSIS { mutex_.unlock(); }
  // ... and what it does inside of them.
  void Locked();
  void BeforeUnlock();
  void CollectIfIdle() override;  // thread-safe

  // Takes a dead store; the next BeforeUnlock() destroys it. Thread-safe.
  void Bury(std::unique_ptr<Guest> store);
  size_t live_stores() const {
    return live_stores_.load(std::memory_order_relaxed);
  }  // thread-safe
  bool is_worn_out() const { return is_worn_out_.load(std::memory_order_relaxed); }  // thread-safe
  void StoreIsBorn() { live_stores_.fetch_add(1, std::memory_order_relaxed); }

  // Room in the heap for one more store. Errors: LimitError "cell_heap_bytes".
  absl::Status AdmitStore();

  // The module's object and names here, made at first use, kept while the module lives.
  // Errors: RESOURCE_EXHAUSTED.
  absl::StatusOr<const CellModule*> Module(const CompiledModule& module);
  // The one instance of these shims here, made at first use, kept while the shims live.
  absl::StatusOr<std::shared_ptr<CellShims>> Shims(const ShimModule& shims);
  // The slot of the table in which their series is, for the bottom of fibers.
  // Errors: RESOURCE_EXHAUSTED.
  absl::StatusOr<uint32_t> SeriesSlot(CellShims& shims);
  // A module that has run here, by V8's name for it; null for shims and others.
  std::shared_ptr<const CompiledModule> ModuleByUrl(std::string_view url) const;

  // Admits so many exported functions of a core instance; collects garbage where that helps.
  // Errors: LimitError "core_exports".
  absl::StatusOr<LiveBudget::Share> AdmitExports(uint64_t count);
  // What V8 still has until its next collections.
  GarbageShares& garbage() { return *garbage_; }

  // Admits one more linear memory of so many bytes to the process; collects this cell's garbage
  // where that helps. Errors: LimitError "memories", "total_memory_bytes" or "maps".
  absl::Status AdmitMemory(uint64_t bytes);

  // The outcome of a V8 call that threw while guest code may have run. REQUIRES: something was
  // thrown.
  absl::Status Failure(const v8::TryCatch& caught) { return Failure(Thrown(caught)); }
  absl::Status Failure(const Thrown& thrown);
  // What a step of davit's own has failed with: why the run was ended, if it was, else `status`.
  absl::Status OrTermination(absl::Status status) const;
  // OK unless the active run was shot.
  absl::Status CheckRunnable();

  // At the end of a run of `guest` in which the heap may have grown.
  void HeapMayHaveGrown(Guest& guest);
  // Within a run: what the heap has grown by until now is the current store's.
  void StoreChanges();

  bool run_active = false;
  // Whose code runs, innermost; null while none does.
  Guest* current = nullptr;
  // Whose fiber the innermost guest code runs on; null on the thread's stack.
  FiberUser* on_fiber = nullptr;
  // What the last host import returned that failed; its trap is on its way to the innermost call.
  absl::Status host_failure;

 private:
  CellState(V8Process& process, Census& census, Watchdog& watchdog,
            const EngineOptions& engine_options, const CellOptions& options);
  absl::Status Init();
  absl::StatusOr<std::shared_ptr<CellShims>> InstantiateShims(const ShimModule& shims);
  absl::StatusOr<v8::Local<v8::Object>> ShimImports();
  static void OnHostCall(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void OnNext(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void OnThrown(const v8::FunctionCallbackInfo<v8::Value>& info);
  // While it exists, no termination disturbs what davit does itself.
  class Undisturbed;
  void DestroyBuried();
  void SweepFibers(size_t most);
  void ForgetDeadModules();
  // REQUIRES: no guest code is on the stack.
  void RelieveHeap();
  void CollectGarbage();

  V8Process& process_;
  Census& census_;
  Watchdog& watchdog_;
  const size_t stack_bytes_;
  const size_t heap_bytes_;
  const uint32_t max_stacks_;
  v8::Isolate* const isolate_;
  const std::shared_ptr<RunClock> clock_;
  std::atomic<size_t> live_stores_ = 0;
  std::atomic<bool> is_worn_out_ = false;

  // Beside V8's Locker because that one cannot be tried.
  std::recursive_mutex mutex_;

  absl::Mutex buried_mutex_;
  std::vector<std::unique_ptr<Guest>> buried_ ABSL_GUARDED_BY(buried_mutex_);
  std::atomic<bool> has_buried_ = false;

  // V8 handles: destroyed under the lock by ~CellState, before the isolate.
  std::optional<GarbageShares> garbage_;
  v8::Global<v8::Context> context_;
  std::unique_ptr<WasmApi> api_;
  std::unique_ptr<Scratch> scratch_;
  std::unique_ptr<FuncTable> table_;
  std::unique_ptr<Fibers> fibers_;
  std::unique_ptr<HeapGuard> heap_;  // no handles, but of this isolate
  v8::Global<v8::Function> host_, next_, thrown_;
  absl::flat_hash_map<const CompiledModule*, std::unique_ptr<CellModule>> modules_;
  struct KnownShims {
    std::weak_ptr<const ShimModule> module;
    std::shared_ptr<const ShimShares> shares;
    std::shared_ptr<CellShims> shims;
  };
  absl::flat_hash_map<const ShimModule*, KnownShims> shims_;

  base::StackArena thread_arena_;
  base::StackArena* arena_ = &thread_arena_;
  int lock_depth_ = 0;
  v8::Local<v8::Context> entered_context_;  // a handle of the outermost lock
};

// Brackets a step that may run guest code: says whose it is.
class GuestScope {
 public:
  GuestScope(CellState& cell, Guest& guest)
      : cell_(cell), outer_(cell.current), top_(cell.scratch().top()) {
    if (outer_ != nullptr && outer_ != &guest) [[unlikely]]
      cell_.StoreChanges();
    cell_.current = &guest;
  }
  ~GuestScope() {
    if (outer_ != nullptr && outer_ != cell_.current) [[unlikely]]
      cell_.StoreChanges();
    cell_.current = outer_;
    cell_.scratch().set_top(top_);
  }
  GuestScope(const GuestScope&) = delete;
  GuestScope& operator=(const GuestScope&) = delete;

  // The scratch address that was free when the scope began.
  uint32_t top() const { return top_; }

 private:
  CellState& cell_;
  Guest* const outer_;
  const uint32_t top_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_CELL_STATE_H_
