#include "server/component_service.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/component.h"
#include "runtime/types/type_proto.h"
#include "runtime/types/wit_text.h"
#include "server/download.h"
#include "server/errors.h"
#include "server/naming.h"
#include "server/proto_time.h"
#include "server/unary.h"
#include "server/upload.h"

namespace davit::server {
namespace {

// Answers GetComponent once the component is compiled. Owns itself.
class Describe {
 public:
  Describe(const Core& core, RevisionPtr revision, grpc::ServerUnaryReactor* reactor,
           v1::Component* response)
      : core_(core), revision_(std::move(revision)), reactor_(reactor), response_(response) {}

  static void Start(std::unique_ptr<Describe> describe) {
    Artifact& artifact = *describe->revision_->artifact;
    artifact.component().WhenMade(
        [describe = std::move(describe)](const absl::StatusOr<ComponentPtr>& component) {
          describe->Answer(component);
        });
  }

 private:
  void Answer(const absl::StatusOr<ComponentPtr>& component) {
    reactor_->Finish(ToGrpcStatus(Fill(component)));
  }
  absl::Status Fill(const absl::StatusOr<ComponentPtr>& component) {
    DAVIT_RETURN_IF_ERROR(component.status());
    DAVIT_RETURN_IF_ERROR(DescribeWorld(**component, *response_));
    DAVIT_ASSIGN_OR_RETURN(const ComponentName name,
                           ParseComponentName("name", revision_->component));
    for (const RevisionPtr& other : core_.registry.Revisions(name.tenant, name.component)) {
      response_->add_revisions(other->name);
    }
    return absl::OkStatus();
  }

  const Core& core_;
  const RevisionPtr revision_;
  grpc::ServerUnaryReactor* const reactor_;
  v1::Component* const response_;
};

absl::StatusOr<RevisionPtr> FindRevision(const Core& core, std::string_view name) {
  DAVIT_ASSIGN_OR_RETURN(const ComponentName parsed, ParseComponentName("name", name));
  DAVIT_RETURN_IF_ERROR(core.CheckTenant(parsed.tenant));
  return core.registry.Find(parsed);
}

absl::Status Delete(const Core& core, const std::string& name) {
  DAVIT_ASSIGN_OR_RETURN(const ComponentName parsed, ParseComponentName("name", name));
  DAVIT_RETURN_IF_ERROR(core.CheckTenant(parsed.tenant));
  DAVIT_RETURN_IF_ERROR(core.registry.Delete(parsed));
  LOG(INFO) << "component " << name << " deleted";
  return absl::OkStatus();
}

}  // namespace

void DescribeRevision(const Revision& revision, v1::Component& out) {
  out.set_name(revision.component);
  out.set_revision(revision.name);
  out.set_size_bytes(revision.artifact->size_bytes());
  *out.mutable_create_time() = ToProto(revision.create_time);
}

absl::Status DescribeWorld(const component::Component& component, v1::Component& out) {
  DAVIT_ASSIGN_OR_RETURN(*out.mutable_world(), types::ToProto(component.world()));
  out.mutable_world()->set_wit(types::ToWit(component.world()));
  return absl::OkStatus();
}

grpc::ServerReadReactor<v1::CreateComponentRequest>* ComponentService::CreateComponent(
    grpc::CallbackServerContext* context, v1::Component* response) {
  return StartUpload(core_, compiler_, background_, *context, *response);
}

grpc::ServerUnaryReactor* ComponentService::GetComponent(grpc::CallbackServerContext* context,
                                                         const v1::GetComponentRequest* request,
                                                         v1::Component* response) {
  if (!v1::ComponentView_IsValid(request->view())) {
    return FinishNow(context, InvalidFieldError("view", "not a known value"));
  }
  absl::StatusOr<RevisionPtr> revision = FindRevision(core_, request->name());
  if (!revision.ok()) return FinishNow(context, revision.status());
  DescribeRevision(**revision, *response);
  if (request->view() != v1::COMPONENT_VIEW_FULL) return FinishNow(context, absl::OkStatus());
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  Describe::Start(std::make_unique<Describe>(core_, *std::move(revision), reactor, response));
  return reactor;
}

absl::Status ComponentService::List(const v1::ListComponentsRequest& request,
                                    v1::ListComponentsResponse& response) const {
  DAVIT_ASSIGN_OR_RETURN(const std::string_view tenant,
                         ParseTenantName("parent", request.parent()));
  DAVIT_RETURN_IF_ERROR(core_.CheckTenant(tenant));
  DAVIT_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const std::string list = FormatComponentName(tenant, "");
  DAVIT_ASSIGN_OR_RETURN(const std::string after,
                         core_.page_tokens.Read(list, request.page_token()));
  std::vector<RevisionPtr> page = core_.registry.List(tenant, after, page_size + 1);
  if (page.size() > page_size) {
    page.pop_back();
    DAVIT_ASSIGN_OR_RETURN(const ComponentName last,
                           ParseComponentName("name", page.back()->component));
    response.set_next_page_token(core_.page_tokens.Make(list, last.component));
  }
  for (const RevisionPtr& revision : page) DescribeRevision(*revision, *response.add_components());
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ComponentService::ListComponents(grpc::CallbackServerContext* context,
                                                           const v1::ListComponentsRequest* request,
                                                           v1::ListComponentsResponse* response) {
  return FinishNow(context, List(*request, *response));
}

grpc::ServerUnaryReactor* ComponentService::DeleteComponent(
    grpc::CallbackServerContext* context, const v1::DeleteComponentRequest* request,
    v1::DeleteComponentResponse*) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  // Not here: it waits for the disk.
  background_([&core = core_, request, reactor] {
    reactor->Finish(ToGrpcStatus(Delete(core, request->name())));
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::DownloadComponentResponse>* ComponentService::DownloadComponent(
    grpc::CallbackServerContext*, const v1::DownloadComponentRequest* request) {
  return StartDownload(core_.registry, FindRevision(core_, request->name()));
}

}  // namespace davit::server
