#ifndef DAVIT_SERVER_RPC_INSTANCE_SERVICE_H_
#define DAVIT_SERVER_RPC_INSTANCE_SERVICE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "davit/v1/instance_service.grpc.pb.h"
#include "server/rpc/core.h"
#include "server/rpc/instance_task.h"
#include "server/rpc/parsed.h"

namespace davit::server {

// InstanceService of instance_service.proto.
class InstanceService final : public v1::InstanceService::CallbackService {
 public:
  explicit InstanceService(const Core& core);

 private:
  template <typename Request, typename Response>
  using Method = grpc::ServerUnaryReactor* (InstanceService::*)(grpc::CallbackServerContext*,
                                                                const Parsed<Request>&, Response*);

  // What a ListResources asks for.
  struct Page {
    InstancePtr record;
    size_t size;
    std::string list;  // as page tokens know it
    std::string after;
  };

  template <typename Request, typename Response>
  void Register(const char* method, Method<Request, Response> start);

  grpc::ServerUnaryReactor* Create(grpc::CallbackServerContext* context,
                                   const Parsed<v1::CreateInstanceRequest>& request,
                                   v1::Instance* response);
  grpc::ServerUnaryReactor* Get(grpc::CallbackServerContext* context,
                                const Parsed<v1::GetInstanceRequest>& request,
                                v1::Instance* response);
  grpc::ServerUnaryReactor* List(grpc::CallbackServerContext* context,
                                 const Parsed<v1::ListInstancesRequest>& request,
                                 v1::ListInstancesResponse* response);
  grpc::ServerUnaryReactor* Delete(grpc::CallbackServerContext* context,
                                   const Parsed<v1::DeleteInstanceRequest>& request,
                                   v1::DeleteInstanceResponse* response);
  grpc::ServerUnaryReactor* ListHeld(grpc::CallbackServerContext* context,
                                     const Parsed<v1::ListResourcesRequest>& request,
                                     v1::ListResourcesResponse* response);
  grpc::ServerUnaryReactor* Renew(grpc::CallbackServerContext* context,
                                  const Parsed<v1::RenewResourceRequest>& request,
                                  v1::Resource* response);
  grpc::ServerUnaryReactor* Drop(grpc::CallbackServerContext* context,
                                 const Parsed<v1::DropResourceRequest>& request,
                                 v1::DropResourceResponse* response);

  absl::Status ListPage(const v1::ListInstancesRequest& request,
                        v1::ListInstancesResponse& response) const;
  // No call enters or runs in the instance any more, nobody finds it.
  absl::StatusOr<InstancePtr> TakeOut(const v1::DeleteInstanceRequest& request);
  // Runs `body` on an instance in its turn, or answers why there is none.
  grpc::ServerUnaryReactor* InTurn(grpc::CallbackServerContext* context, uint64_t request_bytes,
                                   google::protobuf::Message& response,
                                   const absl::StatusOr<InstancePtr>& record,
                                   InstanceTask::Body body);
  absl::StatusOr<Page> PageOf(const v1::ListResourcesRequest& request) const;

  const Core& core_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_INSTANCE_SERVICE_H_
