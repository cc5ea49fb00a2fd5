#ifndef DAVIT_SERVER_RPC_COMPONENT_SERVICE_H_
#define DAVIT_SERVER_RPC_COMPONENT_SERVICE_H_

#include "davit/v1/component_service.grpc.pb.h"
#include "server/logs/component_logs.h"
#include "server/registry/registry.h"
#include "server/rpc/descriptions.h"
#include "server/rpc/page_token.h"
#include "server/rpc/parsed.h"
#include "server/rpc/unary.h"
#include "server/rpc/upload.h"
#include "server/sched/background.h"

namespace davit::server {

// ComponentService of component_service.proto.
class ComponentService final : public v1::ComponentService::CallbackService {
 public:
  // What it works with: all of it must outlive it, and is thread-safe.
  struct Parts {
    UploadParts upload;
    BackgroundQueue& short_work;
    const PageTokens& page_tokens;
    Descriptions& descriptions;  // what GetComponent answers from
    ComponentLogs& logs;
  };

  explicit ComponentService(const Parts& parts);

 private:
  // Encoded where it is made: a large world is encoded once.
  using GetRpc = UnaryRpc<v1::GetComponentRequest, grpc::ByteBuffer>;
  class Describe;

  template <typename M, typename R>
  void Register(const char* name, void (ComponentService::*start)(UnaryRpc<M, R>&));
  void RegisterStreams();

  void Get(GetRpc& rpc);
  void List(UnaryRpc<v1::ListComponentsRequest, v1::ListComponentsResponse>& rpc);
  void Delete(UnaryRpc<v1::DeleteComponentRequest, v1::DeleteComponentResponse>& rpc);
  grpc::ServerWriteReactor<v1::DownloadComponentResponse>* Download(
      const Request& request, const Parsed<v1::DownloadComponentRequest>& message);

  absl::Status ListPage(const Tenant& tenant, const v1::ListComponentsRequest& request,
                        v1::ListComponentsResponse& response) const;
  absl::Status DeleteNamed(const Tenant& tenant, const std::string& name);

  Registry& registry() const { return parts_.upload.registry; }

  const Parts parts_;
};

// A revision in view BASIC.
void DescribeRevision(const Revision& revision, v1::Component& out);

}  // namespace davit::server

#endif  // DAVIT_SERVER_RPC_COMPONENT_SERVICE_H_
