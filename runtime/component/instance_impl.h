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
#include "runtime/component/func.h"
#include "runtime/component/instance.h"
#include "runtime/component/linked_component_impl.h"
#include "runtime/component/running_program.h"

namespace davit::component {

// A call under way that may wait, with its values.
class StartedCall {
 public:
  StartedCall(ExportFuncId func, PostReturnMode mode) : func(func), mode(mode) {}
  virtual ~StartedCall() = default;
  virtual canon::CallValues& values() = 0;
  // OK, or why the caller gets no results of a call that has ended well.
  virtual const absl::Status& refusal() const = 0;
  // It has ended, after a wait; nothing is done with the instance afterwards.
  virtual void Ended(absl::Status status) = 0;

  const ExportFuncId func;
  const PostReturnMode mode;
  absl::Time deadline;
  base::Reused<CallFromHost>::Ptr call;
};

// What Func needs of an instance; not for others. Adds to the program what outlives one call:
// poisoning and the pending post-return.
class Instance::Impl {
 public:
  // `linked` is that of `component`.
  Impl(std::shared_ptr<const LinkedComponent> component, const LinkedComponent::Impl& linked,
       const InstanceLimits& limits, HostStateFactory make_state)
      : component_(std::move(component)),
        linked_(linked),
        program_(linked.program, linked.bindings, limits, std::move(make_state)) {}
  // Answers that come late wake nobody.
  ~Impl() { program_.mailbox()->SetWaker(nullptr); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const Component& component() const { return component_->component(); }
  RunningProgram& program() { return program_; }

  bool needs_post_return() const { return needs_post_return_.load(std::memory_order_acquire); }
  bool is_waiting() const { return is_waiting_.load(std::memory_order_acquire); }
  bool MayWait(ExportFuncId func) const { return linked_.MayWait(func); }
  absl::Status poison() const;
  // FAILED_PRECONDITION unless a call may start.
  absl::Status CheckReady() const;
  // Calls `func` with values of any form. REQUIRES: CheckReady().
  absl::Status CallTarget(engine::CellLock& lock, ExportFuncId func, absl::Time deadline,
                          PostReturnMode mode, canon::CallValues& values);
  // The same of one that may wait, with its values; `started` is kept only where it waits.
  // REQUIRES: CheckReady(), a fiber can be entered.
  absl::StatusOr<Progress> Start(engine::CellLock& lock, std::unique_ptr<StartedCall>& started,
                                 absl::Time deadline);
  // The same of any; it hears of its end in any case. REQUIRES: CheckReady().
  void StartAny(engine::CellLock& lock, ExportFuncId func, absl::Time deadline,
                std::unique_ptr<AnyCall> call);
  Progress Drive(engine::CellLock& lock, absl::Time now);
  absl::Status PostReturn(engine::CellLock& lock, ExportFuncId func, absl::Time deadline);
  HeldResource Describe(HostResources::Held held) const;
  // Poisons unless `status` is OK; returns it.
  absl::Status Settle(absl::Status status);

 private:
  absl::Status Poison(absl::Status reason);
  // The function's lift. Errors: FeatureError for one that cannot be called.
  absl::StatusOr<const link::Lift*> LiftOf(ExportFuncId func) const;
  void Defer(base::Reused<CallFromHost>::Ptr call, ExportFuncId func);
  absl::Status Finish(engine::CellLock& lock, StartedCall& started, absl::Status status);

  const std::shared_ptr<const LinkedComponent> component_;
  const LinkedComponent::Impl& linked_;
  RunningProgram program_;

  // Of the call that waits for its post-return; guarded by the cell's lock.
  ExportFuncId pending_func_;
  base::Reused<CallFromHost>::Ptr pending_call_;
  std::atomic<bool> needs_post_return_ = false;

  // The call that waits for the host; guarded by the cell's lock.
  std::unique_ptr<StartedCall> started_;
  std::atomic<bool> is_waiting_ = false;

  std::atomic<bool> poisoned_ = false;
  mutable absl::Mutex mutex_;
  absl::Status poison_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INSTANCE_IMPL_H_
