#include "server/instances/instance_record.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/base/exit.h"
#include "runtime/base/status_macros.h"
#include "server/rpc/errors.h"
#include "server/rpc/naming.h"
#include "server/rpc/proto_time.h"

namespace davit::server {
namespace {

// PostReturn is idempotent for the last so many deferred calls of an instance.
constexpr size_t kRememberedCalls = 64;
// Calls that wait behind one that waits for the host.
constexpr size_t kMostHeld = 1024;
// What one turn begins of them: others wait for the cell.
constexpr int kDrivenAtOnce = 64;
constexpr absl::Duration kDriveTurn = absl::Milliseconds(2);
// How long a post-return may run that no client waits for.
constexpr absl::Duration kLeaseBudget = absl::Seconds(30);
constexpr absl::Duration kLeaseRetry = absl::Seconds(1);  // while the queue is full
// Resources that are dropped in one turn, and after how long it begins no other: others wait
// for the cell.
constexpr size_t kExpiredAtOnce = 256;
constexpr absl::Duration kExpiryTurn = absl::Milliseconds(10);

// Does what a client owes, in the instance's turn; again later when the queue is full.
class LeaseTask final : public CellTask {
 public:
  using Work = std::function<void(InstanceRecord&, engine::CellLock&)>;

  // Does nothing for a record that is gone, or is about to go.
  static void Submit(Timer& timer, const std::weak_ptr<InstanceRecord>& weak, Work work) {
    std::shared_ptr<InstanceRecord> record = weak.lock();
    if (record == nullptr || record->deleted()) return;
    CellQueue& queue = record->queue();
    queue.Submit(std::make_unique<LeaseTask>(timer, std::move(record), std::move(work)),
                 Place::kWorker);
  }

  LeaseTask(Timer& timer, std::shared_ptr<InstanceRecord> record, Work work)
      : timer_(timer), record_(std::move(record)), work_(std::move(work)) {}

  absl::Status Wanted(absl::Time) const override {
    return record_->deleted() ? InstanceDeletedError(record_->name()) : absl::OkStatus();
  }
  TaskProgress Run(engine::CellLock* lock) override {
    work_(*record_, *lock);
    return TaskProgress::kDone;
  }
  void Drop(const absl::Status& why) override {
    if (!absl::IsResourceExhausted(why)) return;
    timer_.Schedule(absl::Now() + kLeaseRetry,
                    [&timer = timer_, weak = std::weak_ptr(record_), work = work_]() mutable {
                      Submit(timer, weak, std::move(work));
                    });
  }
  void Interrupt(const absl::Status&) override {
    record_->InterruptOther(engine::Termination::kDeleted);
  }
  void Finish() override {}

 private:
  Timer& timer_;
  const std::shared_ptr<InstanceRecord> record_;
  const Work work_;
};

// Takes the lock of a cell once, which makes the engine destroy what was dropped in it.
class ClearTask final : public CellTask {
 public:
  absl::Status Wanted(absl::Time) const override { return absl::OkStatus(); }
  TaskProgress Run(engine::CellLock*) override { return TaskProgress::kDone; }
  void Drop(const absl::Status&) override {}
  void Interrupt(const absl::Status&) override {}
  void Finish() override {}
};

}  // namespace

std::shared_ptr<InstanceRecord> InstanceRecord::Make(InstanceSpec spec, const LogLimits& log_limits,
                                                     std::shared_ptr<CellQueue> queue, Timer& timer,
                                                     WorkerPool& workers) {
  const auto end = [&workers](InstanceRecord* ended) {
    workers.RunOnWorker([record = std::unique_ptr<InstanceRecord>(ended)]() mutable {
      const std::shared_ptr<CellQueue> queue = record->queue_;
      record = nullptr;
      queue->Submit(std::make_unique<ClearTask>(), Place::kWorker);
    });
  };
  return {new InstanceRecord(std::move(spec), log_limits, std::move(queue), timer), end};
}

engine::Termination TerminationFor(const absl::Status& why) {
  return why.code() == absl::StatusCode::kDeadlineExceeded ? engine::Termination::kDeadline
                                                           : engine::Termination::kCancelled;
}

InstanceRecord::InstanceRecord(InstanceSpec spec, const LogLimits& log_limits,
                               std::shared_ptr<CellQueue> queue, Timer& timer)
    : spec_(std::move(spec)),
      create_time_(absl::Now()),
      log_(std::make_shared<Log>(log_limits)),
      timer_(timer),
      output_(log_),
      queue_(std::move(queue)) {}

InstanceRecord::~InstanceRecord() {
  if (pending_.has_value()) timer_.Cancel(pending_->lease);
  if (waiting_.has_value()) timer_.Cancel(waiting_->deadline);
  if (resource_watch_.has_value()) timer_.Cancel(*resource_watch_);
}

absl::Status InstanceRecord::Instantiate(engine::CellLock& lock,
                                         std::shared_ptr<const component::Linker> linker,
                                         wasi::Services& wasi, absl::Time deadline) {
  DAVIT_ASSIGN_OR_RETURN(auto linked,
                         component::LinkedComponent::Link(spec_.component, std::move(linker)));
  component::HostStateFactory make_state;
  if (UsesWasi(component())) {
    make_state = WasiState(wasi, {.config = spec_.wasi, .stdio = output_.stdio()});
  }
  auto instance =
      component::Instance::Prepare(std::move(linked), spec_.limits, std::move(make_state));
  running_.Set(instance.get());
  if (absl::Status status = instance->Instantiate(lock, deadline); !status.ok()) {
    running_.Set(nullptr);
    return status;
  }
  instance_ = std::move(instance);
  // With an id of its own: the next instance of this name has other names for its resources.
  instance_->SetWaker([this] { Wake(); });
  instance_->SetResourcePrefix(absl::StrCat(spec_.name, "/resources/", MakeId('r'), "-"));
  return absl::OkStatus();
}

absl::Status InstanceRecord::CheckEnterable() const {
  if (deleted()) return InstanceDeletedError(name());
  if (poisoned_) return PoisonedError(name(), instance_->poison());
  return absl::OkStatus();
}

absl::Status InstanceRecord::CheckNotPending() const {
  if (waiting_.has_value()) {
    return StateError(Reason::kInstanceBusy, name(), "a call of the instance waits for the host");
  }
  if (!pending_.has_value()) [[likely]]
    return absl::OkStatus();
  return StateError(Reason::kPostReturnPending, name(),
                    absl::StrCat("the instance waits for PostReturn of call ", pending_->call_id));
}

absl::Status InstanceRecord::Outcome(absl::Status status) {
  if (status.ok()) [[likely]]
    return status;
  poisoned_ = !instance_->poison().ok();
  if (deleted() && poisoned_) return InstanceDeletedError(name());
  return status;
}

absl::StatusOr<component::Progress> InstanceRecord::Timed(engine::CellLock& lock,
                                                          const Invocation& call,
                                                          component::ResultRoom& room) {
  const auto mode = call.deferral.has_value() ? component::PostReturnMode::kDeferred
                                              : component::PostReturnMode::kAutomatic;
  const absl::Time begin = absl::Now();
  auto progress = instance_->StartCall(lock, call.func, *call.payload.args, *call.payload.results,
                                       call.deadline, *this, mode, &room);
  short_calls_.Note(absl::Now() - begin);
  return progress;
}

absl::StatusOr<component::Progress> InstanceRecord::Call(engine::CellLock& lock, Invocation call,
                                                         component::ResultRoom& room,
                                                         component::CallSink& sink) {
  if (!waiting_.has_value()) [[likely]]
    return Begin(lock, std::move(call), room, sink);
  absl::MutexLock mutex_lock(held_mutex_);
  if (held_.size() >= kMostHeld) {
    return QuotaError(Reason::kQueueFull, "held_calls", kMostHeld,
                      "too many calls wait for one of the instance that waits");
  }
  held_.push_back({.call = std::move(call), .room = &room, .sink = &sink});
  return component::Progress::kWaiting;
}

// Enters the instance, which no call holds.
absl::StatusOr<component::Progress> InstanceRecord::Begin(engine::CellLock& lock, Invocation call,
                                                          component::ResultRoom& room,
                                                          component::CallSink& sink) {
  DAVIT_RETURN_IF_ERROR(CheckEnterable());
  DAVIT_RETURN_IF_ERROR(CheckNotPending());
  calls_.fetch_add(1, std::memory_order_relaxed);
  if (!call.call_id.empty()) output_.BeginCall(call.call_id);
  SetEnteredBy(&sink);
  const auto progress = Timed(lock, call, room);
  if (!progress.ok() || *progress == component::Progress::kEnded) {
    SetEnteredBy(nullptr);
    DAVIT_RETURN_IF_ERROR(AfterCall(lock, std::move(call), progress.status()));
    return component::Progress::kEnded;
  }
  const Timer::Id deadline =
      timer_.Schedule(call.deadline, [weak = std::weak_ptr(shared_from_this())] {
        if (const auto record = weak.lock()) record->Wake();
      });
  waiting_.emplace(Waiting{.call = std::move(call), .sink = &sink, .deadline = deadline});
  return component::Progress::kWaiting;
}

absl::Status InstanceRecord::AfterCall(engine::CellLock& lock, Invocation call,
                                       absl::Status status) {
  output_.EndCall();
  DAVIT_RETURN_IF_ERROR(Outcome(std::move(status)));
  if (spec_.resource_lease != absl::InfiniteDuration() && instance_->holds_resources(lock)) {
    WatchResources(absl::Now() + spec_.resource_lease);
  }
  if (call.deferral.has_value()) Defer(call.func, *std::move(call.deferral));
  return absl::OkStatus();
}

// The call that has waited is over.
void InstanceRecord::Ended(absl::Status status) {
  Waiting waiting = *std::exchange(waiting_, std::nullopt);
  SetEnteredBy(nullptr);
  timer_.Cancel(waiting.deadline);
  waiting.sink->Ended(AfterCall(*driven_under_, std::move(waiting.call), std::move(status)));
}

void InstanceRecord::Drive(engine::CellLock& lock) {
  driven_under_ = &lock;
  if (waiting_.has_value()) instance_->Drive(lock, absl::Now());
  const absl::Time end = absl::Now() + kDriveTurn;
  for (int left = kDrivenAtOnce; !waiting_.has_value() && left > 0; --left) {
    std::optional<Held> next = TakeHeld();
    if (!next.has_value()) return;
    const absl::Time now = absl::Now();
    if (now > end) left = 1;
    BeginHeld(lock, *std::move(next), now);
  }
  if (waiting_.has_value()) {
    EndUnwanted();
  } else {
    Wake();  // The other instances of the cell come first.
  }
}

void InstanceRecord::BeginHeld(engine::CellLock& lock, Held held, absl::Time now) {
  absl::Status status = std::move(held.unwanted);
  if (status.ok() && now >= held.call.deadline) status = QueuedTooLongError();
  if (status.ok()) {
    const auto progress = Begin(lock, std::move(held.call), *held.room, *held.sink);
    if (progress.ok() && *progress == component::Progress::kWaiting) return;
    status = progress.status();
  }
  held.sink->Ended(std::move(status));
}

std::optional<InstanceRecord::Held> InstanceRecord::TakeHeld() {
  absl::MutexLock lock(held_mutex_);
  if (held_.empty()) return std::nullopt;
  std::optional<Held> next = std::move(held_.front());
  held_.pop_front();
  return next;
}

// Ends the calls that nobody wants any more and that have not begun.
void InstanceRecord::EndUnwanted() {
  std::deque<Held> unwanted;
  {
    absl::MutexLock lock(held_mutex_);
    const auto rest =
        std::ranges::stable_partition(held_, [](const Held& held) { return held.unwanted.ok(); });
    std::ranges::move(rest, std::back_inserter(unwanted));
    held_.erase(rest.begin(), rest.end());
  }
  for (Held& held : unwanted) held.sink->Ended(std::move(held.unwanted));
}

void InstanceRecord::Interrupt(const component::CallSink& sink, const absl::Status& why) {
  {
    absl::MutexLock lock(held_mutex_);
    if (entered_by_ == &sink) {
      Terminate(TerminationFor(why));
      return;
    }
    // One that is in neither place is about to begin, or to be told of its end.
    const auto held = std::ranges::find(held_, &sink, &Held::sink);
    if (held == held_.end()) return;
    held->unwanted = why;
  }
  Wake();
}

void InstanceRecord::InterruptOther(engine::Termination why) {
  absl::MutexLock lock(held_mutex_);
  if (entered_by_ == nullptr) Terminate(why);
}

void InstanceRecord::SetEnteredBy(const component::CallSink* sink) {
  absl::MutexLock lock(held_mutex_);
  entered_by_ = sink;
}

void InstanceRecord::Defer(component::ExportFuncId func, Deferral deferral) {
  const Timer::Id lease = timer_.Schedule(
      absl::Now() + deferral.lease,
      [timer = &timer_, weak = std::weak_ptr(shared_from_this()), call_id = deferral.call_id] {
        LeaseTask::Submit(*timer, weak, [call_id](InstanceRecord& record, engine::CellLock& lock) {
          record.ExpireLease(lock, call_id);
        });
      });
  pending_ = {.call_id = std::move(deferral.call_id), .func = func, .lease = lease};
}

bool InstanceRecord::IsCompleted(std::string_view call_id) const {
  return std::ranges::find(completed_, call_id) != completed_.end();
}

absl::Status InstanceRecord::PostReturn(engine::CellLock& lock, component::ExportFuncId func,
                                        std::string_view call_id, absl::Time deadline) {
  const bool is_pending = pending_.has_value() && pending_->call_id == call_id;
  if (!is_pending && IsCompleted(call_id)) return absl::OkStatus();
  DAVIT_RETURN_IF_ERROR(CheckEnterable());
  if (!pending_.has_value()) {
    return StateError(Reason::kPostReturnNotPending, name(), "no post-return is pending");
  }
  if (!is_pending || pending_->func != func) {
    return StateError(Reason::kPostReturnNotPending, name(),
                      absl::StrCat("the pending post-return is of call ", pending_->call_id,
                                   " of function ", component().name(pending_->func)));
  }
  timer_.Cancel(pending_->lease);
  return Complete(lock, deadline);
}

void InstanceRecord::ExpireLease(engine::CellLock& lock, std::string_view call_id) {
  if (!pending_.has_value() || pending_->call_id != call_id || !CheckEnterable().ok()) return;
  const absl::Status status = Complete(lock, absl::Now() + kLeaseBudget);
  LOG(INFO) << "instance " << name() << ": lease of call " << absl::CHexEscape(call_id)
            << " ran out, post-return run: " << status.message();
}

absl::Status InstanceRecord::Complete(engine::CellLock& lock, absl::Time deadline) {
  const Pending done = *std::exchange(pending_, std::nullopt);
  absl::Status status = Outcome(instance_->PostReturn(lock, done.func, deadline));
  if (status.ok()) {
    if (completed_.size() == kRememberedCalls) completed_.pop_front();
    completed_.push_back(done.call_id);
  }
  return status;
}

// -- Resources --

namespace {

// The runtime's errors of a name that it does not know.
absl::Status NamedError(std::string_view name, absl::Status status) {
  if (!absl::IsNotFound(status)) return status;
  return ResourceError(Reason::kResourceNotFound, "resource", name, "not held");
}

}  // namespace

v1::Resource InstanceRecord::ToProto(const component::HeldResource& held) const {
  v1::Resource out;
  out.set_name(held.name);
  out.set_type(held.type);
  if (spec_.resource_lease != absl::InfiniteDuration()) {
    *out.mutable_expire_time() = server::ToProto(held.last_used + spec_.resource_lease);
  }
  return out;
}

absl::StatusOr<std::vector<v1::Resource>> InstanceRecord::Resources(engine::CellLock& lock,
                                                                    std::string_view after,
                                                                    size_t count) const {
  DAVIT_RETURN_IF_ERROR(CheckEnterable());
  std::vector<v1::Resource> out;
  for (const auto& held : instance_->Resources(lock, after, count)) out.push_back(ToProto(held));
  return out;
}

absl::StatusOr<v1::Resource> InstanceRecord::RenewResource(engine::CellLock& lock,
                                                           std::string_view name) {
  DAVIT_RETURN_IF_ERROR(CheckEnterable());
  const absl::StatusOr<component::HeldResource> held = instance_->RenewResource(lock, name);
  if (!held.ok()) return NamedError(name, held.status());
  return ToProto(*held);
}

absl::Status InstanceRecord::DropResource(engine::CellLock& lock, std::string_view name,
                                          absl::Time deadline) {
  DAVIT_RETURN_IF_ERROR(CheckEnterable());
  DAVIT_RETURN_IF_ERROR(CheckNotPending());
  return NamedError(name, Outcome(instance_->DropResource(lock, name, deadline)));
}

void InstanceRecord::WatchResources(absl::Time time) {
  if (resource_watch_.has_value()) return;
  resource_watch_ =
      timer_.Schedule(time, [timer = &timer_, weak = std::weak_ptr(shared_from_this())] {
        LeaseTask::Submit(*timer, weak, [](InstanceRecord& record, engine::CellLock& lock) {
          record.ExpireResources(lock);
        });
      });
}

void InstanceRecord::ExpireResources(engine::CellLock& lock) {
  resource_watch_.reset();
  if (!CheckEnterable().ok()) return;
  if (pending_.has_value() || waiting_.has_value()) {
    return WatchResources(absl::Now() + kLeaseRetry);
  }
  const absl::Time now = absl::Now();
  const auto idle = instance_->ResourcesIdleSince(lock, now - spec_.resource_lease, kExpiredAtOnce);
  absl::Time next = idle.next + spec_.resource_lease;
  size_t dropped = 0;
  for (const auto& held : idle.resources) {
    if (absl::Now() - now > kExpiryTurn) {
      next = now;
      break;
    }
    const absl::Status status =
        Outcome(instance_->DropResource(lock, held.name, now + kLeaseBudget));
    if (!status.ok()) LOG(INFO) << "dropping " << held.name << ": " << status.message();
    if (poisoned_) return;
    ++dropped;
  }
  if (dropped > 0)
    LOG(INFO) << "instance " << name() << ": leases of " << dropped << " resources ran out";
  if (next != absl::InfiniteFuture()) WatchResources(next);
}

v1::Instance InstanceRecord::Describe() const {
  v1::Instance out;
  out.set_name(spec_.name);
  out.set_component(spec_.revision);
  out.set_isolation(spec_.isolation);
  out.mutable_limits()->set_memory_bytes(spec_.limits.memory_bytes);
  out.mutable_limits()->set_handles(spec_.limits.handles);
  out.mutable_limits()->set_host_copy_bytes(spec_.limits.host_copy_bytes);
  *out.mutable_create_time() = server::ToProto(create_time_);
  out.mutable_with()->Add(spec_.with.begin(), spec_.with.end());
  if (spec_.resource_lease != absl::InfiniteDuration()) {
    *out.mutable_resource_lease() = server::ToProto(spec_.resource_lease);
  }
  out.set_memory_bytes(instance_->memory_bytes());
  out.set_calls(calls_.load(std::memory_order_relaxed));
  const absl::Status poison = instance_->poison();
  if (const auto exit_code = base::ExitCodeOf(poison)) {
    out.set_state(v1::Instance::STATE_EXITED);
    out.set_exit_code(*exit_code);
  } else if (!poison.ok()) {
    out.set_state(v1::Instance::STATE_POISONED);
    out.set_poison_reason(ToRpcStatus(poison).message());
  } else {
    out.set_state(instance_->needs_post_return() ? v1::Instance::STATE_NEEDS_POST_RETURN
                                                 : v1::Instance::STATE_ACTIVE);
  }
  return out;
}

}  // namespace davit::server
