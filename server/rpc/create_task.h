#ifndef DAVIT_SERVER_RPC_CREATE_TASK_H_
#define DAVIT_SERVER_RPC_CREATE_TASK_H_

#include "davit/v1/instance_service.pb.h"
#include "server/app/config.pb.h"
#include "server/instances/instance_host.h"
#include "server/instances/instance_table.h"
#include "server/registry/compositions.h"
#include "server/registry/registry.h"
#include "server/rpc/admission.h"
#include "server/rpc/unary.h"

namespace davit::server {

// What it takes to make an instance. All of it outlives every RPC, and is thread-safe.
struct CreateParts {
  Admission& admission;
  const Config::Deadlines& deadlines;
  const Registry& registry;
  Compositions& compositions;
  InstanceTable& instances;
  InstanceHost& host;
};

// Starts an InstanceService.CreateInstance: admits it, waits for the component to be compiled,
// instantiates it in a cell and publishes the instance.
void StartCreateInstance(const CreateParts& parts,
                         UnaryRpc<v1::CreateInstanceRequest, v1::Instance>& rpc);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_CREATE_TASK_H_
