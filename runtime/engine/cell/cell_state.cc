#include "runtime/engine/cell/cell_state.h"

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/engine/cell/thread_stack.h"
#include "runtime/engine/cell/trap_report.h"
#include "runtime/engine/code/shim_encoder.h"
#include "runtime/engine/process/gc_stress.h"
#include "runtime/engine/process/platform.h"
#include "runtime/engine/process/termination.h"
#include "runtime/engine/process/v8_util.h"

namespace davit::engine {
namespace {

// Stacks that are ended before the lock of a cell is given back: some 2 ms.
constexpr size_t kFibersAtATime = 256;

// A cell that has lost such a part of its heap takes no new stores.
constexpr size_t kWornOutPart = 16;

constexpr uint32_t kCellSlot = 0;  // of the isolate's embedder data

absl::Status V8Failure(v8::Isolate* isolate, std::string_view what, const v8::TryCatch& caught) {
  return absl::ResourceExhaustedError(
      absl::StrCat("V8 cannot ", what, ": ", MessageOf(isolate, caught)));
}

}  // namespace

class CellState::Undisturbed {
 public:
  explicit Undisturbed(CellState& cell) : cell_(cell) {
    cell_.isolate_->CancelTerminateExecution();
  }
  // What was fired meanwhile may have been taken back as well.
  ~Undisturbed() {
    if (cell_.clock_->shot() || cell_.heap_->exhausted()) cell_.isolate_->TerminateExecution();
  }
  Undisturbed(const Undisturbed&) = delete;
  Undisturbed& operator=(const Undisturbed&) = delete;

 private:
  CellState& cell_;
};

CellState::CellState(V8Process& process, Census& census, Watchdog& watchdog,
                     const EngineOptions& engine_options, const CellOptions& options)
    : process_(process),
      census_(census),
      watchdog_(watchdog),
      stack_bytes_(engine_options.guest_stack_bytes),
      heap_bytes_(options.heap_bytes),
      max_stacks_(options.max_stacks),
      isolate_(process.NewIsolate(options.heap_bytes)),
      clock_(std::make_shared<RunClock>([isolate = isolate_] { isolate->TerminateExecution(); })) {}

absl::StatusOr<std::shared_ptr<CellState>> CellState::Create(V8Process& process, Census& census,
                                                             Watchdog& watchdog,
                                                             const EngineOptions& engine_options,
                                                             const CellOptions& options) {
  DAVIT_RETURN_IF_ERROR(census.AdmitCell());
  std::shared_ptr<CellState> cell(
      new CellState(process, census, watchdog, engine_options, options));
  DAVIT_RETURN_IF_ERROR(cell->Init());
  census.Register(cell);
  return cell;
}

absl::Status CellState::Init() {
  const v8::Locker locker(isolate_);
  const v8::Isolate::Scope isolate_scope(isolate_);
  const v8::HandleScope handles(isolate_);
  isolate_->SetData(kCellSlot, this);
  isolate_->SetData(kRunClockSlot, clock_.get());
  isolate_->SetCaptureStackTraceForUncaughtExceptions(true, kMaxTrapFrames);
  heap_ = std::make_unique<HeapGuard>(isolate_, heap_bytes_, [this] { return current; });
  garbage_.emplace(isolate_);
  isolate_->SetWasmJSPIEnabledCallback([](v8::Local<v8::Context>) { return true; });
  const v8::Local<v8::Context> context = v8::Context::New(isolate_);
  context_.Reset(isolate_, context);
  const v8::Context::Scope context_scope(context);
  isolate_->InstallConditionalFeatures(context);
  DAVIT_ASSIGN_OR_RETURN(api_, WasmApi::Create(context));
  DAVIT_ASSIGN_OR_RETURN(scratch_, Scratch::Create(context, *api_));
  DAVIT_ASSIGN_OR_RETURN(table_, FuncTable::Create(context, *api_));
  DAVIT_ASSIGN_OR_RETURN(
      fibers_, Fibers::Create(context, scratch_->object(isolate_), table_->object(isolate_),
                              max_stacks_, process_.stack_budget()));
  for (auto [function, callback, params] :
       {std::tuple{&host_, OnHostCall, 2}, {&next_, OnNext, 0}, {&thrown_, OnThrown, 0}}) {
    v8::Local<v8::Function> made;
    if (!v8::Function::New(context, callback, {}, params, v8::ConstructorBehavior::kThrow)
             .ToLocal(&made)) {
      return absl::InternalError("V8 makes no host function");
    }
    function->Reset(isolate_, made);
  }
  watchdog_.Add(clock_);
  return absl::OkStatus();
}

CellState::~CellState() {
  watchdog_.Remove(*clock_);
  {
    const v8::Locker locker(isolate_);
    const v8::Isolate::Scope isolate_scope(isolate_);
    const v8::HandleScope handles(isolate_);
    if (!context_.IsEmpty()) {
      const v8::Context::Scope context_scope(context());
      DestroyBuried();
    }
    shims_.clear();
    modules_.clear();
    host_.Reset();
    next_.Reset();
    thrown_.Reset();
    fibers_.reset();  // Those that are parked go with the isolate.
    table_.reset();
    scratch_.reset();
    api_.reset();
    context_.Reset();
    garbage_.reset();
    heap_.reset();
  }
  isolate_->Dispose();
  census_.MemoriesAreGone(graveyard().Sweep());
  census_.CellIsGone();
}

void CellState::Locked() {
  if (++lock_depth_ > 1) return;
  isolate_->SetStackLimit(GuestStackLimit(stack_bytes_));
  entered_context_ = context();
  PageAllocator::CountOnThisThread(&heap_->page_events());
}

void CellState::BeforeUnlock() {
  if (--lock_depth_ > 0) return;
  // In this order: what is parked keeps its store from being collected.
  if (fibers_->needs_sweep()) [[unlikely]]
    SweepFibers(kFibersAtATime);
  if (has_buried_.load(std::memory_order_acquire)) DestroyBuried();
  process_.RunTasks(isolate_);
  if (heap_->needs_relief()) [[unlikely]]
    RelieveHeap();
  if (fibers_->lost_bytes() > heap_bytes_ / kWornOutPart) [[unlikely]]
    is_worn_out_.store(true, std::memory_order_relaxed);
  PageAllocator::CountOnThisThread(nullptr);
}

void CellState::SweepFibers(size_t most) {
  const Undisturbed undisturbed(*this);
  fibers_->Sweep(most);
  if (!fibers_->has_buried() && fibers_->has_ended_many()) {
    fibers_->ForgetEnded();
    CollectGarbage();
  }
}

void CellState::Bury(std::unique_ptr<Guest> store) {
  live_stores_.fetch_sub(1, std::memory_order_relaxed);
  absl::MutexLock lock(buried_mutex_);
  buried_.push_back(std::move(store));
  has_buried_.store(true, std::memory_order_release);
}

void CellState::DestroyBuried() {
  std::vector<std::unique_ptr<Guest>> dead;
  {
    absl::MutexLock lock(buried_mutex_);
    dead.swap(buried_);
    has_buried_.store(false, std::memory_order_release);
  }
  if (dead.empty()) return;
  const Undisturbed undisturbed(*this);
  const v8::HandleScope handles(isolate_);
  dead.clear();
  ForgetDeadModules();
  // A full collection takes some 3 us per live store, which the dead ones must be worth.
  const size_t garbage = graveyard().size() + garbage_->size();
  if (census_.scarce() && garbage > 64 + live_stores() / 4) CollectGarbage();
  if (garbage_->size() > 0 && process_.code_budget().scarce()) CollectGarbage();
  census_.MemoriesAreGone(graveyard().Sweep());
}

void CellState::ForgetDeadModules() {
  std::vector<std::shared_ptr<const void>> shares;
  absl::erase_if(modules_, [&shares](const auto& known) {
    if (!known.second->module.expired()) return false;
    shares.push_back(known.second->functions);
    return true;
  });
  absl::erase_if(shims_, [&shares, this](const auto& known) {
    if (!known.second.module.expired()) return false;
    shares.push_back(known.second.shares);
    if (const auto slot = known.second.shims->series_slot) table_->Clear(context(), *slot);
    return true;
  });
  for (auto& share : shares) garbage_->Add(std::move(share));
}

absl::StatusOr<const CellModule*> CellState::Module(const CompiledModule& module) {
  // A dead module's address may be in use again.
  const auto known = modules_.find(&module);
  if (known != modules_.end() && !known->second->module.expired()) return known->second.get();
  ForgetDeadModules();
  auto made = std::make_unique<CellModule>();
  const v8::TryCatch caught(isolate_);
  v8::Local<v8::WasmModuleObject> object;
  if (!v8::WasmModuleObject::FromCompiledModule(isolate_, module.code()).ToLocal(&object)) {
    return OrTermination(V8Failure(isolate_, "take a module into a cell", caught));
  }
  made->module = module.weak_from_this();
  made->functions = module.functions_in_v8();
  made->object.Reset(isolate_, object);
  for (const ImportNamespace& from : module.plan().imports) {
    DAVIT_ASSIGN_OR_RETURN(v8::Local<v8::String> name, V8String(isolate_, from.module));
    made->names.emplace_back(isolate_, name);
    for (const ImportField& field : from.fields) {
      DAVIT_ASSIGN_OR_RETURN(name, V8String(isolate_, field.name));
      made->names.emplace_back(isolate_, name);
    }
  }
  return (modules_[&module] = std::move(made)).get();
}

std::shared_ptr<const CompiledModule> CellState::ModuleByUrl(std::string_view url) const {
  for (const auto& [address, known] : modules_) {
    if (auto module = known->module.lock(); module != nullptr && module->url() == url) {
      return module;
    }
  }
  return nullptr;
}

absl::StatusOr<std::shared_ptr<CellShims>> CellState::Shims(const ShimModule& shims) {
  const auto known = shims_.find(&shims);
  if (known != shims_.end() && !known->second.module.expired()) return known->second.shims;
  ForgetDeadModules();
  DAVIT_ASSIGN_OR_RETURN(auto exports, AdmitExports(shims.exports()));
  DAVIT_ASSIGN_OR_RETURN(auto made, InstantiateShims(shims));
  auto shares = std::make_shared<const ShimShares>(shims.functions_in_v8(), std::move(exports));
  shims_[&shims] = {.module = shims.weak_from_this(), .shares = std::move(shares), .shims = made};
  return made;
}

absl::StatusOr<std::shared_ptr<CellShims>> CellState::InstantiateShims(const ShimModule& shims) {
  const v8::Local<v8::Context> context = this->context();
  const v8::TryCatch caught(isolate_);
  v8::Local<v8::WasmModuleObject> module;
  if (!v8::WasmModuleObject::FromCompiledModule(isolate_, shims.code()).ToLocal(&module)) {
    return OrTermination(V8Failure(isolate_, "take shims into a cell", caught));
  }
  DAVIT_ASSIGN_OR_RETURN(const v8::Local<v8::Object> imports, ShimImports());
  v8::Local<v8::Object> exports;
  if (!api_->Instantiate(context, module, imports).ToLocal(&exports)) return Failure(caught);
  auto made = std::make_shared<CellShims>();
  DAVIT_ASSIGN_OR_RETURN(auto series, GetProperty(context, exports, kSeriesName));
  made->series.Reset(isolate_, series.As<v8::Function>());
  for (uint32_t i = 0; i < shims.entries().size(); ++i) {
    DAVIT_ASSIGN_OR_RETURN(auto shim, GetProperty(context, exports, EntryShimName(i)));
    made->entries.emplace_back(isolate_, shim.As<v8::Function>());
  }
  for (uint32_t i = 0; i < shims.host_imports().size(); ++i) {
    DAVIT_ASSIGN_OR_RETURN(auto shim, GetProperty(context, exports, HostShimName(i)));
    made->host_imports.emplace_back(isolate_, shim.As<v8::Function>());
  }
  return made;
}

absl::StatusOr<uint32_t> CellState::SeriesSlot(CellShims& shims) {
  if (!shims.series_slot) {
    DAVIT_ASSIGN_OR_RETURN(shims.series_slot, table_->Put(context(), shims.series.Get(isolate_)));
  }
  return *shims.series_slot;
}

absl::StatusOr<v8::Local<v8::Object>> CellState::ShimImports() {
  DAVIT_ASSIGN_OR_RETURN(v8::Local<v8::Name> from, V8String(isolate_, kShimImportModule));
  std::array<v8::Local<v8::Name>, 6> names;
  for (auto [name, text] : {std::pair{&names[0], kShimScratch},
                            {&names[1], kShimTable},
                            {&names[2], kShimHost},
                            {&names[3], kShimNext},
                            {&names[4], kShimThrown},
                            {&names[5], kShimPark}}) {
    DAVIT_ASSIGN_OR_RETURN(*name, V8String(isolate_, text));
  }
  std::array<v8::Local<v8::Value>, 6> values = {
      scratch_->object(isolate_), table_->object(isolate_), host_.Get(isolate_),
      next_.Get(isolate_),        thrown_.Get(isolate_),    fibers_->park()};
  v8::Local<v8::Value> fields = BareObject(isolate_, names, values);
  return BareObject(isolate_, {&from, 1}, {&fields, 1});
}

void CellState::OnHostCall(const v8::FunctionCallbackInfo<v8::Value>& info) {
  auto* const cell = static_cast<CellState*>(info.GetIsolate()->GetData(kCellSlot));
  const auto index = static_cast<uint32_t>(info[0].As<v8::Int32>()->Value());
  const auto frame = static_cast<uint32_t>(info[1].As<v8::Int32>()->Value());
  StressGc(info.GetIsolate());
  const ShimOp op =
      cell->current == nullptr ? ShimOp::kTrap : cell->current->HostCall(index, frame);
  info.GetReturnValue().Set(std::to_underlying(op));
}

void CellState::OnNext(const v8::FunctionCallbackInfo<v8::Value>& info) {
  auto* const cell = static_cast<CellState*>(info.GetIsolate()->GetData(kCellSlot));
  cell->fibers_->WakeIfEntered();
  // Nobody's is a parked stack that is being ended.
  const ShimOp op = cell->current == nullptr ? ShimOp::kTrap : cell->current->Next();
  info.GetReturnValue().Set(std::to_underlying(op));
}

void CellState::OnThrown(const v8::FunctionCallbackInfo<v8::Value>& info) {
  static_cast<CellState*>(info.GetIsolate()->GetData(kCellSlot))->current->Thrown();
}

absl::Status CellState::AdmitMemory(uint64_t bytes) {
  DAVIT_RETURN_IF_ERROR(memory_budget().Admit(bytes));
  absl::Status status = census_.AdmitMemory();
  if (status.ok()) return status;
  DestroyBuried();
  if (graveyard().size() > 0) CollectGarbage();
  census_.CollectIdle();
  return census_.AdmitMemory();
}

absl::StatusOr<LiveBudget::Share> CellState::AdmitExports(uint64_t count) {
  auto share = census_.exports().Take(count);
  if (share.ok()) return share;
  DestroyBuried();
  if (garbage_->size() > 0) CollectGarbage();
  census_.CollectIdle([&] {
    share = census_.exports().Take(count);
    return share.ok();
  });
  if (share.ok()) return share;
  return census_.exports().Take(count);
}

void CellState::CollectGarbage() {
  isolate_->LowMemoryNotification();
  census_.MemoriesAreGone(graveyard().Sweep());
}

// Called by a thread that may be in another cell: V8 lets a thread enter one isolate from within
// another. V8 frees code that a cell may have used once the cell has run its tasks.
void CellState::CollectIfIdle() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || lock_depth_ > 0) return;
  const v8::Locker locker(isolate_);
  const v8::Isolate::Scope isolate_scope(isolate_);
  const v8::HandleScope handles(isolate_);
  const v8::Context::Scope context_scope(context());
  SweepFibers(std::numeric_limits<size_t>::max());
  DestroyBuried();
  ForgetDeadModules();  // Also those that no store was made of lately.
  if (graveyard().size() > 0 || garbage_->size() > 0) CollectGarbage();
  process_.RunTasks(isolate_);
}

absl::Status CellState::Failure(const Thrown& thrown) {
  const absl::Status host = std::exchange(host_failure, absl::OkStatus());
  if (clock_->shot()) return TerminationStatus(clock_->reason());
  // Nothing but the clock and the heap ends guests.
  if (heap_->exhausted() || thrown.is_termination) return HeapLimitStatus();
  const auto modules = [this](std::string_view url) { return ModuleByUrl(url); };
  if (!host.ok()) return WithFrames(host, isolate_, thrown, modules);
  return StatusOfException(context(), thrown, *api_, modules);
}

absl::Status CellState::OrTermination(absl::Status status) const {
  if (clock_->shot()) return TerminationStatus(clock_->reason());
  if (heap_->exhausted()) return HeapLimitStatus();
  return status;
}

absl::Status CellState::CheckRunnable() {
  StressGc(isolate_);
  if (heap_->exhausted() && current == nullptr && !run_active) [[unlikely]]
    RelieveHeap();
  if (clock_->shot()) [[unlikely]]
    return TerminationStatus(clock_->reason());
  return absl::OkStatus();
}

absl::Status CellState::AdmitStore() {
  const bool is_idle = !run_active && current == nullptr;
  if (is_idle && heap_->needs_relief()) [[unlikely]]
    RelieveHeap();
  if (heap_->HasRoom(0)) [[likely]]
    return absl::OkStatus();
  DestroyBuried();
  return heap_->Admit(0, is_idle ? HeapGuard::MayEnd::kYes : HeapGuard::MayEnd::kNo);
}

void CellState::HeapMayHaveGrown(Guest& guest) {
  heap_->RunEnds(guest);
  if (heap_->needs_relief()) RelieveHeap();
}

void CellState::StoreChanges() { heap_->HolderChanges(current); }

void CellState::RelieveHeap() {
  DestroyBuried();
  isolate_->CancelTerminateExecution();
  heap_->Relieve();
  isolate_->CancelTerminateExecution();
  if (clock_->shot()) isolate_->TerminateExecution();  // That one was not for the heap.
}

}  // namespace davit::engine
