#include "server/rpc/request_share.h"

#include <utility>

#include "server/rpc/errors.h"

namespace davit::server {

absl::StatusOr<Quota::Share> TakeRequestShare(const Core& core, uint64_t bytes) {
  auto share = core.request_quota.Take(bytes);
  if (share.has_value()) return *std::move(share);
  return QuotaError(Reason::kQueueFull, "max_total_request_bytes", core.request_quota.limit(),
                    "the calls that wait or run are too large together");
}

}  // namespace davit::server
