#ifndef DAVIT_SERVER_INSTANCE_LIMITS_H_
#define DAVIT_SERVER_INSTANCE_LIMITS_H_

#include "absl/status/statusor.h"
#include "davit/v1/instance_service.pb.h"
#include "runtime/component/instance.h"
#include "server/config.h"

namespace davit::server {

// What the client asked for, or the defaults; InvalidFieldError over a maximum.
absl::StatusOr<component::InstanceLimits> LimitsOf(const Config::InstanceDefaults& config,
                                                   const v1::InstanceLimits& requested);

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCE_LIMITS_H_
