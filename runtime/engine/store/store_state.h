#ifndef DAVIT_RUNTIME_ENGINE_STORE_STORE_STATE_H_
#define DAVIT_RUNTIME_ENGINE_STORE_STORE_STATE_H_

#include <v8.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/stack_arena.h"
#include "runtime/engine/cell/cell_state.h"
#include "runtime/engine/code/compiled_module.h"
#include "runtime/engine/code/shim_encoder.h"
#include "runtime/engine/store/ids.h"
#include "runtime/engine/store/steps.h"
#include "runtime/engine/store/store.h"

namespace davit::engine {

// The inside of a Store. Outlives it until its cell is locked again. Except where it says
// thread-safe, everything needs the cell's lock.
class StoreState final : public Guest {
 public:
  // The cell outlives it.
  StoreState(CellState& cell, const StoreLimits& limits, std::shared_ptr<const ShimModule> shims,
             std::shared_ptr<CellShims> cell_shims, HostImports& imports);
  // Under the lock.
  ~StoreState() override;
  StoreState(const StoreState&) = delete;
  StoreState& operator=(const StoreState&) = delete;

  // As in Store.
  ExternId HostFunc(uint32_t index);
  absl::StatusOr<CoreInstanceId> Instantiate(const CompiledModule& module,
                                             std::span<const ExternId> imports);
  absl::StatusOr<ExternId> Export(CoreInstanceId instance, std::string_view name);
  absl::StatusOr<FuncId> AddFunc(ExternId func, uint32_t entry);
  absl::StatusOr<MemoryId> AddMemory(ExternId memory);
  std::span<uint8_t> View(MemoryId memory) const;
  absl::Status Call(FuncId func, std::span<CoreSlot> slots);
  absl::Status Call(Steps& steps);
  absl::Status CheckRunnable();
  // As CellState::SeriesSlot, of its shims.
  absl::StatusOr<uint32_t> SeriesSlot() { return cell_.SeriesSlot(*shims_); }
  absl::StatusOr<bool> MakeRestorable();
  absl::StatusOr<bool> Restore();
  uint64_t memory_bytes() const;  // thread-safe

  ShimOp HostCall(uint32_t index, uint32_t frame) override;
  ShimOp Next() override;
  void Thrown() override;

  // The run that Terminate() aims at; 0 while there is none. Thread-safe.
  std::atomic<uint64_t> run_number = 0;

  // As Store::OnEnd.
  void OnEnd(std::function<void()> on_end) { on_end_ = std::move(on_end); }

  // Gives the pages of the store's memories back to the system, before V8 does. REQUIRES: no code
  // of the store runs ever again. Thread-safe.
  void ReleasePages();

 private:
  friend class FiberState;
  struct Func {
    uint32_t entry;  // in shims_
    uint32_t slot;   // of the cell's table
    ShimShape shape;
  };
  // Steps that are under way: those of an entry, in its C++ frame, or of a call of a host import,
  // in the arena.
  struct Link {
    Steps& steps;
    Link* const outer;
    const uint32_t frame;  // of the first call of each step
    // Where the first free frame is afterwards, and what the arena goes back to.
    const uint32_t end_frame;
    const std::optional<base::StackArena::Mark> end_mark;  // none: of an entry
    Step step;
    Func func;
    absl::Status status;  // of an entry: what Next() failed with
  };
  // `backing` keeps V8's memory, which stays in place while it grows.
  struct Memory {
    std::shared_ptr<v8::BackingStore> backing;
    uint8_t* base;
  };
  struct Instance {
    std::shared_ptr<const CompiledModule> module;  // kept for backtraces and for the next instance
    v8::Global<v8::Object> exports;
    LiveBudget::Share exported;
  };
  // A linear memory made here, and how it began. Its module keeps the image.
  struct OwnedMemory {
    std::shared_ptr<v8::BackingStore> backing;
    const MemoryImage* image;
    size_t initial_bytes;
  };
  // A global and the value that Restore() gives it.
  struct SavedGlobal {
    v8::Global<v8::Object> global;
    v8::Global<v8::Value> value;
  };
  using NewMemories = std::vector<v8::Local<v8::WasmMemoryObject>>;

  void ReleaseHeap() override;
  void Release();
  ExternId AddExtern(v8::Local<v8::Value> value);
  void Discard(LiveBudget::Share exported);
  absl::Status Enter(const v8::Global<v8::Function>& shim);
  absl::Status Drive(Link& link);
  ShimOp Advance(Link& link);
  ShimOp End(Link& link, absl::Status status);
  absl::Status Put(Link& link);
  absl::Status Fail(Link& link, absl::Status status);
  absl::Status Unwind(Link* end, absl::Status status);
  ShimOp Trap(absl::Status status);
  void Pop(Link& link);
  uint32_t Completed(const Link& link) const;
  void TakeResults(const Link& link, uint32_t count);
  absl::Status AdmitInstance(const ModulePlan& plan);
  absl::StatusOr<NewMemories> MakeMemories(const CompiledModule& module);
  absl::StatusOr<v8::Local<v8::WasmMemoryObject>> MakeMemory(const MemoryTemplate& memory);
  absl::StatusOr<bool> SaveGlobals(const Instance& instance);
  absl::StatusOr<bool> RestoreMemories();
  absl::Status RestoreGlobals();
  absl::StatusOr<v8::Local<v8::Object>> MakeImports(const CompiledModule& module,
                                                    const CellModule& names,
                                                    std::span<const ExternId> externs,
                                                    const NewMemories& memories);

  CellState& cell_;
  const StoreLimits limits_;
  const std::shared_ptr<const ShimModule> shim_module_;
  const std::shared_ptr<CellShims> shims_;
  HostImports& imports_;
  std::vector<v8::Global<v8::Value>> externs_;
  std::vector<Instance> instances_;
  std::vector<Func> funcs_;
  std::vector<Memory> memories_;  // by MemoryId
  std::vector<SavedGlobal> saved_globals_;
  std::function<void()> on_end_;
  Link* links_ = nullptr;  // the innermost
  uint32_t memory_count_ = 0;
  uint64_t table_elements_ = 0;  // that its tables may have
  // The linear memories made here; the mutex is for readers without the cell's lock.
  mutable absl::Mutex owned_mutex_;
  std::vector<OwnedMemory> owned_ ABSL_GUARDED_BY(owned_mutex_);
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_STORE_STORE_STATE_H_
