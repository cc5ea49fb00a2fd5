#ifndef DAVIT_SERVER_RPC_DOWNLOAD_H_
#define DAVIT_SERVER_RPC_DOWNLOAD_H_

#include "absl/status/statusor.h"
#include "davit/v1/component_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/registry/registry.h"
#include "server/rpc/request.h"
#include "server/sched/background.h"

namespace davit::server {

// The reactor of a DownloadComponent RPC, which owns itself: sends the binary of `revision` in
// chunks, or ends with the error that it is instead. `registry` and `short_work`, which reads the
// disk, must outlive it. However slowly a client reads, no file is open meanwhile.
grpc::ServerWriteReactor<v1::DownloadComponentResponse>* StartDownload(
    const Registry& registry, BackgroundQueue& short_work, const Request& request,
    absl::StatusOr<RevisionPtr> revision);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_DOWNLOAD_H_
