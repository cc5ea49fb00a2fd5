#ifndef DAVIT_SERVER_RPC_UPLOAD_H_
#define DAVIT_SERVER_RPC_UPLOAD_H_

#include "davit/v1/component_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/app/config.pb.h"
#include "server/registry/artifact.h"
#include "server/registry/registry.h"
#include "server/rpc/admission.h"
#include "server/rpc/parsed.h"
#include "server/rpc/request.h"
#include "server/sched/timer.h"
#include "server/tenants/quota.h"

namespace davit::server {

// What it takes to deploy a component. All of it outlives every RPC, and is thread-safe.
struct UploadParts {
  Admission& admission;
  const Config::Uploads& limits;
  Quota& quota;  // bytes of all uploads
  const Compiler& compiler;
  const Background& background;
  Timer& timer;
  Registry& registry;
};

// The reactor of a CreateComponent RPC, which owns itself; `response` becomes an encoded
// v1.Component. Bytes are counted against the limits as they come; what a client that vanishes has
// sent is dropped.
grpc::ServerReadReactor<Parsed<v1::CreateComponentRequest>>* StartUpload(
    const UploadParts& parts, const Request& request, grpc::ByteBuffer& response);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_UPLOAD_H_
