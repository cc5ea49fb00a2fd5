#ifndef DAVIT_SERVER_RPC_CALL_ADMISSION_H_
#define DAVIT_SERVER_RPC_CALL_ADMISSION_H_

#include <cstdint>

#include "davit/v1/call_service.pb.h"
#include "server/app/config.pb.h"
#include "server/instances/instance_host.h"
#include "server/instances/instance_table.h"
#include "server/registry/registry.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_task.h"
#include "server/rpc/request.h"

// From the messages of CallService to calls: who may call what, found by name.
namespace davit::server {

// What it takes to call something. All of it outlives every call, and is thread-safe.
struct CallParts {
  Admission& admission;
  const Config::Deadlines& deadlines;
  const Registry& registry;
  const InstanceTable& instances;
  InstanceHost& host;
};

// Each starts what `message` asks for as `task`, which is new and for the same request, or fails
// the task; the message takes `bytes`. A call has its arguments in `message` and its results in
// `response`, and may run before this returns.
void StartCall(const CallParts& parts, const Request& request, const v1::CallRequest& message,
               uint64_t bytes, v1::CallResponse& response, CallTask& task);
void StartPostReturn(const CallParts& parts, const Request& request,
                     const v1::PostReturnRequest& message, uint64_t bytes, CallTask& task);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CALL_ADMISSION_H_
