#ifndef DAVIT_SERVER_COMPONENT_SERVICE_H_
#define DAVIT_SERVER_COMPONENT_SERVICE_H_

#include "davit/v1/component_service.grpc.pb.h"
#include "server/artifact.h"
#include "server/core.h"

namespace davit::server {

// ComponentService of component_service.proto.
class ComponentService final : public v1::ComponentService::CallbackService {
 public:
  ComponentService(const Core& core, const Compiler& compiler, const Background& background)
      : core_(core), compiler_(compiler), background_(background) {}

  grpc::ServerReadReactor<v1::CreateComponentRequest>* CreateComponent(
      grpc::CallbackServerContext* context, v1::Component* response) override;
  grpc::ServerUnaryReactor* GetComponent(grpc::CallbackServerContext* context,
                                         const v1::GetComponentRequest* request,
                                         v1::Component* response) override;
  grpc::ServerUnaryReactor* ListComponents(grpc::CallbackServerContext* context,
                                           const v1::ListComponentsRequest* request,
                                           v1::ListComponentsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteComponent(grpc::CallbackServerContext* context,
                                            const v1::DeleteComponentRequest* request,
                                            v1::DeleteComponentResponse* response) override;
  grpc::ServerWriteReactor<v1::DownloadComponentResponse>* DownloadComponent(
      grpc::CallbackServerContext* context, const v1::DownloadComponentRequest* request) override;

 private:
  absl::Status List(const v1::ListComponentsRequest& request,
                    v1::ListComponentsResponse& response) const;

  const Core& core_;
  const Compiler& compiler_;
  const Background& background_;
};

// A revision in view BASIC.
void DescribeRevision(const Revision& revision, v1::Component& out);
// What view FULL says of the component itself. RESOURCE_EXHAUSTED when its world is too large to be
// described.
absl::Status DescribeWorld(const component::Component& component, v1::Component& out);

}  // namespace davit::server

#endif  // DAVIT_SERVER_COMPONENT_SERVICE_H_
