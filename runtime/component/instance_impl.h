#ifndef DAVIT_RUNTIME_COMPONENT_INSTANCE_IMPL_H_
#define DAVIT_RUNTIME_COMPONENT_INSTANCE_IMPL_H_

#include <atomic>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/reused.h"
#include "runtime/canon/call_values.h"
#include "runtime/component/call_from_host.h"
#include "runtime/component/instance.h"
#include "runtime/component/running_program.h"

namespace davit::component {

// What Func needs of an instance; not for others. Adds to the program what outlives one call:
// poisoning and the pending post-return.
class Instance::Impl {
 public:
  Impl(std::shared_ptr<const Component> component, std::shared_ptr<const Linker> linker,
       const link::Program& program, HostBindings bindings, const InstanceLimits& limits)
      : component_(std::move(component)),
        linker_(std::move(linker)),
        program_(program, std::move(bindings), limits) {}

  const Component& component() const { return *component_; }
  RunningProgram& program() { return program_; }

  bool needs_post_return() const { return needs_post_return_.load(std::memory_order_acquire); }
  absl::Status poison() const;
  // FAILED_PRECONDITION unless a call may start.
  absl::Status CheckReady() const;
  // Calls `func` with values of any form. REQUIRES: CheckReady().
  absl::Status CallTarget(engine::CellLock& lock, ExportFuncId func, absl::Time deadline,
                          PostReturnMode mode, canon::CallValues& values);
  absl::Status PostReturn(engine::CellLock& lock, ExportFuncId func, absl::Time deadline);
  HeldResource Describe(HostResources::Held held) const;
  // Poisons unless `status` is OK; returns it.
  absl::Status Settle(absl::Status status);

 private:
  absl::Status Poison(absl::Status reason);
  // Null when the export is an import passed on.
  const link::Lift* LiftOf(ExportFuncId func) const;

  const std::shared_ptr<const Component> component_;
  const std::shared_ptr<const Linker> linker_;
  RunningProgram program_;

  // Of the call that waits for its post-return; guarded by the cell's lock.
  ExportFuncId pending_func_;
  base::Reused<CallFromHost>::Ptr pending_call_;
  std::atomic<bool> needs_post_return_ = false;

  std::atomic<bool> poisoned_ = false;
  mutable absl::Mutex mutex_;
  absl::Status poison_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INSTANCE_IMPL_H_
