#ifndef DAVIT_SERVER_REQUEST_SHARE_H_
#define DAVIT_SERVER_REQUEST_SHARE_H_

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "server/core.h"
#include "server/quota.h"

namespace davit::server {

// What a request that is going to wait takes of the memory for all of them: its bytes, and those of
// its arena, if it has one, which are many times as many where its values are small. To be kept
// until it has run. kQueueFull when there is no room.
absl::StatusOr<Quota::Share> TakeRequestShare(const Core& core,
                                              const google::protobuf::Message& request);

}  // namespace davit::server

#endif  // DAVIT_SERVER_REQUEST_SHARE_H_
