#include "runtime/component/instance_tree.h"

#include <utility>
#include <variant>

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/component/lifted_call.h"
#include "runtime/component/options_memory.h"
#include "runtime/component/tree_scopes.h"

namespace davit::component {

using base::TrapCode;
using base::TrapStatus;

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
      handle_budget_(limits.handles, limits.all_handles),
      host_resources_(handle_budget_, HostsOwnResources(program)) {
  MakeInstances();
  options_.reserve(program.options.size());
  for (const Options& options : program.options) {
    options_.emplace_back(*this, options);
  }
}

InstanceTree::~InstanceTree() = default;

void InstanceTree::MakeInstances() {
  instances_.clear();
  instances_.reserve(program_.instances.size());
  for (size_t i = 0; i < program_.instances.size(); ++i) instances_.emplace_back(handle_budget_);
}

// ---- instantiation ----

absl::Status InstanceTree::Instantiate(engine::CellLock& lock,
                                       std::shared_ptr<const engine::ShimModule> shims,
                                       absl::Time deadline) {
  const engine::StoreLimits limits{.memory_bytes = limits_.memory_bytes,
                                   .table_elements = limits_.table_elements};
  DAVIT_ASSIGN_OR_RETURN(store_, engine::Store::Create(lock, limits, std::move(shims), *this));
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  published_store_.store(store_.get(), std::memory_order_release);
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

// The store looks before each core module whether the run was ended.
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

canon::CallContext InstanceTree::ContextFor(OptionsIndex options, handles::CallScope& scope) {
  const Options& o = program_.options[options.value];
  InstanceState& instance = instances_[o.instance.value];
  return canon::CallContext{.memory = &options_[options.value],
                            .encoding = o.encoding,
                            .handles = &instance.handles,
                            .scope = &scope,
                            .resource_types = program_.resource_types,
                            .instance = o.instance.value,
                            .resource_definers = program_.resource_definers,
                            .host_handles = &host_resources_,
                            .copy_budget = &copy_budget_,
                            .watch = this};
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
  handles::CallScope scope;
  LiftedCall call(*this, lift, values, scope, LiftedCall::Extent::kWithoutPostReturn);
  DAVIT_RETURN_IF_ERROR(call.Run());
  host_resources_.EndLoans();
  post_return = {.results = call.results(), .context = task_context_};
  return absl::OkStatus();
}

absl::Status InstanceTree::FinishCall(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                                      const PostReturnArgs& post_return) {
  if (!lift.post_return) return absl::OkStatus();
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  EnteredInstances instances(*this, lift.entering);
  CurrentTask task(*this);
  task_context_ = post_return.context;
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
  handles::CallScope scope;
  DAVIT_RETURN_IF_ERROR(LiftedCall(*this, lift, values, scope, LiftedCall::Extent::kWhole).Run());
  host_resources_.EndLoans();
  return absl::OkStatus();
}

absl::Status InstanceTree::Destroy(engine::CellLock& lock, const handles::OwnedResource& owned,
                                   absl::Time deadline) {
  Entered entered(*this, lock);
  engine::Run run(lock, *store_, deadline);
  copy_budget_ = limits_.host_copy_bytes;
  return RunDestructor(types::ResourceId(owned.type.value), owned.rep,
                       program_.resources[owned.type.value].entering);
}

}  // namespace davit::component
