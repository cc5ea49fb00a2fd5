#include "runtime/engine/store/store_state.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/engine/cell/trap_report.h"
#include "runtime/engine/process/v8_util.h"

namespace davit::engine {
namespace {

constexpr auto kSlotBytes = static_cast<uint32_t>(sizeof(CoreSlot));

absl::Status NestedTooDeep() {
  return base::TrapStatus(base::TrapCode::kStackOverflow, "too many nested calls");
}

}  // namespace

StoreState::StoreState(CellState& cell, const StoreLimits& limits,
                       std::shared_ptr<const ShimModule> shims,
                       std::shared_ptr<const CellShims> cell_shims, HostImports& imports)
    : cell_(cell),
      limits_(limits),
      shim_module_(std::move(shims)),
      shims_(std::move(cell_shims)),
      imports_(imports) {
  cell_.heap().Add(*this);
}

StoreState::~StoreState() {
  StoreState::ReleaseHeap();
  cell_.heap().Remove(*this);
  cell_.heap().HolderIsGone();
  std::vector<OwnedMemory> memories;
  {
    absl::MutexLock lock(owned_mutex_);
    memories.swap(owned_);
  }
  for (const OwnedMemory& memory : memories) cell_.graveyard().Bury(memory.backing);
}

// What these are exports of is garbage now.
void StoreState::Discard(LiveBudget::Share exported) {
  if (exported.units() == 0) return;
  cell_.garbage().Add(std::make_shared<const LiveBudget::Share>(std::move(exported)));
}

void StoreState::ReleaseHeap() {
  const v8::Local<v8::Context> context = cell_.context();
  for (const Func& func : funcs_) cell_.table().Clear(context, func.slot);
  funcs_.clear();
  externs_.clear();
  saved_globals_.clear();
  for (Instance& instance : instances_) {
    instance.exports.Reset();
    Discard(std::move(instance.exported));
  }
  instances_.clear();
}

ExternId StoreState::AddExtern(v8::Local<v8::Value> value) {
  externs_.emplace_back(cell_.isolate(), value);
  return ExternId(static_cast<uint32_t>(externs_.size() - 1));
}

ExternId StoreState::HostFunc(uint32_t index) {
  const v8::HandleScope handles(cell_.isolate());
  return AddExtern(shims_->host_imports[index].Get(cell_.isolate()));
}

absl::Status StoreState::CheckRunnable() {
  if (over_heap_limit()) [[unlikely]]
    return HeapLimitStatus();
  return cell_.CheckRunnable();
}

absl::StatusOr<CoreInstanceId> StoreState::Instantiate(const CompiledModule& module,
                                                       std::span<const ExternId> imports) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  if (!cell_.scratch().HasRoom(0)) return NestedTooDeep();
  if (imports.size() != module.plan().import_count) {
    return absl::FailedPreconditionError(absl::StrCat(
        "link error: ", module.plan().import_count, " imports wanted, ", imports.size(), " given"));
  }
  DAVIT_RETURN_IF_ERROR(AdmitInstance(module.plan()));
  const GuestScope scope(cell_, *this);
  v8::Isolate* const isolate = cell_.isolate();
  const v8::HandleScope handles(isolate);
  const v8::TryCatch caught(isolate);
  DAVIT_ASSIGN_OR_RETURN(LiveBudget::Share exported,
                         cell_.AdmitExports(module.plan().function_exports));
  DAVIT_ASSIGN_OR_RETURN(const CellModule* in_cell, cell_.Module(module));
  const v8::Local<v8::WasmModuleObject> object = in_cell->object.Get(isolate);
  DAVIT_ASSIGN_OR_RETURN(const NewMemories memories, MakeMemories(module));
  DAVIT_ASSIGN_OR_RETURN(const v8::Local<v8::Object> import_object,
                         MakeImports(module, *in_cell, imports, memories));
  v8::Local<v8::Object> exports;
  if (!cell_.api().Instantiate(cell_.context(), object, import_object).ToLocal(&exports)) {
    Discard(std::move(exported));  // It may have come as far as its start function.
    return cell_.Failure(caught);
  }
  instances_.push_back({.module = module.shared_from_this(),
                        .exports = v8::Global<v8::Object>(isolate, exports),
                        .exported = std::move(exported)});
  return CoreInstanceId(static_cast<uint32_t>(instances_.size() - 1));
}

absl::Status StoreState::AdmitInstance(const ModulePlan& plan) {
  // Nothing can interrupt V8 while it makes one. Small ones are left to the limit of the heap.
  constexpr uint64_t kLarge = 1 << 20;
  if (plan.heap_bytes > kLarge) {
    DAVIT_RETURN_IF_ERROR(cell_.heap().Admit(plan.heap_bytes, HeapGuard::MayEnd::kNo));
  }
  const uint64_t elements = plan.table_elements;
  if (elements > limits_.table_elements - table_elements_) {
    return base::LimitError("table_elements", limits_.table_elements,
                            "the tables of an instance may have more, all together");
  }
  table_elements_ += elements;
  return absl::OkStatus();
}

absl::StatusOr<StoreState::NewMemories> StoreState::MakeMemories(const CompiledModule& module) {
  NewMemories memories;
  for (const MemoryTemplate& memory : module.plan().memories) {
    DAVIT_ASSIGN_OR_RETURN(auto made, MakeMemory(memory));
    memories.push_back(made);
  }
  return memories;
}

absl::StatusOr<v8::Local<v8::WasmMemoryObject>> StoreState::MakeMemory(
    const MemoryTemplate& memory) {
  const uint64_t cap = limits_.memory_bytes / base::kWasmPageBytes;
  if (memory.min_pages > cap) {
    return base::LimitError("memory_bytes", limits_.memory_bytes,
                            absl::StrCat("a memory starts with ", memory.min_pages, " pages"));
  }
  if (memory_count_ >= limits_.memories) {
    return base::LimitError("instance_memories", limits_.memories,
                            "no more memories in this store");
  }
  DAVIT_RETURN_IF_ERROR(cell_.AdmitMemory(memory.min_pages * base::kWasmPageBytes));
  const v8::TryCatch caught(cell_.isolate());
  v8::Local<v8::WasmMemoryObject> object;
  if (!cell_.api()
           .NewMemory(cell_.context(), memory.is64, memory.min_pages,
                      std::min(cap, memory.max_pages.value_or(cap)))
           .ToLocal(&object)) {
    cell_.census().MemoriesAreGone(1);
    return cell_.Failure(caught);
  }
  auto backing = object->Buffer()->GetBackingStore();
  const std::span<uint8_t> bytes(static_cast<uint8_t*>(backing->Data()), backing->ByteLength());
  ++memory_count_;
  {
    absl::MutexLock lock(owned_mutex_);
    owned_.push_back({.backing = std::move(backing),
                      .image = memory.image.get(),
                      .initial_bytes = bytes.size()});
  }
  DAVIT_RETURN_IF_ERROR(memory.image->ApplyTo(bytes));
  return object;
}

absl::StatusOr<v8::Local<v8::Object>> StoreState::MakeImports(const CompiledModule& module,
                                                              const CellModule& in_cell,
                                                              std::span<const ExternId> externs,
                                                              const NewMemories& memories) {
  v8::Isolate* const isolate = cell_.isolate();
  auto name = in_cell.names.begin();
  std::vector<v8::Local<v8::Name>> modules, fields;
  std::vector<v8::Local<v8::Value>> objects, values;
  for (const ImportNamespace& from : module.plan().imports) {
    modules.push_back((name++)->Get(isolate));
    fields.clear();
    values.clear();
    for (const ImportField& field : from.fields) {
      fields.push_back((name++)->Get(isolate));
      if (field.source == ImportField::Source::kMemory) {
        values.push_back(memories[field.index]);
      } else if (externs[field.index].value < externs_.size()) {
        values.push_back(externs_[externs[field.index].value].Get(isolate));
      } else {
        return absl::InternalError("an extern of another store");
      }
    }
    objects.push_back(BareObject(isolate, fields, values));
  }
  return BareObject(isolate, modules, objects);
}

absl::StatusOr<ExternId> StoreState::Export(CoreInstanceId instance, std::string_view name) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  v8::Isolate* const isolate = cell_.isolate();
  const v8::HandleScope handles(isolate);
  const v8::TryCatch caught(isolate);
  const absl::StatusOr<v8::Local<v8::Value>> value =
      GetProperty(cell_.context(), instances_[instance.value].exports.Get(isolate), name);
  if (!value.ok()) return cell_.OrTermination(value.status());
  if ((*value)->IsUndefined()) {
    return absl::NotFoundError(absl::StrCat("the core instance has no export '", name, "'"));
  }
  return AddExtern(*value);
}

absl::StatusOr<FuncId> StoreState::AddFunc(ExternId func, uint32_t entry) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  if (entry >= shims_->entries.size()) return absl::InternalError("no such entry shim");
  const v8::HandleScope handles(cell_.isolate());
  const auto slot = cell_.table().Put(cell_.context(), externs_[func.value].Get(cell_.isolate()));
  if (!slot.ok()) return cell_.OrTermination(slot.status());
  funcs_.push_back({.entry = entry, .slot = *slot, .shape = shim_module_->entries()[entry]});
  return FuncId(static_cast<uint32_t>(funcs_.size() - 1));
}

absl::StatusOr<MemoryId> StoreState::AddMemory(ExternId memory) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  const v8::HandleScope handles(cell_.isolate());
  const v8::Local<v8::Value> value = externs_[memory.value].Get(cell_.isolate());
  if (!value->IsWasmMemoryObject()) return absl::InvalidArgumentError("not a memory");
  auto backing = value.As<v8::WasmMemoryObject>()->Buffer()->GetBackingStore();
  auto* const base = static_cast<uint8_t*>(backing->Data());
  memories_.push_back({.backing = std::move(backing), .base = base});
  return MemoryId(static_cast<uint32_t>(memories_.size() - 1));
}

std::span<uint8_t> StoreState::View(MemoryId memory) const {
  const Memory& view = memories_[memory.value];
  return {view.base, view.backing->ByteLength()};
}

// Runs a shim that has no parameters. Its words are set.
absl::Status StoreState::Enter(const v8::Global<v8::Function>& shim) {
  v8::Isolate* const isolate = cell_.isolate();
  const v8::HandleScope handles(isolate);
  const v8::TryCatch caught(isolate);
  if (shim.Get(isolate)
          ->Call(isolate, cell_.entered_context(), v8::Undefined(isolate), 0, nullptr)
          .IsEmpty()) [[unlikely]] {
    return cell_.Failure(caught);
  }
  return absl::OkStatus();
}

absl::Status StoreState::Call(FuncId id, std::span<CoreSlot> slots) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  const Func func = funcs_[id.value];  // A copy: a host import may add more.
  const uint32_t count = func.shape.slots();
  if (slots.size() < count) return absl::InternalError("too few slots for a core call");
  Scratch& scratch = cell_.scratch();
  if (!scratch.HasRoom(count)) return NestedTooDeep();
  const GuestScope scope(cell_, *this);
  CoreSlot* const frame = scratch.Frame(scope.top());
  scratch.set_top(scope.top() + count * kSlotBytes);
  std::copy_n(slots.begin(), func.shape.params, frame);
  scratch.SetEntry(func.slot, scope.top());
  DAVIT_RETURN_IF_ERROR(Enter(shims_->entries[func.entry]));
  std::copy_n(frame, func.shape.results, slots.begin());
  return absl::OkStatus();
}

absl::Status StoreState::Call(CallSeries& calls) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  const GuestScope scope(cell_, *this);
  Series series{.calls = calls, .frame = scope.top(), .outer = series_};
  series_ = &series;
  absl::Status status;
  if (Advance(series)) {
    const bool single = series.current.last && series.current.count == 1;
    status = Enter(single ? shims_->entries[series.func.entry] : shims_->series);
  }
  series_ = series.outer;
  if (!status.ok()) [[unlikely]] {
    const uint32_t completed = Completed(series);
    TakeResults(series, completed);
    return calls.Failed(completed, std::move(status));
  }
  if (!series.status.ok()) return std::move(series.status);
  if (series.current.last) TakeResults(series, series.current.count);
  return absl::OkStatus();
}

bool StoreState::NextInSeries() {
  Series& series = *series_;
  TakeResults(series, series.current.count);
  cell_.scratch().set_top(series.frame);
  return Advance(series);
}

// Puts the next calls in place. Returns whether there are any: at the end and after a failure,
// which is in series.status, there are not.
bool StoreState::Advance(Series& series) {
  series.current.count = 0;
  series.current.last = false;
  series.status = series.calls.Next(series.current);
  if (!series.status.ok() || series.current.count == 0) return false;
  series.status = Put(series);
  return series.status.ok();
}

absl::Status StoreState::Put(Series& series) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  const CoreCalls& calls = series.current;
  series.func = funcs_[calls.func.value];
  const uint32_t slots = series.func.shape.slots();
  if (calls.count > CoreCalls::kMaxCount || calls.slots.size() < size_t{slots} * calls.count) {
    return absl::InternalError("too few slots for core calls, or too many calls");
  }
  Scratch& scratch = cell_.scratch();
  if (!scratch.HasRoom(slots, calls.count)) return NestedTooDeep();
  scratch.set_top(series.frame + calls.count * slots * kSlotBytes);
  const uint32_t used = calls.count == 1 ? series.func.shape.params : slots;
  std::copy_n(calls.slots.begin(), used * calls.count, scratch.Frame(series.frame));
  scratch.SetEntry(series.func.slot, series.frame);
  scratch.SetSeries(series.func.entry, calls.count, slots * kSlotBytes, calls.last);
  return absl::OkStatus();
}

// How many of the current calls have returned.
uint32_t StoreState::Completed(const Series& series) const {
  const uint32_t stride = series.func.shape.slots() * kSlotBytes;
  if (series.current.count == 1 || stride == 0) return 0;
  return (cell_.scratch().entry_frame() - series.frame) / stride;
}

void StoreState::TakeResults(const Series& series, uint32_t count) {
  const ShimShape& shape = series.func.shape;
  const uint32_t slots = series.current.count == 1 ? shape.results : shape.slots();
  std::copy_n(cell_.scratch().Frame(series.frame), slots * count, series.current.slots.begin());
}

bool StoreState::HostCall(uint32_t index, uint32_t frame) {
  Scratch& scratch = cell_.scratch();
  const uint32_t count = shim_module_->host_imports()[index].slots();
  scratch.set_top(frame + count * kSlotBytes);
  absl::Status status = imports_.HostCall(index, {scratch.Frame(frame), count});
  scratch.set_top(frame);
  if (status.ok()) [[likely]]
    return true;
  cell_.host_failure = std::move(status);
  return false;
}

absl::StatusOr<bool> StoreState::MakeRestorable() {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  for (const Instance& instance : instances_) {
    if (!instance.module->plan().globals) return false;
  }
  const v8::HandleScope handles(cell_.isolate());
  for (const Instance& instance : instances_) {
    DAVIT_ASSIGN_OR_RETURN(const bool saved, SaveGlobals(instance));
    if (!saved) return false;
  }
  return true;
}

// False when a value does not survive the way through V8's API, which quiets a NaN.
absl::StatusOr<bool> StoreState::SaveGlobals(const Instance& instance) {
  v8::Isolate* const isolate = cell_.isolate();
  const v8::TryCatch caught(isolate);
  for (const std::string& name : *instance.module->plan().globals) {
    DAVIT_ASSIGN_OR_RETURN(const v8::Local<v8::Value> global,
                           GetProperty(cell_.context(), instance.exports.Get(isolate), name));
    v8::Local<v8::Value> value;
    if (!global->IsObject() ||
        !cell_.api().GetGlobal(cell_.context(), global.As<v8::Object>()).ToLocal(&value)) {
      return absl::InternalError("an instance does not show its globals");
    }
    if (value->IsNumber() && std::isnan(value.As<v8::Number>()->Value())) return false;
    saved_globals_.push_back({.global = v8::Global<v8::Object>(isolate, global.As<v8::Object>()),
                              .value = v8::Global<v8::Value>(isolate, value)});
  }
  return true;
}

absl::StatusOr<bool> StoreState::Restore() {
  if (over_heap_limit()) return false;
  DAVIT_ASSIGN_OR_RETURN(const bool restored, RestoreMemories());
  if (!restored) return false;
  DAVIT_RETURN_IF_ERROR(RestoreGlobals());
  return true;
}

absl::StatusOr<bool> StoreState::RestoreMemories() {
  absl::MutexLock lock(owned_mutex_);
  for (const OwnedMemory& memory : owned_) {
    const size_t bytes = memory.backing->ByteLength();
    if (bytes != memory.initial_bytes) return false;
    if (bytes == 0) continue;
    auto* const data = static_cast<uint8_t*>(memory.backing->Data());
    // What is mapped from an image falls back to it, the rest to zeros.
    if (madvise(data, bytes, MADV_DONTNEED) != 0) return false;
    if (!memory.image->mapped()) DAVIT_RETURN_IF_ERROR(memory.image->ApplyTo({data, bytes}));
  }
  return true;
}

absl::Status StoreState::RestoreGlobals() {
  v8::Isolate* const isolate = cell_.isolate();
  const v8::HandleScope handles(isolate);
  const v8::TryCatch caught(isolate);
  for (const SavedGlobal& saved : saved_globals_) {
    if (!cell_.api().SetGlobal(cell_.context(), saved.global.Get(isolate),
                               saved.value.Get(isolate))) {
      return absl::InternalError("a global does not take its value back");
    }
  }
  return absl::OkStatus();
}

uint64_t StoreState::memory_bytes() const {
  absl::MutexLock lock(owned_mutex_);
  uint64_t bytes = 0;
  for (const OwnedMemory& memory : owned_) bytes += memory.backing->ByteLength();
  return bytes;
}

void StoreState::ReleasePages() {
  absl::MutexLock lock(owned_mutex_);
  for (const OwnedMemory& memory : owned_) {
    const size_t bytes = memory.backing->ByteLength();
    if (bytes == 0) continue;
    madvise(memory.backing->Data(), bytes, MADV_DONTNEED);
    cell_.memory_budget().Release(memory.backing->Data());
  }
}

}  // namespace davit::engine
