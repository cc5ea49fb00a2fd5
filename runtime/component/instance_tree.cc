#include "runtime/component/instance_tree.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <variant>

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"

namespace davit::component {

using base::TrapCode;
using base::TrapStatus;
using engine::CoreSlot;

// Makes a thread's lock known to callbacks while it is inside.
class InstanceTree::Entered {
 public:
  Entered(InstanceTree& tree, engine::CellLock& lock) : tree_(tree) { tree.lock_ = &lock; }
  ~Entered() { tree_.lock_ = nullptr; }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  InstanceTree& tree_;
};

// Clears may_enter of the instances that a call enters, until it returns.
class InstanceTree::EnteredInstances {
 public:
  EnteredInstances(InstanceTree& tree, const std::vector<InstanceIndex>& entering)
      : tree_(tree), entering_(entering) {
    Set(false);
  }
  ~EnteredInstances() { Set(true); }
  EnteredInstances(const EnteredInstances&) = delete;
  EnteredInstances& operator=(const EnteredInstances&) = delete;

 private:
  void Set(bool may_enter) {
    for (InstanceIndex i : entering_) tree_.instances_[i.value].may_enter = may_enter;
  }
  InstanceTree& tree_;
  const std::vector<InstanceIndex>& entering_;
};

// A new task with empty task-local storage, until it ends.
class InstanceTree::CurrentTask {
 public:
  explicit CurrentTask(InstanceTree& tree)
      : tree_(tree), caller_(std::exchange(tree.task_context_, TaskContext{})) {}
  ~CurrentTask() { tree_.task_context_ = caller_; }
  CurrentTask(const CurrentTask&) = delete;
  CurrentTask& operator=(const CurrentTask&) = delete;

 private:
  InstanceTree& tree_;
  const TaskContext caller_;
};

// Clears an instance's may_leave while its realloc or a post-return runs.
class InstanceTree::NoLeave {
 public:
  explicit NoLeave(InstanceState& instance)
      : instance_(instance), may_leave_(std::exchange(instance.may_leave, false)) {}
  ~NoLeave() { instance_.may_leave = may_leave_; }
  NoLeave(const NoLeave&) = delete;
  NoLeave& operator=(const NoLeave&) = delete;

 private:
  InstanceState& instance_;
  const bool may_leave_;
};

namespace {

absl::Status CheckBorrows(const resources::CallScope& scope) {
  if (scope.num_borrows() == 0) [[likely]]
    return absl::OkStatus();
  return TrapStatus(TrapCode::kBorrowsOutstanding,
                    "borrow handles still remain at the end of the call");
}

}  // namespace

// Calls of realloc and nothing else.
class InstanceTree::ReallocSeries final : public engine::CallSeries {
 public:
  ReallocSeries(engine::FuncId realloc, std::span<CoreSlot> frames)
      : realloc_(realloc), frames_(frames) {}
  static void SetCalls(engine::CoreCalls& calls, engine::FuncId realloc,
                       std::span<CoreSlot> frames) {
    calls.func = realloc;
    calls.count = static_cast<uint32_t>(frames.size() / canon::GuestMemory::kReallocSlots);
    calls.slots = frames;
  }
  absl::Status Next(engine::CoreCalls& calls) override {
    SetCalls(calls, realloc_, frames_);
    calls.last = true;
    completed_ = calls.count;
    return absl::OkStatus();
  }
  absl::Status Failed(uint32_t completed, absl::Status status) override {
    completed_ = completed;
    return status;
  }
  size_t completed() const { return completed_; }

 private:
  const engine::FuncId realloc_;
  const std::span<CoreSlot> frames_;
  size_t completed_ = 0;
};

class InstanceTree::OptionsMemory final : public canon::GuestMemory {
 public:
  OptionsMemory(InstanceTree& tree, const Options& options) : tree_(tree), options_(options) {}

  std::span<uint8_t> View() override {
    if (!options_.memory) return {};
    return tree_.store_->View(tree_.memories_[options_.memory->value]);
  }

  absl::StatusOr<uint32_t> Realloc(uint32_t old_ptr, uint32_t old_size, uint32_t alignment,
                                   uint32_t new_size) override {
    DAVIT_RETURN_IF_ERROR(CheckRealloc());
    const NoLeave no_leave(instance());
    const CurrentTask task(tree_);
    std::array<CoreSlot, kReallocSlots> slots = {old_ptr, old_size, alignment, new_size};
    DAVIT_RETURN_IF_ERROR(tree_.store_->Call(*tree_.lock_, realloc(), slots));
    return static_cast<uint32_t>(slots[0]);
  }

  absl::Status ReallocEach(std::span<CoreSlot> frames, size_t& completed) override {
    completed = 0;
    DAVIT_RETURN_IF_ERROR(CheckRealloc());
    const NoLeave no_leave(instance());
    const CurrentTask task(tree_);
    ReallocSeries series(realloc(), frames);
    absl::Status status = tree_.store_->Call(*tree_.lock_, series);
    completed = series.completed();
    return status;
  }

 private:
  absl::Status CheckRealloc() const {
    if (options_.realloc) [[likely]]
      return absl::OkStatus();
    return absl::InternalError("a value needs realloc where validation found none");
  }
  InstanceState& instance() const { return tree_.instances_[options_.instance.value]; }
  engine::FuncId realloc() const { return tree_.funcs_[options_.realloc->value]; }

  InstanceTree& tree_;
  const Options& options_;
};

// One call of a lifted function, in one entry of the guest as far as that can be: realloc for the
// parameters, the function, its post-return. Stack only.
// Spec: CanonicalABI.md#canon-lift
class InstanceTree::LiftedCall final : public engine::CallSeries {
 public:
  enum class Extent : uint8_t { kWithoutPostReturn, kWhole };

  // All of them outlive this. `scope` is that of both sides' borrows.
  LiftedCall(InstanceTree& tree, const Lift& lift, const ValuesOfCall& values,
             resources::CallScope& scope, Extent extent)
      : tree_(tree),
        lift_(lift),
        values_(values),
        scope_(scope),
        context_(tree.ContextFor(lift.options, scope)),
        has_post_return_(extent == Extent::kWhole && lift.post_return.has_value()) {}

  absl::Status Run() {
    if (lift_.is_async) {
      return base::FeatureError("async", "functions of the async ABI cannot run yet");
    }
    DAVIT_RETURN_IF_ERROR(tree_.store_->Call(*tree_.lock_, *this));
    return stage_ == Stage::kCall ? Return() : absl::OkStatus();
  }
  const Slots& results() const { return slots_; }

 private:
  enum class Stage : uint8_t { kBegin, kReserve, kCall, kPostReturn };

  absl::Status Next(engine::CoreCalls& calls) override {
    switch (stage_) {
      case Stage::kBegin:
        return Reserves() ? Reserve(calls) : Enter(calls);
      case Stage::kReserve:
        EndReserve(wanted_, absl::OkStatus());
        return Enter(calls);
      case Stage::kCall:
        DAVIT_RETURN_IF_ERROR(Return());
        stage_ = Stage::kPostReturn;
        no_leave_.emplace(instance());
        calls.func = tree_.funcs_[lift_.post_return->value];
        calls.count = 1;
        calls.slots = slots_;
        calls.last = true;
        break;
      case Stage::kPostReturn:
        break;
    }
    return absl::OkStatus();
  }

  absl::Status Failed(uint32_t completed, absl::Status status) override {
    if (stage_ != Stage::kReserve) return status;
    // What an earlier realloc returned may be at fault before the one that failed.
    EndReserve(completed, status);
    DAVIT_RETURN_IF_ERROR(values_.lower(context_, params()));
    return status;
  }

  // Each realloc is a task of its own: one that has task-local storage can tell.
  bool Reserves() const {
    return lift_.plan->reserves_params() && options().realloc &&
           !tree_.program_.instances[lift_.instance.value].uses_context;
  }

  // Calls realloc for the areas that are known before, if there are any.
  absl::Status Reserve(engine::CoreCalls& calls) {
    canon::Reservation& areas = reservation_.emplace();
    DAVIT_RETURN_IF_ERROR(values_.reserve(options().encoding, areas));
    ReallocSeries::SetCalls(calls, tree_.funcs_[options().realloc->value], areas.Wanted());
    wanted_ = calls.count;
    if (wanted_ == 0) return Enter(calls);
    stage_ = Stage::kReserve;
    no_leave_.emplace(instance());
    task_.emplace(tree_);
    return absl::OkStatus();
  }

  void EndReserve(size_t completed, absl::Status failure) {
    no_leave_.reset();
    task_.reset();
    reservation_->Fulfil(completed, std::move(failure));
    context_.reservation = &*reservation_;
  }

  absl::Status Enter(engine::CoreCalls& calls) {
    DAVIT_RETURN_IF_ERROR(values_.lower(context_, params()));
    stage_ = Stage::kCall;
    calls.func = tree_.funcs_[lift_.callee.value];
    calls.count = 1;
    calls.slots = params();
    calls.last = !has_post_return_;
    return absl::OkStatus();
  }

  // The function has returned.
  absl::Status Return() {
    DAVIT_RETURN_IF_ERROR(values_.lift(context_, params()));
    DAVIT_RETURN_IF_ERROR(CheckBorrows(scope_));
    scope_.ReleaseLends();
    return absl::OkStatus();
  }

  const Options& options() const { return tree_.program_.options[lift_.options.value]; }
  InstanceState& instance() const { return tree_.instances_[lift_.instance.value]; }
  std::span<CoreSlot> params() { return std::span(slots_).first(lift_.plan->lift_slots()); }

  InstanceTree& tree_;
  const Lift& lift_;
  const ValuesOfCall& values_;
  resources::CallScope& scope_;
  canon::CallContext context_;
  const bool has_post_return_;
  Stage stage_ = Stage::kBegin;
  Slots slots_{};
  std::optional<canon::Reservation> reservation_;
  size_t wanted_ = 0;  // areas that are being asked for
  std::optional<NoLeave> no_leave_;
  std::optional<CurrentTask> task_;
};

namespace {

std::vector<bool> HostsOwnResources(const Program& program) {
  std::vector<bool> own;
  own.reserve(program.resources.size());
  for (const ResourceInfo& resource : program.resources) own.push_back(!resource.instance);
  return own;
}

}  // namespace

InstanceTree::InstanceTree(const Program& program, HostBindings bindings,
                           const InstanceLimits& limits)
    : program_(program),
      bindings_(std::move(bindings)),
      limits_(limits),
      host_resources_(limits.handles, HostsOwnResources(program)) {
  MakeInstances();
  options_.reserve(program.options.size());
  for (const Options& options : program.options) {
    options_.push_back(std::make_unique<OptionsMemory>(*this, options));
  }
}

InstanceTree::~InstanceTree() = default;

void InstanceTree::MakeInstances() {
  instances_.clear();
  instances_.reserve(program_.instances.size());
  for (size_t i = 0; i < program_.instances.size(); ++i) instances_.emplace_back(limits_.handles);
}

// ---- instantiation ----

absl::Status InstanceTree::Instantiate(engine::CellLock& lock,
                                       std::shared_ptr<const engine::ShimModule> shims,
                                       absl::Time deadline) {
  const engine::StoreLimits limits{.memory_bytes = limits_.memory_bytes};
  DAVIT_ASSIGN_OR_RETURN(store_, engine::Store::Create(lock, limits, std::move(shims), *this));
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  copy_budget_ = limits_.host_copy_bytes;
  return RunSteps();
}

absl::StatusOr<bool> InstanceTree::MakeRestorable(engine::CellLock& lock) {
  return store_->MakeRestorable(lock);
}

absl::StatusOr<bool> InstanceTree::Restore(engine::CellLock& lock) {
  DAVIT_ASSIGN_OR_RETURN(const bool restored, store_->Restore(lock));
  if (!restored) return false;
  MakeInstances();
  host_resources_.Forget();
  task_context_ = {};
  return true;
}

absl::Status InstanceTree::RunSteps() {
  for (const Step& step : program_.steps) {
    DAVIT_RETURN_IF_ERROR(std::visit([this](const auto& s) { return Perform(s); }, step));
  }
  return absl::OkStatus();
}

absl::StatusOr<engine::ExternId> InstanceTree::Resolve(const CoreItem& item) {
  if (const auto* import = std::get_if<HostImportIndex>(&item)) {
    return store_->HostFunc(*lock_, import->value);
  }
  const auto& ref = std::get<CoreExportRef>(item);
  return store_->Export(*lock_, core_instances_[ref.instance.value], ref.name);
}

absl::Status InstanceTree::Perform(const InstantiateModule& step) {
  std::vector<engine::ExternId> imports;
  imports.reserve(step.imports.size());
  for (const CoreItem& item : step.imports) {
    DAVIT_ASSIGN_OR_RETURN(const engine::ExternId id, Resolve(item));
    imports.push_back(id);
  }
  DAVIT_ASSIGN_OR_RETURN(
      const engine::CoreInstanceId instance,
      store_->Instantiate(*lock_, *program_.modules[step.module.value], imports));
  core_instances_.push_back(instance);
  return absl::OkStatus();
}

absl::Status InstanceTree::Perform(const ResolveFunc& step) {
  DAVIT_ASSIGN_OR_RETURN(const engine::ExternId id, Resolve(step.func));
  DAVIT_ASSIGN_OR_RETURN(const engine::FuncId func, store_->AddFunc(*lock_, id, step.entry));
  funcs_.push_back(func);
  return absl::OkStatus();
}

absl::Status InstanceTree::Perform(const ResolveMemory& step) {
  DAVIT_ASSIGN_OR_RETURN(const engine::ExternId id, Resolve(step.memory));
  DAVIT_ASSIGN_OR_RETURN(const engine::MemoryId memory, store_->AddMemory(*lock_, id));
  memories_.push_back(memory);
  return absl::OkStatus();
}

// ---- calls by the host ----

canon::CallContext InstanceTree::ContextFor(OptionsIndex options, resources::CallScope& scope) {
  const Options& o = program_.options[options.value];
  InstanceState& instance = instances_[o.instance.value];
  return canon::CallContext{.memory = options_[options.value].get(),
                            .encoding = o.encoding,
                            .handles = &instance.handles,
                            .scope = &scope,
                            .resource_types = program_.resource_types,
                            .instance = o.instance.value,
                            .resource_definers = program_.resource_definers,
                            .host_handles = &host_resources_,
                            .copy_budget = &copy_budget_};
}

absl::Status InstanceTree::CheckEnter(const std::vector<InstanceIndex>& entering) const {
  for (InstanceIndex i : entering) {
    if (!instances_[i.value].may_enter) {
      return TrapStatus(TrapCode::kCannotEnter, "cannot enter component instance");
    }
  }
  return absl::OkStatus();
}

absl::Status InstanceTree::StartCall(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                                     const ValuesOfCall& values, PostReturnArgs& post_return) {
  DAVIT_RETURN_IF_ERROR(CheckEnter(lift.entering));
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  EnteredInstances instances(*this, lift.entering);
  CurrentTask task(*this);
  copy_budget_ = limits_.host_copy_bytes;
  resources::CallScope scope;
  LiftedCall call(*this, lift, values, scope, LiftedCall::Extent::kWithoutPostReturn);
  DAVIT_RETURN_IF_ERROR(call.Run());
  post_return.results = call.results();
  return absl::OkStatus();
}

absl::Status InstanceTree::FinishCall(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                                      const PostReturnArgs& post_return) {
  if (!lift.post_return) return absl::OkStatus();
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  EnteredInstances instances(*this, lift.entering);
  CurrentTask task(*this);
  const NoLeave no_leave(instances_[lift.instance.value]);
  Slots results = post_return.results;
  return store_->Call(*lock_, funcs_[lift.post_return->value], results);
}

absl::Status InstanceTree::Call(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                                const ValuesOfCall& values) {
  DAVIT_RETURN_IF_ERROR(CheckEnter(lift.entering));
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  EnteredInstances instances(*this, lift.entering);
  CurrentTask task(*this);
  copy_budget_ = limits_.host_copy_bytes;
  resources::CallScope scope;
  return LiftedCall(*this, lift, values, scope, LiftedCall::Extent::kWhole).Run();
}

absl::Status InstanceTree::Destroy(engine::CellLock& lock, const resources::OwnedResource& owned,
                                   absl::Time deadline) {
  std::vector<InstanceIndex> entering;
  for (auto i = program_.resources[owned.type.value].instance; i;
       i = program_.instances[i->value].parent) {
    entering.push_back(*i);
  }
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  return RunDestructor(types::ResourceId(owned.type.value), owned.rep, entering);
}

// ---- calls by the guest ----

namespace {

// The sizes of a guest's values are in its memory, which is read once: as they move.
absl::Status NothingToReserve(canon::StringEncoding /*encoding*/, canon::Reservation& /*areas*/) {
  return absl::OkStatus();
}

absl::Status CannotLeave() {
  return TrapStatus(TrapCode::kCannotLeave, "cannot leave component instance");
}

}  // namespace

absl::Status InstanceTree::HostCall(uint32_t index, std::span<CoreSlot> slots) {
  const HostImport& import = program_.host_imports[index];
  InstanceState& caller = instances_[import.caller.value];
  return std::visit([&](const auto& action) { return Do(action, caller, slots); }, import.action);
}

// Spec: CanonicalABI.md#canon-lower, where the callee is a lifted function
absl::Status InstanceTree::Do(const CallLift& call, InstanceState& caller,
                              std::span<CoreSlot> caller_slots) {
  if (!caller.may_leave) return CannotLeave();
  if (call.reenters) return TrapStatus(TrapCode::kCannotEnter, "cannot enter component instance");
  DAVIT_RETURN_IF_ERROR(CheckEnter(call.entering));
  const Lift& lift = program_.lifts[call.lift.value];
  EnteredInstances instances(*this, call.entering);
  CurrentTask task(*this);
  resources::CallScope scope;
  canon::CallContext from = ContextFor(call.caller_options, scope);
  const auto lower = [&](canon::CallContext& to, std::span<CoreSlot> slots) {
    return canon::TransferParams(*lift.plan, from, caller_slots, to, slots);
  };
  const auto lift_results = [&](canon::CallContext& to, std::span<const CoreSlot> slots) {
    // Before anything is lowered into the caller.
    DAVIT_RETURN_IF_ERROR(CheckBorrows(scope));
    return canon::TransferResult(*lift.plan, to, slots, from, caller_slots);
  };
  const ValuesOfCall values{.reserve = NothingToReserve, .lower = lower, .lift = lift_results};
  return LiftedCall(*this, lift, values, scope, LiftedCall::Extent::kWhole).Run();
}

absl::Status InstanceTree::Do(const CallImport& call, InstanceState& caller,
                              std::span<CoreSlot> slots) {
  if (!caller.may_leave) return CannotLeave();
  const ImportedFunc& import = program_.imports[call.import.value];
  resources::CallScope scope;
  canon::CallContext context = ContextFor(call.caller_options, scope);
  DAVIT_RETURN_IF_ERROR(bindings_.functions[call.import.value]->call(*import.plan, context, slots));
  DAVIT_RETURN_IF_ERROR(host_resources_.DropBorrows());
  scope.ReleaseLends();
  return absl::OkStatus();
}

// Spec: CanonicalABI.md#canon-resourcenew, #canon-resourcedrop, #canon-resourcerep
absl::Status InstanceTree::Do(const ResourceBuiltin& builtin, InstanceState& caller,
                              std::span<CoreSlot> slots) {
  const resources::StoreResourceId type = program_.resource_types[builtin.resource.value];
  const auto operand = static_cast<uint32_t>(slots[0]);
  if (builtin.op == ResourceOp::kRep) {
    DAVIT_ASSIGN_OR_RETURN(const resources::Rep rep,
                           caller.handles.RepOf(type, resources::HandleIndex(operand)));
    slots[0] = rep.value;
    return absl::OkStatus();
  }
  if (!caller.may_leave) return CannotLeave();
  if (builtin.op == ResourceOp::kDrop) {
    return DropHandle(builtin, caller, resources::HandleIndex(operand));
  }
  DAVIT_ASSIGN_OR_RETURN(const resources::HandleIndex handle,
                         caller.handles.AddOwn(type, resources::Rep(operand)));
  slots[0] = handle.value;
  return absl::OkStatus();
}

absl::Status InstanceTree::DropHandle(const ResourceBuiltin& builtin, InstanceState& caller,
                                      resources::HandleIndex handle) {
  const resources::StoreResourceId type = program_.resource_types[builtin.resource.value];
  DAVIT_ASSIGN_OR_RETURN(const auto dropped, caller.handles.Drop(type, handle));
  if (!dropped.was_own) return absl::OkStatus();
  return RunDestructor(builtin.resource, dropped.rep, builtin.entering);
}

absl::Status InstanceTree::RunDestructor(types::ResourceId id, resources::Rep rep,
                                         const std::vector<InstanceIndex>& entering) {
  DAVIT_RETURN_IF_ERROR(CheckEnter(entering));
  const ResourceInfo& resource = program_.resources[id.value];
  if (!resource.instance) {
    const HostDestructor& on_drop = *bindings_.destructors[id.value];
    return on_drop ? on_drop(rep.value) : absl::OkStatus();
  }
  if (!resource.destructor) return absl::OkStatus();
  EnteredInstances instances(*this, entering);
  CurrentTask task(*this);
  Slots slots{rep.value};
  return store_->Call(*lock_, funcs_[resource.destructor->value], slots);
}

absl::Status InstanceTree::Do(const ContextBuiltin& builtin, InstanceState&,
                              std::span<CoreSlot> slots) {
  uint64_t& value = task_context_[builtin.slot];
  if (builtin.set) {
    value = slots[0];
  } else {
    slots[0] = value;
  }
  return absl::OkStatus();
}

// Spec: CanonicalABI.md#canon-backpressureincdec
absl::Status InstanceTree::Do(const BackpressureBuiltin& builtin, InstanceState& caller,
                              std::span<CoreSlot>) {
  constexpr uint32_t kMax = std::numeric_limits<uint16_t>::max();
  if (builtin.delta > 0 ? caller.backpressure == kMax : caller.backpressure == 0) {
    return TrapStatus(TrapCode::kCanonOther, "backpressure counter out of range");
  }
  caller.backpressure += static_cast<uint32_t>(builtin.delta);
  return absl::OkStatus();
}

absl::Status InstanceTree::Do(const UnsupportedBuiltin& builtin, InstanceState& caller,
                              std::span<CoreSlot>) {
  if (!caller.may_leave) return CannotLeave();
  return base::FeatureError(builtin.name, "this built-in cannot run yet");
}

}  // namespace davit::component
