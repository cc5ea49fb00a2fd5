#include "server/instances/fresh_call.h"

#include <utility>

#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"

namespace davit::server {

FreshCall::FreshCall(InstanceHost& host, const Tenant& tenant, std::shared_ptr<Artifact> artifact,
                     ComponentPtr component, const Invocation& call)
    : host_(host),
      tenant_(tenant),
      artifact_(std::move(artifact)),
      component_(std::move(component)),
      call_(call),
      place_(host.PlaceFresh(tenant)) {}

absl::Status FreshCall::Run(engine::CellLock& lock, component::ResultRoom& room) {
  const absl::Time begin = absl::Now();
  DAVIT_ASSIGN_OR_RETURN(FreshPool::Fresh fresh, host_.TakeFresh(tenant_, place_.pool, lock,
                                                                 component_, call_.deadline, aim_));
  absl::Status status =
      fresh.instance->Call(lock, call_.func, *call_.payload.args, *call_.payload.results,
                           call_.deadline, component::PostReturnMode::kAutomatic, &room);
  aim_.Set(nullptr);
  // One that has not come to harm may serve again: after a refused argument, or without room for
  // the results.
  if (fresh.instance->poison().ok()) {
    place_.pool.GiveBack(lock, std::move(fresh));
  } else {
    place_.pool.Drop(std::move(fresh.instance));
  }
  artifact_->fresh_calls().Note(absl::Now() - begin);
  return status;
}

}  // namespace davit::server
