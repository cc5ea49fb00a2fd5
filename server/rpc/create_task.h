#ifndef DAVIT_SERVER_RPC_CREATE_TASK_H_
#define DAVIT_SERVER_RPC_CREATE_TASK_H_

#include "davit/v1/instance_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/core.h"
#include "server/rpc/parsed.h"

namespace davit::server {

// Starts an InstanceService.CreateInstance: admits it, waits for the component to be compiled,
// instantiates it in a cell and publishes the instance.
grpc::ServerUnaryReactor* StartCreateInstance(const Core& core,
                                              grpc::CallbackServerContext* context,
                                              const Parsed<v1::CreateInstanceRequest>& request,
                                              v1::Instance* response);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CREATE_TASK_H_
