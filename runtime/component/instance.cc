#include "runtime/component/instance.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>
#include <variant>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/component_impl.h"
#include "runtime/component/func.h"
#include "runtime/component/instance_impl.h"
#include "runtime/component/linked_component_impl.h"
#include "runtime/component/values_in_vals.h"

namespace davit::component {

absl::Status Instance::Impl::poison() const {
  if (!poisoned_.load(std::memory_order_acquire)) [[likely]]
    return program_.ended();
  absl::MutexLock lock(mutex_);
  return poison_;
}

absl::Status Instance::Impl::Poison(absl::Status reason) {
  absl::MutexLock lock(mutex_);
  if (poison_.ok()) poison_ = reason;
  poisoned_.store(true, std::memory_order_release);
  return reason;
}

absl::Status Instance::Impl::CheckReady() const {
  // Of a store that was ended meanwhile the call itself will tell.
  if (poisoned_.load(std::memory_order_acquire)) [[unlikely]] {
    return absl::FailedPreconditionError(
        absl::StrCat("the instance is poisoned: ", poison().message()));
  }
  if (needs_post_return()) {
    return absl::FailedPreconditionError(absl::StrCat("the instance needs post-return of \"",
                                                      component().name(pending_func_), "\" first"));
  }
  if (is_waiting())
    return absl::FailedPreconditionError("a call of the instance waits for the host");
  return absl::OkStatus();
}

absl::Status Instance::Impl::Settle(absl::Status status) {
  if (status.ok()) [[likely]]
    return status;
  // It has left the guest in mid-air: arguments were checked before.
  return Poison(std::move(status));
}

absl::Status Instance::Impl::CallTarget(engine::CellLock& lock, ExportFuncId func,
                                        absl::Time deadline, PostReturnMode mode,
                                        canon::CallValues& values) {
  DAVIT_ASSIGN_OR_RETURN(const link::Lift* lift, LiftOf(func));
  auto call = program_.NewCall(*lift, values);
  const bool is_whole = mode == PostReturnMode::kAutomatic;
  const bool may_wait = linked_.MayWait(func) && engine::Fiber::CanEnter(lock);
  if (may_wait) DAVIT_RETURN_IF_ERROR(call->Prepare(lock));
  const auto extent = is_whole ? LiftedCall::Extent::kWhole : LiftedCall::Extent::kToPostReturn;
  DAVIT_RETURN_IF_ERROR(Settle(may_wait ? call->RunOnFiber(lock, deadline, extent)
                                        : call->Run(lock, deadline, extent)));
  if (!is_whole) Defer(std::move(call), func);
  return absl::OkStatus();
}

void Instance::Impl::Defer(base::Reused<CallFromHost>::Ptr call, ExportFuncId func) {
  pending_call_ = std::move(call);
  pending_func_ = func;
  needs_post_return_.store(true, std::memory_order_release);
}

absl::StatusOr<Progress> Instance::Impl::Start(engine::CellLock& lock,
                                               std::unique_ptr<StartedCall>& started,
                                               absl::Time deadline) {
  DAVIT_ASSIGN_OR_RETURN(const link::Lift* lift, LiftOf(started->func));
  started->deadline = deadline;
  started->call = program_.NewCall(*lift, started->values());
  DAVIT_RETURN_IF_ERROR(started->call->Prepare(lock));
  const auto extent = started->mode == PostReturnMode::kAutomatic
                          ? LiftedCall::Extent::kWhole
                          : LiftedCall::Extent::kToPostReturn;
  const auto outcome = started->call->Start(lock, deadline, extent);
  if (!outcome.ok() || *outcome == CallFromHost::Outcome::kEnded) {
    DAVIT_RETURN_IF_ERROR(Finish(lock, *started, outcome.status()));
    return Progress::kEnded;
  }
  started_ = std::move(started);
  is_waiting_.store(true, std::memory_order_release);
  return Progress::kWaiting;
}

Progress Instance::Impl::Drive(engine::CellLock& lock, absl::Time now) {
  if (started_ == nullptr) return Progress::kEnded;
  // Within what a guest of the cell has called: later.
  if (!engine::Fiber::CanEnter(lock)) return Progress::kWaiting;
  const auto outcome = started_->call->Drive(lock, now);
  if (outcome.ok() && *outcome == CallFromHost::Outcome::kParked) return Progress::kWaiting;
  std::unique_ptr<StartedCall> started = std::move(started_);
  is_waiting_.store(false, std::memory_order_release);
  absl::Status status = Finish(lock, *started, outcome.status());
  started->call.reset();
  started->Ended(std::move(status));  // which may be the end of the instance
  return Progress::kEnded;
}

namespace {

// A call with values of any form.
class StartedAny final : public StartedCall {
 public:
  StartedAny(std::unique_ptr<AnyCall> call, ExportFuncId func)
      : StartedCall(func, PostReturnMode::kAutomatic), call_(std::move(call)) {}
  canon::CallValues& values() override { return call_->values(); }
  const absl::Status& refusal() const override { return ok_; }
  void Ended(absl::Status status) override { call_->Ended(std::move(status)); }

 private:
  const std::unique_ptr<AnyCall> call_;
  const absl::Status ok_;
};

// A call with Vals.
class StartedInVals final : public StartedCall {
 public:
  StartedInVals(const canon::FuncPlan& plan, const canon::ValArgs& args, canon::ValArgs& results,
                ResultRoom* room, ExportFuncId func, PostReturnMode mode, CallSink& sink)
      : StartedCall(func, mode), values_(plan, args, results, room), sink_(sink) {}
  canon::CallValues& values() override { return values_; }
  const absl::Status& refusal() const override { return values_.refusal(); }
  void Ended(absl::Status status) override { sink_.Ended(std::move(status)); }

 private:
  ValuesInVals values_;
  CallSink& sink_;
};

}  // namespace

void Instance::Impl::StartAny(engine::CellLock& lock, ExportFuncId func, absl::Time deadline,
                              std::unique_ptr<AnyCall> call) {
  if (!linked_.MayWait(func) || !engine::Fiber::CanEnter(lock)) {
    return call->Ended(
        CallTarget(lock, func, deadline, PostReturnMode::kAutomatic, call->values()));
  }
  std::unique_ptr<StartedCall> started = std::make_unique<StartedAny>(std::move(call), func);
  const auto progress = Start(lock, started, deadline);
  if (started != nullptr) started->Ended(progress.status());
}

// What to answer after a call that has ended with `status`.
absl::Status Instance::Impl::Finish(engine::CellLock& lock, StartedCall& started,
                                    absl::Status status) {
  DAVIT_RETURN_IF_ERROR(Settle(std::move(status)));
  const bool has_room = started.refusal().ok();
  if (started.mode == PostReturnMode::kDeferred) {
    if (has_room) {
      Defer(std::move(started.call), started.func);
    } else {
      DAVIT_RETURN_IF_ERROR(Settle(started.call->RunPostReturn(lock, started.deadline)));
    }
  }
  return started.refusal();
}

absl::Status Instance::Impl::PostReturn(engine::CellLock& lock, ExportFuncId func,
                                        absl::Time deadline) {
  if (absl::Status reason = poison(); !reason.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the instance is poisoned: ", reason.message()));
  }
  if (!needs_post_return()) return absl::FailedPreconditionError("no post-return is pending");
  if (func != pending_func_) {
    return absl::FailedPreconditionError(
        absl::StrCat("the pending post-return is of \"", component().name(pending_func_), "\""));
  }
  needs_post_return_.store(false, std::memory_order_release);
  const auto call = std::move(pending_call_);
  return Settle(call->RunPostReturn(lock, deadline));
}

absl::StatusOr<const link::Lift*> Instance::Impl::LiftOf(ExportFuncId func) const {
  const link::Lift* const lift = linked_.LiftOf(func);
  if (lift == nullptr) {
    return base::FeatureError("reexported-imports",
                              "an imported function that is exported again cannot be called");
  }
  if (lift->is_async) {
    return base::FeatureError("async", "functions of the async ABI cannot run yet");
  }
  return lift;
}

Instance::Instance(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Instance::~Instance() = default;

std::unique_ptr<Instance> Instance::Prepare(std::shared_ptr<const LinkedComponent> component,
                                            const InstanceLimits& limits,
                                            HostStateFactory make_state) {
  const LinkedComponent::Impl& linked = *component->impl_;
  return std::unique_ptr<Instance>(new Instance(
      std::make_unique<Impl>(std::move(component), linked, limits, std::move(make_state))));
}

absl::Status Instance::Instantiate(engine::CellLock& lock, absl::Time deadline) {
  return impl_->program().Instantiate(lock, component().impl_->code, deadline);
}

absl::StatusOr<std::unique_ptr<Instance>> Instance::Create(
    engine::CellLock& lock, std::shared_ptr<const Component> component,
    std::shared_ptr<const Linker> linker, const InstanceLimits& limits, absl::Time deadline) {
  DAVIT_ASSIGN_OR_RETURN(auto linked,
                         LinkedComponent::Link(std::move(component), std::move(linker)));
  std::unique_ptr<Instance> instance = Prepare(std::move(linked), limits);
  DAVIT_RETURN_IF_ERROR(instance->Instantiate(lock, deadline));
  return instance;
}

absl::StatusOr<bool> Instance::MakeRestorable(engine::CellLock& lock) {
  return impl_->program().MakeRestorable(lock);
}

absl::StatusOr<bool> Instance::Restore(engine::CellLock& lock) {
  if (!impl_->CheckReady().ok()) return false;
  return impl_->program().Restore(lock);
}

bool Instance::MayWait(ExportFuncId func) const { return impl_->MayWait(func); }

HostState* Instance::host_state(engine::CellLock&) const { return impl_->program().host_state(); }

const Component& Instance::component() const { return impl_->component(); }

absl::Status Instance::Call(engine::CellLock& lock, ExportFuncId func, const canon::ValArgs& args,
                            canon::ValArgs& results, absl::Time deadline, PostReturnMode mode,
                            ResultRoom* room) {
  DAVIT_RETURN_IF_ERROR(impl_->CheckReady());
  const canon::FuncPlan& plan = component().plan(func);
  CallHandles handles(impl_->program().host_resources());
  DAVIT_RETURN_IF_ERROR(canon::CheckArgs(plan, args, &handles));
  ValuesInVals values(plan, args, results, room);
  DAVIT_RETURN_IF_ERROR(impl_->CallTarget(lock, func, deadline, mode, values));
  if (values.refusal().ok()) [[likely]]
    return absl::OkStatus();
  if (mode == PostReturnMode::kDeferred) DAVIT_RETURN_IF_ERROR(PostReturn(lock, func, deadline));
  return values.refusal();
}

absl::StatusOr<Progress> Instance::StartCall(engine::CellLock& lock, ExportFuncId func,
                                             const canon::ValArgs& args, canon::ValArgs& results,
                                             absl::Time deadline, CallSink& sink,
                                             PostReturnMode mode, ResultRoom* room) {
  if (!impl_->MayWait(func) || !engine::Fiber::CanEnter(lock)) {
    DAVIT_RETURN_IF_ERROR(Call(lock, func, args, results, deadline, mode, room));
    return Progress::kEnded;
  }
  DAVIT_RETURN_IF_ERROR(impl_->CheckReady());
  const canon::FuncPlan& plan = component().plan(func);
  CallHandles handles(impl_->program().host_resources());
  DAVIT_RETURN_IF_ERROR(canon::CheckArgs(plan, args, &handles));
  std::unique_ptr<StartedCall> started =
      std::make_unique<StartedInVals>(plan, args, results, room, func, mode, sink);
  return impl_->Start(lock, started, deadline);
}

Progress Instance::Drive(engine::CellLock& lock, absl::Time now) { return impl_->Drive(lock, now); }

void Instance::SetWaker(std::function<void()> waker) {
  impl_->program().mailbox()->SetWaker(std::move(waker));
}

bool Instance::is_waiting() const { return impl_->is_waiting(); }

absl::Status Instance::PostReturn(engine::CellLock& lock, ExportFuncId func, absl::Time deadline) {
  return impl_->PostReturn(lock, func, deadline);
}

void Instance::Terminate(engine::Termination why) { impl_->program().Terminate(why); }
bool Instance::needs_post_return() const { return impl_->needs_post_return(); }
absl::Status Instance::poison() const { return impl_->poison(); }
uint64_t Instance::memory_bytes() const { return impl_->program().memory_bytes(); }

void Instance::SetResourcePrefix(std::string prefix) {
  impl_->program().host_resources().set_prefix(std::move(prefix));
}

HeldResource Instance::Impl::Describe(HostResources::Held held) const {
  return {.name = std::move(held.name),
          .type = component().impl_->resource_names[held.type.value],
          .last_used = held.last_used};
}

std::vector<HeldResource> Instance::Resources(engine::CellLock&, std::string_view after,
                                              size_t max) const {
  std::vector<HeldResource> resources;
  for (auto& held : impl_->program().host_resources().List(after, max)) {
    resources.push_back(impl_->Describe(std::move(held)));
  }
  return resources;
}

Instance::IdleResources Instance::ResourcesIdleSince(engine::CellLock&, absl::Time time,
                                                     size_t max) const {
  HostResources::Idle idle = impl_->program().host_resources().IdleSince(time, max);
  IdleResources found{.next = idle.next};
  for (auto& held : idle.held) found.resources.push_back(impl_->Describe(std::move(held)));
  return found;
}

bool Instance::holds_resources(engine::CellLock&) const {
  return impl_->program().host_resources().size() > 0;
}

absl::StatusOr<HeldResource> Instance::RenewResource(engine::CellLock&, std::string_view name) {
  HostResources& resources = impl_->program().host_resources();
  DAVIT_RETURN_IF_ERROR(resources.Touch(name));
  DAVIT_ASSIGN_OR_RETURN(HostResources::Held held, resources.Get(name));
  return impl_->Describe(std::move(held));
}

absl::Status Instance::DropResource(engine::CellLock& lock, std::string_view name,
                                    absl::Time deadline) {
  DAVIT_RETURN_IF_ERROR(impl_->CheckReady());
  RunningProgram& program = impl_->program();
  DAVIT_ASSIGN_OR_RETURN(const HostResources::Held held, program.host_resources().Get(name));
  DAVIT_RETURN_IF_ERROR(program.CheckCanDestroy(held.type));
  DAVIT_ASSIGN_OR_RETURN(auto fiber, program.PrepareDestroy(lock, held.type));
  DAVIT_ASSIGN_OR_RETURN(const handles::OwnedResource owned, program.host_resources().Remove(name));
  // Whatever the destructor fails with is the guest's end.
  return impl_->Settle(program.Destroy(lock, owned, deadline, std::move(fiber)));
}

absl::StatusOr<Func> Instance::GetFunc(std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const ExportFuncId func, component().FindFunc(name));
  return Func(*this, func);
}

}  // namespace davit::component
