#include "server/instances/fresh_call.h"

#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"

namespace davit::server {

// The instance while its call waits for the host. Wake-ups that come late find that it is over.
class FreshCall::Waiting final : public Drivable, public component::CallSink {
 public:
  // `call` must live until `sink` has heard of its end.
  Waiting(FreshCall& call, FreshPool::Fresh fresh, component::CallSink& sink)
      : call_(&call),
        queue_(call.place_.queue),
        timer_(call.host_.timer()),
        fresh_(std::move(fresh)),
        sink_(sink) {}
  component::Instance& instance() { return *fresh_.instance; }

  void Begin(absl::Time deadline) {
    instance().SetWaker([this] { Wake(); });
    deadline_ = timer_.Schedule(deadline, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) static_cast<Waiting&>(*self).Wake();
    });
    keeps_itself_ = shared_from_this();
    Wake();  // The answer may have come before the waker was there.
  }
  void Drive(engine::CellLock& lock) override {
    if (call_ == nullptr) return;
    driven_under_ = &lock;
    instance().Drive(lock, absl::Now());
  }
  void Ended(absl::Status status) override {
    timer_.Cancel(deadline_);
    instance().SetWaker(nullptr);
    std::exchange(call_, nullptr)->End(*driven_under_, std::move(fresh_));
    const std::shared_ptr<Drivable> self = std::move(keeps_itself_);
    sink_.Ended(std::move(status));
  }
  FreshPool::Fresh TakeFresh() { return std::move(fresh_); }

 private:
  void Wake() { Drivable::Wake(*queue_); }

  FreshCall* call_;  // null when it is over
  const std::shared_ptr<CellQueue> queue_;
  Timer& timer_;
  FreshPool::Fresh fresh_;
  component::CallSink& sink_;
  Timer::Id deadline_ = 0;
  engine::CellLock* driven_under_ = nullptr;
  std::shared_ptr<Drivable> keeps_itself_;
};

FreshCall::FreshCall(InstanceHost& host, const Tenant& tenant, RevisionPtr revision,
                     ComponentPtr component, const Invocation& call,
                     std::unique_ptr<FreshSpec> spec)
    : host_(host),
      tenant_(tenant),
      revision_(std::move(revision)),
      component_(std::move(component)),
      call_(call),
      spec_(std::move(spec)),
      place_(host.PlaceFresh(tenant)) {}

absl::StatusOr<FreshPool::Fresh> FreshCall::Take(engine::CellLock& lock) {
  return host_.TakeFresh({.tenant = tenant_,
                          .pool = place_.pool,
                          .component = component_,
                          .component_name = revision_->component,
                          .call_id = call_.call_id,
                          .spec = std::move(spec_),
                          .deadline = call_.deadline},
                         lock, aim_);
}

absl::StatusOr<component::Progress> FreshCall::Run(engine::CellLock& lock,
                                                   component::ResultRoom& room,
                                                   component::CallSink& sink) {
  const absl::Time begin = absl::Now();
  DAVIT_ASSIGN_OR_RETURN(FreshPool::Fresh fresh, Take(lock));
  component::Instance& instance = *fresh.instance;
  if (!instance.MayWait(call_.func)) [[likely]] {
    absl::Status status =
        instance.Call(lock, call_.func, *call_.payload.args, *call_.payload.results, call_.deadline,
                      component::PostReturnMode::kAutomatic, &room);
    End(lock, std::move(fresh));
    fresh_calls().Note(absl::Now() - begin);
    DAVIT_RETURN_IF_ERROR(status);
    return component::Progress::kEnded;
  }
  const absl::Cleanup note = [&] { fresh_calls().Note(absl::Now() - begin); };
  const auto waiting = std::make_shared<Waiting>(*this, std::move(fresh), sink);
  const auto progress =
      instance.StartCall(lock, call_.func, *call_.payload.args, *call_.payload.results,
                         call_.deadline, *waiting, component::PostReturnMode::kAutomatic, &room);
  if (progress.ok() && *progress == component::Progress::kWaiting) {
    waiting->Begin(call_.deadline);
  } else {
    End(lock, waiting->TakeFresh());
  }
  return progress;
}

void FreshCall::End(engine::CellLock& lock, FreshPool::Fresh fresh) {
  aim_.Set(nullptr);
  // What it has open of its host goes before its client hears of the end, whoever ends it when.
  RegrantWasi(*fresh.instance, lock, {});
  // One that has not come to harm may serve again: after a refused argument, or without room for
  // the results.
  if (fresh.instance->poison().ok()) {
    place_.pool.GiveBack(lock, std::move(fresh));
  } else {
    place_.pool.Drop(std::move(fresh.instance));
  }
}

}  // namespace davit::server
