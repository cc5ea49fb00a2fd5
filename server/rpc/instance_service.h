#ifndef DAVIT_SERVER_RPC_INSTANCE_SERVICE_H_
#define DAVIT_SERVER_RPC_INSTANCE_SERVICE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "davit/v1/instance_service.grpc.pb.h"
#include "server/instances/instance_table.h"
#include "server/logs/component_logs.h"
#include "server/rpc/create_task.h"
#include "server/rpc/instance_task.h"
#include "server/rpc/page_token.h"
#include "server/rpc/parsed.h"
#include "server/rpc/stream_set.h"
#include "server/rpc/unary.h"
#include "server/sched/background.h"
#include "server/tenants/quota.h"
#include "server/tenants/tenant.h"

namespace davit::server {

// InstanceService of instance_service.proto.
class InstanceService final : public v1::InstanceService::CallbackService {
 public:
  // What it works with: all of it must outlive it, and is thread-safe.
  struct Parts {
    CreateParts create;
    BackgroundQueue& short_work;
    const PageTokens& page_tokens;
    ComponentLogs& logs;
  };

  explicit InstanceService(const Parts& parts);

  // Ends what follows logs.
  void DrainTails() { tails_.Drain(); }

 private:
  template <typename M, typename R>
  using Method = void (InstanceService::*)(UnaryRpc<M, R>&);

  // What a ListResources asks for.
  struct Page {
    InstancePtr record;
    size_t size;
    std::string list;  // as page tokens know it
    std::string after;
  };

  template <typename M, typename R>
  void Register(const char* name, Method<M, R> start);

  void Create(UnaryRpc<v1::CreateInstanceRequest, v1::Instance>& rpc);
  void Get(UnaryRpc<v1::GetInstanceRequest, v1::Instance>& rpc);
  void List(UnaryRpc<v1::ListInstancesRequest, v1::ListInstancesResponse>& rpc);
  void Delete(UnaryRpc<v1::DeleteInstanceRequest, v1::DeleteInstanceResponse>& rpc);
  void ListHeld(UnaryRpc<v1::ListResourcesRequest, v1::ListResourcesResponse>& rpc);
  void Renew(UnaryRpc<v1::RenewResourceRequest, v1::Resource>& rpc);
  void Drop(UnaryRpc<v1::DropResourceRequest, v1::DropResourceResponse>& rpc);

  absl::StatusOr<std::shared_ptr<Log>> FindLog(const Tenant& tenant, const std::string& name) const;
  grpc::ServerWriteReactor<v1::TailLogsResponse>* Tail(const Request& request,
                                                       const Parsed<v1::TailLogsRequest>& message);
  absl::Status ListPage(const Tenant& tenant, const v1::ListInstancesRequest& request,
                        v1::ListInstancesResponse& response) const;
  // No call enters or runs in the instance any more, nobody finds it.
  absl::StatusOr<InstancePtr> TakeOut(const Tenant& tenant, const std::string& name);
  // What a request of so many bytes takes that is going to wait. kServerDraining; kQueueFull.
  absl::StatusOr<Quota::Share> AdmitWait(uint64_t bytes) const;
  // Runs `body` on an instance in its turn and ends the RPC, or says why there is none.
  template <typename M, typename R>
  void InTurn(UnaryRpc<M, R>& rpc, const absl::StatusOr<InstancePtr>& record,
              InstanceTask::Body body);
  absl::StatusOr<Page> PageOf(const Tenant& tenant, const v1::ListResourcesRequest& request) const;

  InstanceTable& instances() const { return parts_.create.instances; }

  const Parts parts_;
  StreamSet tails_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_INSTANCE_SERVICE_H_
