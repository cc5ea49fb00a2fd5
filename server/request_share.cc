#include "server/request_share.h"

#include <cstdint>
#include <utility>

#include "google/protobuf/arena.h"
#include "server/errors.h"

namespace davit::server {

absl::StatusOr<Quota::Share> TakeRequestShare(const Core& core,
                                              const google::protobuf::Message& request) {
  uint64_t bytes = request.ByteSizeLong();
  const google::protobuf::Arena* const arena = request.GetArena();
  const uint64_t kept = arena == nullptr ? 0 : arena->SpaceAllocated();
  // What is not on the arena are strings, which are as long as on the wire, and fields that nobody
  // knows, each of which takes some 16 times its bytes: they go. A request that is mostly on the
  // arena is counted by that, and is not walked through.
  constexpr uint64_t kSmallBytes = 64 << 10;
  if (bytes > kSmallBytes && kept < bytes) {
    // The request is its call's alone.
    const_cast<google::protobuf::Message&>(request).DiscardUnknownFields();
    bytes = request.ByteSizeLong();
  }
  bytes += kept;
  auto share = core.request_quota.Take(bytes);
  if (share.has_value()) return *std::move(share);
  return QuotaError(Reason::kQueueFull, "max_total_request_bytes", core.request_quota.limit(),
                    "the calls that wait or run are too large together");
}

}  // namespace davit::server
