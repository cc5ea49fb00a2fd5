#include "server/request_share.h"

#include <cstdint>
#include <utility>

#include "google/protobuf/arena.h"
#include "server/errors.h"

namespace davit::server {

absl::StatusOr<Quota::Share> TakeRequestShare(const Core& core,
                                              const google::protobuf::MessageLite& request) {
  uint64_t bytes = request.ByteSizeLong();
  if (const google::protobuf::Arena* arena = request.GetArena()) bytes += arena->SpaceAllocated();
  auto share = core.request_quota.Take(bytes);
  if (share.has_value()) return *std::move(share);
  return QuotaError(Reason::kQueueFull, "max_total_request_bytes", core.request_quota.limit(),
                    "the calls that wait or run are too large together");
}

}  // namespace davit::server
