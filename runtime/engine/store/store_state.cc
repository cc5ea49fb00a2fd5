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
                       std::shared_ptr<CellShims> cell_shims, HostImports& imports)
    : cell_(cell),
      limits_(limits),
      shim_module_(std::move(shims)),
      shims_(std::move(cell_shims)),
      imports_(imports) {
  cell_.heap().Add(*this);
}

StoreState::~StoreState() {
  Release();
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

// What waits of it would keep everything alive.
void StoreState::ReleaseHeap() {
  cell_.fibers().EndAllOf(this);
  Release();
  if (on_end_) on_end_();
}

void StoreState::Release() {
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
  Link* const outer = links_;
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
  FiberUser* const fiber = std::exchange(cell_.on_fiber, nullptr);
  const bool made =
      cell_.api().Instantiate(cell_.context(), object, import_object).ToLocal(&exports);
  cell_.on_fiber = fiber;
  if (!made) {
    Discard(std::move(exported));  // It may have come as far as its start function.
    return Unwind(outer, cell_.Failure(caught));
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
  FiberUser* const fiber = std::exchange(cell_.on_fiber, nullptr);
  const bool failed =
      shim.Get(isolate)
          ->Call(isolate, cell_.entered_context(), v8::Undefined(isolate), 0, nullptr)
          .IsEmpty();
  cell_.on_fiber = fiber;
  if (failed) [[unlikely]]
    return cell_.Failure(caught);
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
  Link* const outer = links_;
  if (absl::Status status = Enter(shims_->entries[func.entry]); !status.ok()) [[unlikely]] {
    return Unwind(outer, std::move(status));
  }
  std::copy_n(frame, func.shape.results, slots.begin());
  return absl::OkStatus();
}

absl::Status StoreState::Call(Steps& steps) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  const GuestScope scope(cell_, *this);
  Link link{.steps = steps, .outer = links_, .frame = scope.top(), .end_frame = scope.top()};
  links_ = &link;
  absl::Status status = Drive(link);
  links_ = link.outer;
  return status;
}

// Carries out the steps of an entry: in the guest, but for those that follow what was to be last.
absl::Status StoreState::Drive(Link& link) {
  while (Advance(link) == ShimOp::kCall) {
    const bool single = link.step.last && link.step.count == 1;
    absl::Status status = Enter(single ? shims_->entries[link.func.entry] : shims_->series);
    if (!status.ok()) [[unlikely]] {
      return Fail(link, Unwind(&link, std::move(status)));
    }
    if (link.step.kind == Step::Kind::kEnd) break;
    TakeResults(link, link.step.count);
    cell_.scratch().set_top(link.frame);
  }
  return std::move(link.status);
}

ShimOp StoreState::Next() {
  Link& link = *links_;
  if (link.step.kind == Step::Kind::kPark) [[unlikely]] {
    absl::Status failure = cell_.on_fiber->TakeFailure();
    if (!failure.ok()) return End(link, link.steps.Failed(0, std::move(failure)));
  } else {
    TakeResults(link, link.step.count);
  }
  cell_.scratch().set_top(link.frame);
  return Advance(link);
}

// Asks for the next step and puts its calls in place.
ShimOp StoreState::Advance(Link& link) {
  link.step = {};
  absl::Status status = link.steps.Next(link.step);
  if (!status.ok() || link.step.kind == Step::Kind::kEnd) return End(link, std::move(status));
  if (link.step.kind == Step::Kind::kCalls) {
    status = Put(link);
    return status.ok() ? ShimOp::kCall : End(link, std::move(status));
  }
  if (cell_.on_fiber == nullptr) return End(link, absl::InternalError("a guest cannot wait here"));
  status = cell_.on_fiber->Park();
  if (!status.ok()) return End(link, link.steps.Failed(0, std::move(status)));
  return ShimOp::kPark;
}

// The steps are over: the guest around them goes on, or fails.
ShimOp StoreState::End(Link& link, absl::Status status) {
  link.step = {};
  if (!link.end_mark) {
    link.status = std::move(status);
    return ShimOp::kDone;
  }
  Pop(link);
  return status.ok() ? ShimOp::kDone : Trap(std::move(status));
}

absl::Status StoreState::Put(Link& link) {
  DAVIT_RETURN_IF_ERROR(CheckRunnable());
  const Step& step = link.step;
  link.func = funcs_[step.func.value];
  const uint32_t slots = link.func.shape.slots();
  if (step.count == 0 || step.count > Step::kMaxCount ||
      step.slots.size() < size_t{slots} * step.count) {
    return absl::InternalError("too few slots for core calls, or too many calls");
  }
  Scratch& scratch = cell_.scratch();
  if (!scratch.HasRoom(slots, step.count)) return NestedTooDeep();
  scratch.set_top(link.frame + step.count * slots * kSlotBytes);
  const uint32_t used = step.count == 1 ? link.func.shape.params : slots;
  std::copy_n(step.slots.begin(), used * step.count, scratch.Frame(link.frame));
  scratch.SetEntry(link.func.slot, link.frame);
  scratch.SetSeries(link.func.entry, step.count, slots * kSlotBytes, step.last);
  return absl::OkStatus();
}

// What steps end with whose calls have failed.
absl::Status StoreState::Fail(Link& link, absl::Status status) {
  const uint32_t completed = Completed(link);
  TakeResults(link, completed);
  return link.steps.Failed(completed, std::move(status));
}

// Ends the steps within `end`, innermost first, after the failure of what they called.
absl::Status StoreState::Unwind(Link* end, absl::Status status) {
  while (links_ != end) {
    status = Fail(*links_, std::move(status));
    Pop(*links_);
  }
  return status;
}

// Ends the steps of a host import.
void StoreState::Pop(Link& link) {
  links_ = link.outer;
  cell_.scratch().set_top(link.end_frame);
  const base::StackArena::Mark mark = *link.end_mark;
  std::destroy_at(&link.steps);
  std::destroy_at(&link);
  cell_.arena().Release(mark);
}

// How many of the calls of the step have returned.
uint32_t StoreState::Completed(const Link& link) const {
  const uint32_t stride = link.func.shape.slots() * kSlotBytes;
  if (link.step.count == 1 || stride == 0) return 0;
  return (cell_.scratch().entry_frame() - link.frame) / stride;
}

void StoreState::TakeResults(const Link& link, uint32_t count) {
  const ShimShape& shape = link.func.shape;
  const uint32_t slots = link.step.count == 1 ? shape.results : shape.slots();
  std::copy_n(cell_.scratch().Frame(link.frame), slots * count, link.step.slots.begin());
}

ShimOp StoreState::HostCall(uint32_t index, uint32_t address) {
  Scratch& scratch = cell_.scratch();
  const uint32_t count = shim_module_->host_imports()[index].slots();
  scratch.set_top(address + count * kSlotBytes);
  HostFrame frame({scratch.Frame(address), count}, cell_.arena(), cell_.on_fiber != nullptr);
  absl::Status status = imports_.HostCall(index, frame);
  if (!status.ok()) [[unlikely]]
    return Trap(std::move(status));
  if (!frame.continues()) {
    scratch.set_top(address);
    return ShimOp::kDone;
  }
  void* const memory = cell_.arena().Allocate(sizeof(Link), alignof(Link));
  links_ = std::construct_at(static_cast<Link*>(memory), frame.TakeSteps(), links_, scratch.top(),
                             address, frame.begin());
  return Advance(*links_);
}

void StoreState::Thrown() {
  Trap(base::TrapStatus(base::TrapCode::kUncaughtException, "uncaught exception"));
}

// The guest traps, for this reason.
ShimOp StoreState::Trap(absl::Status status) {
  cell_.host_failure = std::move(status);
  return ShimOp::kTrap;
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
