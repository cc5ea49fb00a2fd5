#ifndef DAVIT_SERVER_RPC_TAIL_LOGS_H_
#define DAVIT_SERVER_RPC_TAIL_LOGS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "davit/v1/instance_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/logs/log.h"
#include "server/rpc/request.h"
#include "server/rpc/stream_set.h"
#include "server/sched/background.h"

namespace davit::server {

// The reactor of a new InstanceService.TailLogs, which owns itself: sends `log`, or ends with its
// error. `message` need not outlive this; `short_work` and `tails` must outlive the reactor.
grpc::ServerWriteReactor<v1::TailLogsResponse>* StartTailLogs(
    const Request& request, const v1::TailLogsRequest& message,
    absl::StatusOr<std::shared_ptr<Log>> log, BackgroundQueue& short_work, StreamSet& tails);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_TAIL_LOGS_H_
