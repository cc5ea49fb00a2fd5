#ifndef DAVIT_SERVER_INSTANCES_INSTANCE_RECORD_H_
#define DAVIT_SERVER_INSTANCES_INSTANCE_RECORD_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "davit/v1/instance_service.pb.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/wasi/config.h"
#include "server/instances/aim.h"
#include "server/instances/drive_task.h"
#include "server/instances/invocation.h"
#include "server/instances/wasi_grants.h"
#include "server/logs/log.h"
#include "server/logs/log_output.h"
#include "server/sched/scheduler.h"
#include "server/sched/short_calls.h"
#include "server/sched/timer.h"
#include "server/sched/worker_pool.h"
#include "server/tenants/quota.h"

namespace davit::server {

// What an instance is made of.
struct InstanceSpec {
  std::string name;      // tenants/{t}/instances/{i}
  std::string revision;  // the name of the component revision
  // Imports, and the names of the revisions that satisfy them in `component`.
  std::vector<v1::Composition> with;
  std::shared_ptr<const component::Component> component;
  v1::Isolation isolation = v1::ISOLATION_SHARED;
  component::InstanceLimits limits;
  std::shared_ptr<const wasi::Config> wasi;  // null: nothing is granted
  absl::Duration resource_lease = absl::InfiniteDuration();
  Quota::Share instance_share;   // of the tenant's instances
  Quota::Share dedicated_share;  // of the tenant's dedicated instances, if it is one
};

// How to end what runs in an instance because of `why`.
engine::Termination TerminationFor(const absl::Status& why);

// An instance with a name: its store, and the state between its calls. What takes a CellLock is
// called by tasks of its queue, one at a time; the rest is thread-safe.
class InstanceRecord final : public Drivable, private component::CallSink {
 public:
  // Whoever drops the last reference, it ends on a worker thread, since that may take long.
  // `timer` and `workers` must outlive it.
  static std::shared_ptr<InstanceRecord> Make(InstanceSpec spec, const LogLimits& log_limits,
                                              std::shared_ptr<CellQueue> queue, Timer& timer,
                                              WorkerPool& workers);
  ~InstanceRecord() override;
  InstanceRecord(const InstanceRecord&) = delete;
  InstanceRecord& operator=(const InstanceRecord&) = delete;

  // First of all, until it succeeds once; Terminate() ends it meanwhile. Errors: those of
  // component::LinkedComponent::Link and Instance::Instantiate. `wasi` must outlive it.
  absl::Status Instantiate(engine::CellLock& lock, std::shared_ptr<const component::Linker> linker,
                           wasi::Services& wasi, absl::Time deadline);

  // REQUIRES for all below but Terminate(): Instantiate succeeded.
  // What its results take comes from `room`. Where it waits, for its host or for a call before it
  // that does, `sink` hears of its end, in a task of the queue; what `call` points to, `room` and
  // `sink` must live until then. Errors: kInstanceDeleted, kInstancePoisoned, kPostReturnPending,
  // kQueueFull; those of Instance::Call.
  absl::StatusOr<component::Progress> Call(engine::CellLock& lock, Invocation call,
                                           component::ResultRoom& room, component::CallSink& sink);
  // Goes on with the call that waits, and with those behind it.
  void Drive(engine::CellLock& lock) override;
  // Completes the deferred call `call_id` of `func`; OK without effect when that was done before.
  // Errors: kPostReturnNotPending; kInstancePoisoned; kInstanceDeleted; traps.
  absl::Status PostReturn(engine::CellLock& lock, component::ExportFuncId func,
                          std::string_view call_id, absl::Time deadline);
  // The same for a client that did not do it within its lease. Does nothing when it has.
  void ExpireLease(engine::CellLock& lock, std::string_view call_id);

  // Up to `count` resources that clients hold, oldest first, after the one named `after`. Errors of
  // all three: kInstanceDeleted, kInstancePoisoned.
  absl::StatusOr<std::vector<v1::Resource>> Resources(engine::CellLock& lock,
                                                      std::string_view after, size_t count) const;
  // Errors: kResourceNotFound.
  absl::StatusOr<v1::Resource> RenewResource(engine::CellLock& lock, std::string_view name);
  // Errors: kResourceNotFound, kPostReturnPending; traps.
  absl::Status DropResource(engine::CellLock& lock, std::string_view name, absl::Time deadline);
  // Drops those whose lease has run out, and looks again when the next one may.
  void ExpireResources(engine::CellLock& lock);

  // Ends the call whose end `sink` is to hear of, because of `why`: it runs, or waits. Thread-safe.
  void Interrupt(const component::CallSink& sink, const absl::Status& why);
  // Ends what runs if it is no call: the instantiation, a post-return, a destructor. Thread-safe.
  void InterruptOther(engine::Termination why);
  // Ends what is running or waiting: a call, or the instantiation.
  void Terminate(engine::Termination why) { running_.Terminate(why); }
  // No further call enters it, whatever is queued. Whoever follows its log comes to the end.
  void MarkDeleted() {
    deleted_.store(true, std::memory_order_relaxed);
    log_->Close();
  }
  bool deleted() const { return deleted_.load(std::memory_order_relaxed); }

  const std::string& name() const { return spec_.name; }
  const component::Component& component() const { return *spec_.component; }
  CellQueue& queue() const { return *queue_; }
  // What it writes.
  const std::shared_ptr<Log>& log() const { return log_; }
  v1::Instance Describe() const;

  // Whether its last calls were so short that they may run on a network thread.
  Place place() const { return short_calls_.place(); }

 private:
  InstanceRecord(InstanceSpec spec, const LogLimits& log_limits, std::shared_ptr<CellQueue> queue,
                 Timer& timer);

  // The call that waits for the host.
  struct Waiting {
    Invocation call;
    component::CallSink* sink;
    Timer::Id deadline;
  };
  // A call that waits for that one.
  struct Held {
    Invocation call;
    component::ResultRoom* room;
    component::CallSink* sink;
    absl::Status unwanted;  // why it is not to begin
  };
  struct Pending {
    std::string call_id;
    component::ExportFuncId func;
    Timer::Id lease = 0;
  };

  absl::Status CheckEnterable() const;
  absl::Status CheckNotPending() const;
  v1::Resource ToProto(const component::HeldResource& held) const;
  // Looks for resources to expire at `time`, unless that is going to happen anyway.
  void WatchResources(absl::Time time);
  absl::StatusOr<component::Progress> Timed(engine::CellLock& lock, const Invocation& call,
                                            component::ResultRoom& room);
  absl::StatusOr<component::Progress> Begin(engine::CellLock& lock, Invocation call,
                                            component::ResultRoom& room, component::CallSink& sink);
  // What to answer after a call that has ended with `status`.
  absl::Status AfterCall(engine::CellLock& lock, Invocation call, absl::Status status);
  void Ended(absl::Status status) override;
  void BeginHeld(engine::CellLock& lock, Held held, absl::Time now);
  void SetEnteredBy(const component::CallSink* sink);
  std::optional<Held> TakeHeld();
  void EndUnwanted();
  std::shared_ptr<InstanceRecord> shared_from_this() {
    return std::static_pointer_cast<InstanceRecord>(Drivable::shared_from_this());
  }
  void Wake() { Drivable::Wake(*queue_); }
  // What to answer after `status` of the runtime, noting whether it was the end of the instance.
  absl::Status Outcome(absl::Status status);
  // From now on the post-return of `func` is pending.
  void Defer(component::ExportFuncId func, Deferral deferral);
  absl::Status Complete(engine::CellLock& lock, absl::Time deadline);
  bool IsCompleted(std::string_view call_id) const;

  const InstanceSpec spec_;
  const absl::Time create_time_;
  const std::shared_ptr<Log> log_;
  Timer& timer_;
  std::atomic<bool> deleted_ = false;
  std::atomic<uint64_t> calls_ = 0;
  ShortCalls short_calls_;
  LogOutput output_;
  // Touched by the queue's tasks only.
  bool poisoned_ = false;
  std::optional<Pending> pending_;
  std::optional<Waiting> waiting_;
  engine::CellLock* driven_under_ = nullptr;  // during Drive()
  std::optional<Timer::Id> resource_watch_;
  std::deque<std::string> completed_;  // the last deferred calls, oldest first
  absl::Mutex held_mutex_;
  std::deque<Held> held_ ABSL_GUARDED_BY(held_mutex_);
  // Whose call runs or waits; null: none does.
  const component::CallSink* entered_by_ ABSL_GUARDED_BY(held_mutex_) = nullptr;
  // The store goes before the queue, whose end may be that of its cell.
  const std::shared_ptr<CellQueue> queue_;
  std::unique_ptr<component::Instance> instance_;
  Aim running_;  // at instance_, and before that at the one that is being made
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_INSTANCE_RECORD_H_
