#ifndef DAVIT_SERVER_RPC_COMPONENT_SERVICE_H_
#define DAVIT_SERVER_RPC_COMPONENT_SERVICE_H_

#include "davit/v1/component_service.grpc.pb.h"
#include "server/registry/artifact.h"
#include "server/rpc/core.h"
#include "server/rpc/descriptions.h"
#include "server/rpc/parsed.h"

namespace davit::server {

// ComponentService of component_service.proto.
class ComponentService final : public v1::ComponentService::CallbackService {
 public:
  // Everything must outlive it. `descriptions` is what GetComponent answers from.
  ComponentService(const Core& core, const Compiler& compiler, const Background& background,
                   Descriptions& descriptions);

 private:
  // The answers of both are encoded here: a large world is encoded once.
  grpc::ServerReadReactor<Parsed<v1::CreateComponentRequest>>* Create(
      grpc::CallbackServerContext* context, grpc::ByteBuffer* response);
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context,
                                const Parsed<v1::GetComponentRequest>& request,
                                grpc::ByteBuffer* response);

  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const Parsed<v1::ListComponentsRequest>& request,
                                 v1::ListComponentsResponse* response);
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const Parsed<v1::DeleteComponentRequest>& request,
                                   v1::DeleteComponentResponse* response);
  grpc::ServerWriteReactor<v1::DownloadComponentResponse>* Download(
      grpc::CallbackServerContext* context, const Parsed<v1::DownloadComponentRequest>* request);

  absl::Status ListPage(const v1::ListComponentsRequest& request,
                        v1::ListComponentsResponse& response) const;

  const Core& core_;
  const Compiler& compiler_;
  const Background& background_;
  Descriptions& descriptions_;
};

// A revision in view BASIC.
void DescribeRevision(const Revision& revision, v1::Component& out);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_COMPONENT_SERVICE_H_
