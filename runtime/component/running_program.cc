#include "runtime/component/running_program.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/component/destruction.h"
#include "runtime/component/fiber_entry.h"

namespace davit::component {
namespace {

std::vector<bool> HostsOwnResources(const link::Program& program) {
  std::vector<bool> own;
  own.reserve(program.resources.size());
  for (const link::ResourceInfo& resource : program.resources) own.push_back(!resource.instance);
  return own;
}

}  // namespace

RunningProgram::RunningProgram(const link::Program& program, const HostBindings& bindings,
                               const InstanceLimits& limits, HostStateFactory make_state)
    : program_(program),
      bindings_(bindings),
      limits_(limits),
      make_state_(std::move(make_state)),
      host_state_(make_state_ ? make_state_() : nullptr),
      handle_budget_(limits.handles, limits.all_handles),
      host_resources_(handle_budget_, HostsOwnResources(program)) {
  MakeInstances();
  options_.reserve(program.options.size());
  for (const link::Options& options : program.options) options_.emplace_back(*this, options);
}

RunningProgram::~RunningProgram() = default;

void RunningProgram::MakeInstances() {
  instances_.clear();
  instances_.reserve(program_.instances.size());
  for (size_t i = 0; i < program_.instances.size(); ++i) instances_.emplace_back(handle_budget_);
}

absl::Status RunningProgram::Instantiate(engine::CellLock& lock, const Code& code,
                                         absl::Time deadline) {
  const engine::StoreLimits limits{.memory_bytes = limits_.memory_bytes,
                                   .table_elements = limits_.table_elements};
  DAVIT_ASSIGN_OR_RETURN(store_, engine::Store::Create(lock, limits, code.shims, *this));
  store_->OnEnd(lock, [mailbox = mailbox_] { mailbox->PostAnswer(); });
  engine::Run run(lock, *store_, deadline);
  published_store_.store(store_.get(), std::memory_order_release);
  HostEntry entry{.lock = &lock, .copy_budget = limits_.host_copy_bytes, .deadline = deadline};
  // Start functions are no calls of component functions: whatever they call may be entered.
  const std::vector<link::InstanceIndex> entering;
  Task task(*this, entry, entering);
  DAVIT_RETURN_IF_ERROR(task.Enter());
  return Instantiator(lock, *store_, program_, code, items_).Run();
}

absl::StatusOr<bool> RunningProgram::MakeRestorable(engine::CellLock& lock) {
  return store_->MakeRestorable(lock);
}

absl::StatusOr<bool> RunningProgram::Restore(engine::CellLock& lock) {
  DAVIT_ASSIGN_OR_RETURN(const bool restored, store_->Restore(lock));
  if (!restored) return false;
  MakeInstances();
  host_resources_.Forget();
  host_state_.reset();
  if (make_state_) host_state_ = make_state_();
  return true;
}

absl::StatusOr<std::unique_ptr<engine::Fiber>> RunningProgram::PrepareDestroy(
    engine::CellLock& lock, types::ResourceId type) {
  if (!bindings_.parks.resources[type.value] || !engine::Fiber::CanEnter(lock)) return nullptr;
  return engine::Fiber::Take(lock, *store_);
}

absl::Status RunningProgram::Destroy(engine::CellLock& lock, const handles::OwnedResource& owned,
                                     absl::Time deadline, std::unique_ptr<engine::Fiber> fiber) {
  HostEntry entry{.lock = &lock, .copy_budget = limits_.host_copy_bytes, .deadline = deadline};
  Destruction destruction(*this, entry, owned, program_.resources[owned.type.value].entering);
  if (fiber != nullptr) {
    return FiberEntry(*mailbox_, destruction, entry, std::move(fiber)).Run(lock);
  }
  engine::Run run(lock, *store_, deadline);
  return store_->Call(lock, destruction);
}

absl::Status RunningProgram::CheckCanDestroy(types::ResourceId type) const {
  for (const link::InstanceIndex i : program_.resources[type.value].entering) {
    if (!instance(i).may_enter) {
      return absl::FailedPreconditionError(
          "the resource cannot be dropped within a call of its instance");
    }
  }
  return absl::OkStatus();
}

// In this order: what is about to wait finds the letter, what has not come so far is shot.
void RunningProgram::Terminate(engine::Termination why) {
  mailbox_->End(why);
  if (engine::Store* store = published_store_.load(std::memory_order_acquire)) {
    store->Terminate(why);
  }
}

}  // namespace davit::component
