#include "runtime/engine/store/store.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/engine/cell/cell_state.h"
#include "runtime/engine/cell/trap_report.h"
#include "runtime/engine/store/store_state.h"

namespace davit::engine {

absl::StatusOr<std::unique_ptr<Store>> Store::Create(CellLock& lock, const StoreLimits& limits,
                                                     std::shared_ptr<const ShimModule> shims,
                                                     HostImports& imports) {
  std::shared_ptr<CellState> cell = lock.cell().state_;
  const v8::HandleScope handles(cell->isolate());
  DAVIT_RETURN_IF_ERROR(cell->CheckRunnable());
  DAVIT_RETURN_IF_ERROR(cell->AdmitStore());
  DAVIT_ASSIGN_OR_RETURN(auto cell_shims, cell->Shims(*shims));
  auto state =
      std::make_unique<StoreState>(*cell, limits, std::move(shims), std::move(cell_shims), imports);
  cell->StoreIsBorn();
  return std::unique_ptr<Store>(new Store(std::move(cell), std::move(state)));
}

Store::Store(std::shared_ptr<CellState> cell, std::unique_ptr<StoreState> state)
    : cell_(std::move(cell)), state_(std::move(state)) {}

Store::~Store() {
  state_->ReleasePages();
  cell_->Bury(std::move(state_));
}

ExternId Store::HostFunc(CellLock&, uint32_t index) { return state_->HostFunc(index); }

absl::StatusOr<CoreInstanceId> Store::Instantiate(CellLock&, const CompiledModule& module,
                                                  std::span<const ExternId> imports) {
  return state_->Instantiate(module, imports);
}

absl::StatusOr<ExternId> Store::Export(CellLock&, CoreInstanceId instance, std::string_view name) {
  return state_->Export(instance, name);
}

absl::StatusOr<FuncId> Store::AddFunc(CellLock&, ExternId func, uint32_t entry) {
  return state_->AddFunc(func, entry);
}

absl::StatusOr<MemoryId> Store::AddMemory(CellLock&, ExternId memory) {
  return state_->AddMemory(memory);
}

std::span<uint8_t> Store::View(MemoryId memory) const { return state_->View(memory); }

absl::Status Store::Call(CellLock&, FuncId func, std::span<CoreSlot> slots) {
  return state_->Call(func, slots);
}

absl::Status Store::Call(CellLock&, Steps& steps) { return state_->Call(steps); }

absl::Status Store::CheckRun(CellLock&) { return state_->CheckRunnable(); }

absl::StatusOr<bool> Store::MakeRestorable(CellLock&) { return state_->MakeRestorable(); }
absl::StatusOr<bool> Store::Restore(CellLock&) { return state_->Restore(); }

void Store::Terminate(Termination why) {
  cell_->clock().Shoot(state_->run_number.load(std::memory_order_acquire), why);
}

void Store::OnEnd(CellLock&, std::function<void()> on_end) { state_->OnEnd(std::move(on_end)); }

absl::Status Store::ended() const {
  return state_->over_heap_limit() ? HeapLimitStatus() : absl::OkStatus();
}

uint64_t Store::memory_bytes() const { return state_->memory_bytes(); }

Run::Run(CellLock&, Store& store, absl::Time deadline) : store_(store) {
  CellState& cell = *store.cell_;
  if (cell.run_active) return;
  cell.run_active = true;
  heap_events_ = cell.heap().events();
  // Abseil would come to kNever too, slowly.
  const int64_t nanos =
      deadline == absl::InfiniteFuture() ? RunClock::kNever : absl::ToUnixNanos(deadline);
  number_ = cell.clock().Begin(nanos);
  store.state_->run_number.store(number_, std::memory_order_release);
  if (nanos != RunClock::kNever) cell.watchdog().Arm(nanos);
}

Run::~Run() {
  if (number_ == 0) return;
  CellState& cell = *store_.cell_;
  store_.state_->run_number.store(0, std::memory_order_release);
  if (cell.clock().End(number_)) cell.isolate()->CancelTerminateExecution();
  cell.run_active = false;
  if (cell.heap().MayHaveGrownSince(heap_events_)) [[unlikely]]
    cell.HeapMayHaveGrown(*store_.state_);
}

bool Run::terminated() const { return store_.cell_->clock().shot(); }

}  // namespace davit::engine
