#ifndef DAVIT_SERVER_INSTANCE_SERVICE_H_
#define DAVIT_SERVER_INSTANCE_SERVICE_H_

#include "absl/status/statusor.h"
#include "davit/v1/instance_service.grpc.pb.h"
#include "runtime/component/instance.h"
#include "server/core.h"

namespace davit::server {

// InstanceService of instance_service.proto.
class InstanceService final : public v1::InstanceService::CallbackService {
 public:
  explicit InstanceService(const Core& core) : core_(core) {}

  grpc::ServerUnaryReactor* CreateInstance(grpc::CallbackServerContext* context,
                                           const v1::CreateInstanceRequest* request,
                                           v1::Instance* response) override;
  grpc::ServerUnaryReactor* GetInstance(grpc::CallbackServerContext* context,
                                        const v1::GetInstanceRequest* request,
                                        v1::Instance* response) override;
  grpc::ServerUnaryReactor* ListInstances(grpc::CallbackServerContext* context,
                                          const v1::ListInstancesRequest* request,
                                          v1::ListInstancesResponse* response) override;
  grpc::ServerUnaryReactor* DeleteInstance(grpc::CallbackServerContext* context,
                                           const v1::DeleteInstanceRequest* request,
                                           v1::DeleteInstanceResponse* response) override;

 private:
  absl::Status List(const v1::ListInstancesRequest& request,
                    v1::ListInstancesResponse& response) const;
  absl::Status Delete(const v1::DeleteInstanceRequest& request);

  const Core& core_;
};

// The instance called `name`, with the error that says what is wrong with the name:
// kInvalidRequest, kTenantNotFound, kInstanceNotFound. `field` is the request field that held it.
absl::StatusOr<InstancePtr> FindInstance(const Core& core, std::string_view field,
                                         std::string_view name);

// What the client asked for, or the defaults; InvalidFieldError over a maximum.
absl::StatusOr<component::InstanceLimits> LimitsOf(const Config::InstanceDefaults& config,
                                                   const v1::InstanceLimits& requested);

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCE_SERVICE_H_
