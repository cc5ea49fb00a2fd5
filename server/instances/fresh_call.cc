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

FreshCall::FreshCall(InstanceHost& host, const Tenant& tenant, std::shared_ptr<Artifact> artifact,
                     ComponentPtr component, const Invocation& call)
    : host_(host),
      tenant_(tenant),
      artifact_(std::move(artifact)),
      component_(std::move(component)),
      call_(call),
      place_(host.PlaceFresh(tenant)) {}

absl::StatusOr<component::Progress> FreshCall::Run(engine::CellLock& lock,
                                                   component::ResultRoom& room,
                                                   component::CallSink& sink) {
  const absl::Time begin = absl::Now();
  DAVIT_ASSIGN_OR_RETURN(FreshPool::Fresh fresh, host_.TakeFresh(tenant_, place_.pool, lock,
                                                                 component_, call_.deadline, aim_));
  component::Instance& instance = *fresh.instance;
  if (!instance.MayWait(call_.func)) [[likely]] {
    absl::Status status =
        instance.Call(lock, call_.func, *call_.payload.args, *call_.payload.results, call_.deadline,
                      component::PostReturnMode::kAutomatic, &room);
    End(lock, std::move(fresh));
    artifact_->fresh_calls().Note(absl::Now() - begin);
    DAVIT_RETURN_IF_ERROR(status);
    return component::Progress::kEnded;
  }
  const absl::Cleanup note = [&] { artifact_->fresh_calls().Note(absl::Now() - begin); };
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
  // One that has not come to harm may serve again: after a refused argument, or without room for
  // the results.
  if (fresh.instance->poison().ok()) {
    place_.pool.GiveBack(lock, std::move(fresh));
  } else {
    place_.pool.Drop(std::move(fresh.instance));
  }
}

}  // namespace davit::server
