#ifndef DAVIT_SERVER_RPC_REQUEST_SHARE_H_
#define DAVIT_SERVER_RPC_REQUEST_SHARE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "server/rpc/core.h"
#include "server/tenants/quota.h"

namespace davit::server {

// What a request that is going to wait takes of the memory for all of them: `bytes`, as Parsed has
// them. To be kept until it has run. kQueueFull when there is no room.
absl::StatusOr<Quota::Share> TakeRequestShare(const Core& core, uint64_t bytes);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_REQUEST_SHARE_H_
