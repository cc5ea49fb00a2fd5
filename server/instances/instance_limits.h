#ifndef DAVIT_SERVER_INSTANCES_INSTANCE_LIMITS_H_
#define DAVIT_SERVER_INSTANCES_INSTANCE_LIMITS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "davit/v1/instance_service.pb.h"
#include "runtime/component/instance.h"
#include "server/app/config.h"

namespace davit::server {

// What the client asked for, or the defaults; InvalidFieldError over a maximum. `all_handles` is of
// all instances together, which it outlives.
absl::StatusOr<component::InstanceLimits> LimitsOf(const Config::InstanceDefaults& config,
                                                   const v1::InstanceLimits& requested,
                                                   handles::HandleQuota& all_handles);

// Whether it is the process or the cell that has reached a limit, not the instance: it helps to
// make room.
bool IsOutOfRoom(const absl::Status& status);

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_INSTANCE_LIMITS_H_
