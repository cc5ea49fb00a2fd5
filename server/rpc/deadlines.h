#ifndef DAVIT_SERVER_RPC_DEADLINES_H_
#define DAVIT_SERVER_RPC_DEADLINES_H_

#include <chrono>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"
#include "server/app/config.pb.h"

namespace davit::server {

// When the guest's budget for an RPC with `rpc_deadline` that arrived at `now` ends: the deadline
// of the RPC less a margin for the answer; the default where it has none, the maximum where it is
// later.
absl::Time BudgetEnd(const Config::Deadlines& deadlines, absl::Time now,
                     std::chrono::system_clock::time_point rpc_deadline);

// How long a deferred post-return may stay outstanding: the default for an unset `lease`.
// InvalidFieldError when it is negative, malformed or over the maximum.
absl::StatusOr<absl::Duration> LeaseOf(const Config::Deadlines& deadlines,
                                       const google::protobuf::Duration* lease);

// How long a resource may be held without being used; InfiniteDuration: as long as its instance
// lives. The default for an unset `lease`. InvalidFieldError as above.
absl::StatusOr<absl::Duration> ResourceLeaseOf(const Config::Deadlines& deadlines,
                                               const google::protobuf::Duration* lease);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_DEADLINES_H_
