#ifndef DAVIT_SERVER_RPC_RUN_H_
#define DAVIT_SERVER_RPC_RUN_H_

#include "davit/v1/call_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/call_admission.h"
#include "server/rpc/parsed.h"
#include "server/rpc/request.h"
#include "server/rpc/stream_set.h"

namespace davit::server {

// The reactor of a new CallService.Run, which owns itself. `parts` and `runs` must outlive it.
grpc::ServerBidiReactor<Parsed<v1::RunRequest>, v1::RunResponse>* StartRun(const CallParts& parts,
                                                                           const Request& request,
                                                                           StreamSet& runs);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_RUN_H_
