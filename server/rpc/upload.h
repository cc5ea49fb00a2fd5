#ifndef DAVIT_SERVER_RPC_UPLOAD_H_
#define DAVIT_SERVER_RPC_UPLOAD_H_

#include "davit/v1/component_service.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/registry/artifact.h"
#include "server/rpc/core.h"
#include "server/rpc/parsed.h"

namespace davit::server {

// The reactor of a CreateComponent RPC, which owns itself; `response` becomes an encoded
// v1.Component. Bytes are counted against the limits as
// they come; what a client that vanishes has sent is dropped.
grpc::ServerReadReactor<Parsed<v1::CreateComponentRequest>>* StartUpload(
    const Core& core, const Compiler& compiler, const Background& background,
    grpc::CallbackServerContext& context, grpc::ByteBuffer& response);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_UPLOAD_H_
