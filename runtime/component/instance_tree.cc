#include "runtime/component/instance_tree.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
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

class InstanceTree::OptionsMemory final : public canon::GuestMemory {
 public:
  OptionsMemory(InstanceTree& tree, const Options& options) : tree_(tree), options_(options) {}

  std::span<uint8_t> View() override {
    if (!options_.memory) return {};
    return tree_.store_->View(tree_.memories_[options_.memory->value]);
  }

  absl::StatusOr<uint32_t> Realloc(uint32_t old_ptr, uint32_t old_size, uint32_t alignment,
                                   uint32_t new_size) override {
    if (!options_.realloc) {
      return absl::InternalError("a value needs realloc where validation found none");
    }
    InstanceState& instance = tree_.instances_[options_.instance.value];
    const bool may_leave = std::exchange(instance.may_leave, false);
    const CurrentTask task(tree_);
    std::array<CoreSlot, 4> slots = {old_ptr, old_size, alignment, new_size};
    absl::Status status =
        tree_.store_->Call(*tree_.lock_, tree_.funcs_[options_.realloc->value], slots);
    instance.may_leave = may_leave;
    if (!status.ok()) return status;
    return static_cast<uint32_t>(slots[0]);
  }

 private:
  InstanceTree& tree_;
  const Options& options_;
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
  instances_.reserve(program.instances.size());
  for (size_t i = 0; i < program.instances.size(); ++i) {
    instances_.emplace_back(limits.handles);
  }
  options_.reserve(program.options.size());
  for (const Options& options : program.options) {
    options_.push_back(std::make_unique<OptionsMemory>(*this, options));
  }
}

InstanceTree::~InstanceTree() = default;

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

absl::Status InstanceTree::RunLifted(const Lift& lift, LowerArgs lower, LiftResults lift_results,
                                     Slots& slots) {
  if (lift.is_async) {
    return base::FeatureError("async", "functions of the async ABI cannot run yet");
  }
  resources::CallScope scope;
  canon::CallContext context = ContextFor(lift.options, scope);
  const std::span<CoreSlot> used(slots.data(), lift.plan->lift_slots());
  DAVIT_RETURN_IF_ERROR(lower(context, used));
  DAVIT_RETURN_IF_ERROR(store_->Call(*lock_, funcs_[lift.callee.value], used));
  DAVIT_RETURN_IF_ERROR(lift_results(context, used));
  if (scope.num_borrows() != 0) {
    return TrapStatus(TrapCode::kBorrowsOutstanding,
                      "borrow handles still remain at the end of the call");
  }
  scope.ReleaseLends();
  return absl::OkStatus();
}

absl::Status InstanceTree::RunPostReturn(const Lift& lift, Slots results) {
  if (!lift.post_return) return absl::OkStatus();
  InstanceState& instance = instances_[lift.instance.value];
  const bool may_leave = std::exchange(instance.may_leave, false);
  absl::Status status = store_->Call(*lock_, funcs_[lift.post_return->value], results);
  instance.may_leave = may_leave;
  return status;
}

absl::Status InstanceTree::StartCall(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                                     LowerArgs lower, LiftResults lift_results,
                                     PostReturnArgs& post_return) {
  DAVIT_RETURN_IF_ERROR(CheckEnter(lift.entering));
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  EnteredInstances instances(*this, lift.entering);
  CurrentTask task(*this);
  copy_budget_ = limits_.host_copy_bytes;
  return RunLifted(lift, lower, lift_results, post_return.results);
}

absl::Status InstanceTree::FinishCall(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                                      const PostReturnArgs& post_return) {
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  EnteredInstances instances(*this, lift.entering);
  CurrentTask task(*this);
  return RunPostReturn(lift, post_return.results);
}

absl::Status InstanceTree::Call(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                                LowerArgs lower, LiftResults lift_results) {
  DAVIT_RETURN_IF_ERROR(CheckEnter(lift.entering));
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  EnteredInstances instances(*this, lift.entering);
  CurrentTask task(*this);
  copy_budget_ = limits_.host_copy_bytes;
  Slots slots{};
  DAVIT_RETURN_IF_ERROR(RunLifted(lift, lower, lift_results, slots));
  return RunPostReturn(lift, slots);
}

absl::Status InstanceTree::DropResource(engine::CellLock& lock, std::string_view name,
                                        absl::Time deadline) {
  DAVIT_ASSIGN_OR_RETURN(const resources::OwnedResource owned, host_resources_.Remove(name));
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
  if (lift.is_async) {
    return base::FeatureError("async", "functions of the async ABI cannot run yet");
  }
  EnteredInstances instances(*this, call.entering);
  CurrentTask task(*this);
  resources::CallScope scope;
  canon::CallContext from = ContextFor(call.caller_options, scope);
  canon::CallContext to = ContextFor(lift.options, scope);
  Slots slots{};
  const std::span<CoreSlot> used(slots.data(), lift.plan->lift_slots());
  DAVIT_RETURN_IF_ERROR(canon::TransferParams(*lift.plan, from, caller_slots, to, used));
  DAVIT_RETURN_IF_ERROR(store_->Call(*lock_, funcs_[lift.callee.value], used));
  if (scope.num_borrows() != 0) {
    return TrapStatus(TrapCode::kBorrowsOutstanding,
                      "borrow handles still remain at the end of the call");
  }
  const Slots results = slots;
  DAVIT_RETURN_IF_ERROR(canon::TransferResult(*lift.plan, to, used, from, caller_slots));
  DAVIT_RETURN_IF_ERROR(RunPostReturn(lift, results));
  scope.ReleaseLends();
  return absl::OkStatus();
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
