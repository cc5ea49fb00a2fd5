#ifndef DAVIT_RUNTIME_COMPONENT_RUNNING_PROGRAM_H_
#define DAVIT_RUNTIME_COMPONENT_RUNNING_PROGRAM_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/reused.h"
#include "runtime/canon/steps.h"
#include "runtime/component/call_from_host.h"
#include "runtime/component/code.h"
#include "runtime/component/host_resources.h"
#include "runtime/component/instance.h"
#include "runtime/component/instance_state.h"
#include "runtime/component/instantiator.h"
#include "runtime/component/linker_impl.h"
#include "runtime/component/mailbox.h"
#include "runtime/component/options_memory.h"
#include "runtime/component/task.h"
#include "runtime/engine/store/fiber.h"
#include "runtime/engine/store/store.h"
#include "runtime/handles/handle_budget.h"
#include "runtime/link/program.h"

namespace davit::component {

// A program in a store: the component instances of one tree with their handle tables and flags,
// their core code, and what the host holds of them. It knows nothing of poisoning: after an error
// nobody may call it again. Everything needs the cell's lock unless it says otherwise.
class RunningProgram final : public engine::HostImports, public canon::RunWatch {
 public:
  // `program` and `bindings` must outlive it.
  // `make_state` may be null.
  RunningProgram(const link::Program& program, const HostBindings& bindings,
                 const InstanceLimits& limits, HostStateFactory make_state);
  ~RunningProgram() override;

  // Makes the store and runs every step of instantiation. Once, before anything else but
  // Terminate() and ended().
  absl::Status Instantiate(engine::CellLock& lock, const Code& code, absl::Time deadline);

  // As Store::MakeRestorable and Store::Restore, with the state of component instances: handle
  // tables, flags, and what the host holds.
  absl::StatusOr<bool> MakeRestorable(engine::CellLock& lock);
  absl::StatusOr<bool> Restore(engine::CellLock& lock);

  // A call by the host, which must end before the program does. `lift` is of the program; `values`
  // must live until they have been lifted.
  base::Reused<CallFromHost>::Ptr NewCall(const link::Lift& lift, canon::CallValues& values) {
    return host_calls_.Make(*this, lift, values);
  }
  // What the destructor of a resource of this type is to run on: null for the thread's stack.
  // Errors: LimitError "parked_stacks".
  absl::StatusOr<std::unique_ptr<engine::Fiber>> PrepareDestroy(engine::CellLock& lock,
                                                                types::ResourceId type);
  // Runs the destructor of an own handle that the host had, within `deadline`; on `fiber`, which
  // was prepared for it. Errors: kCannotEnter; what the destructor ends with.
  absl::Status Destroy(engine::CellLock& lock, const handles::OwnedResource& owned,
                       absl::Time deadline, std::unique_ptr<engine::Fiber> fiber);
  // FAILED_PRECONDITION while the host may not: a call that it would have to enter is under way.
  absl::Status CheckCanDestroy(types::ResourceId type) const;

  const link::Program& program() const { return program_; }
  const HostBindings& bindings() const { return bindings_; }
  const InstanceLimits& limits() const { return limits_; }
  HostResources& host_resources() { return host_resources_; }
  HostState* host_state() { return host_state_.get(); }
  InstanceState& instance(link::InstanceIndex index) { return instances_[index.value]; }
  const InstanceState& instance(link::InstanceIndex index) const { return instances_[index.value]; }
  // REQUIRES for these: the steps that make them have been run.
  engine::Store& store() const { return *store_; }
  engine::FuncId func(link::CoreFuncIndex index) const { return items_.funcs[index.value]; }
  engine::MemoryId memory(link::CoreMemoryIndex index) const {
    return items_.memories[index.value];
  }
  // Of the call that waits, if one does; answers may outlive the program.
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }
  OptionsMemory& options_memory(link::OptionsIndex options) { return options_[options.value]; }

  // The task whose code runs now, or has called the host; null while none does.
  Task* current_task() const { return current_task_; }
  // For Task.
  void set_current_task(Task* task) { current_task_ = task; }

  // engine::HostImports: what guests call. REQUIRES: there is a current task.
  absl::Status HostCall(uint32_t index, engine::HostFrame& frame) override;
  // canon::RunWatch. REQUIRES: there is a current task.
  absl::Status CheckRun() override { return store_->CheckRun(current_task_->lock()); }

  // Thread-safe, from the beginning.
  void Terminate(engine::Termination why);
  // Thread-safe once instantiated.
  uint64_t memory_bytes() const { return store_->memory_bytes(); }
  // As Store::ended(). OK before there is a store.
  absl::Status ended() const { return store_ == nullptr ? absl::OkStatus() : store_->ended(); }

 private:
  void MakeInstances();

  const link::Program& program_;
  const HostBindings& bindings_;
  const InstanceLimits limits_;
  const HostStateFactory make_state_;
  std::unique_ptr<HostState> host_state_;  // ends after the store
  handles::HandleBudget handle_budget_;
  std::vector<InstanceState> instances_;
  std::vector<OptionsMemory> options_;  // by OptionsIndex
  HostResources host_resources_;
  Instantiator::Items items_;
  std::unique_ptr<engine::Store> store_;
  std::atomic<engine::Store*> published_store_ = nullptr;  // the same, for Terminate()
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  Task* current_task_ = nullptr;
  base::Reused<CallFromHost> host_calls_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_RUNNING_PROGRAM_H_
