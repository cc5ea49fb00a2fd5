#include "server/rpc/component_service.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/component.h"
#include "server/rpc/download.h"
#include "server/rpc/errors.h"
#include "server/rpc/handlers.h"
#include "server/rpc/lookup.h"
#include "server/rpc/naming.h"
#include "server/rpc/proto_time.h"

namespace davit::server {

// Answers GetComponent once the component is compiled and described. Owns itself.
class ComponentService::Describe {
 public:
  Describe(const Parts& parts, GetRpc& rpc, RevisionPtr revision)
      : parts_(parts), rpc_(rpc), revision_(std::move(revision)) {}

  static void Start(std::unique_ptr<Describe> describe) {
    Artifact& artifact = *describe->revision_->artifact;
    artifact.component().WhenMade(
        [describe = std::move(describe)](const absl::StatusOr<ComponentPtr>& component) mutable {
          WithComponent(std::move(describe), component);
        });
  }

 private:
  static void WithComponent(std::unique_ptr<Describe> describe,
                            const absl::StatusOr<ComponentPtr>& component) {
    if (!component.ok()) return describe->rpc_.Finish(component.status());
    Descriptions& descriptions = describe->parts_.descriptions;
    descriptions.WhenDescribed(
        *component, [describe = std::move(describe)](const absl::StatusOr<grpc::Slice>& world) {
          describe->rpc_.Finish(describe->Fill(world));
        });
  }
  // What is kept for all counts as this answer's alone: so it would be if others took its place.
  absl::Status Fill(const absl::StatusOr<grpc::Slice>& world) {
    DAVIT_RETURN_IF_ERROR(world.status());
    v1::Component head;
    DescribeRevision(*revision_, head);
    DAVIT_ASSIGN_OR_RETURN(const ComponentName name,
                           ParseComponentName("name", revision_->component));
    for (const RevisionPtr& other :
         parts_.upload.registry.Revisions(rpc_.request().tenant(), name.component)) {
      head.add_revisions(other->name);
    }
    rpc_.response() = WithWorld(head, *world);
    return absl::OkStatus();
  }

  const Parts& parts_;
  GetRpc& rpc_;
  const RevisionPtr revision_;
};

void DescribeRevision(const Revision& revision, v1::Component& out) {
  out.set_name(revision.component);
  out.set_revision(revision.name);
  out.set_size_bytes(revision.artifact->size_bytes());
  *out.mutable_create_time() = ToProto(revision.create_time);
}

ComponentService::ComponentService(const Parts& parts) : parts_(parts) {
  Register("GetComponent", &ComponentService::Get);
  Register("ListComponents", &ComponentService::List);
  Register("DeleteComponent", &ComponentService::Delete);
  RegisterStreams();
}

template <typename M, typename R>
void ComponentService::Register(const char* name,
                                void (ComponentService::*start)(UnaryRpc<M, R>&)) {
  const auto& method = MethodOf<M>(name);
  MarkMethodCallback(method.index(), UnaryHandler<M, R>(parts_.upload.admission, method,
                                                        std::bind_front(start, this)));
}

void ComponentService::RegisterStreams() {
  const auto& create = MethodOf<v1::CreateComponentRequest>("CreateComponent");
  MarkMethodCallback(create.index(),
                     ClientStreamingHandler<v1::CreateComponentRequest, grpc::ByteBuffer>(
                         parts_.upload.admission, create,
                         [this](const Request& request, grpc::ByteBuffer& response) {
                           return StartUpload(parts_.upload, request, response);
                         }));
  const auto& download = MethodOf<v1::DownloadComponentRequest>("DownloadComponent");
  MarkMethodCallback(
      download.index(),
      ServerStreamingHandler<v1::DownloadComponentRequest, v1::DownloadComponentResponse>(
          parts_.upload.admission, download, std::bind_front(&ComponentService::Download, this)));
}

void ComponentService::Get(GetRpc& rpc) {
  const v1::GetComponentRequest& request = rpc.message();
  if (!v1::ComponentView_IsValid(request.view())) {
    return rpc.Finish(InvalidFieldError("view", "not a known value"));
  }
  absl::StatusOr<RevisionPtr> revision =
      FindRevision(registry(), rpc.request().tenant(), "name", request.name());
  if (!revision.ok()) return rpc.Finish(revision.status());
  if (request.view() != v1::COMPONENT_VIEW_FULL) {
    v1::Component head;
    DescribeRevision(**revision, head);
    rpc.response() = WithWorld(head, grpc::Slice());
    return rpc.Finish(absl::OkStatus());
  }
  Describe::Start(std::make_unique<Describe>(parts_, rpc, *std::move(revision)));
}

absl::Status ComponentService::ListPage(const Tenant& tenant,
                                        const v1::ListComponentsRequest& request,
                                        v1::ListComponentsResponse& response) const {
  DAVIT_RETURN_IF_ERROR(CheckParent(tenant, "parent", request.parent()));
  DAVIT_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const std::string list = FormatComponentName(tenant.id(), "");
  DAVIT_ASSIGN_OR_RETURN(const std::string after,
                         parts_.page_tokens.Read(list, request.page_token()));
  std::vector<RevisionPtr> page = registry().List(tenant, after, page_size + 1);
  if (page.size() > page_size) {
    page.pop_back();
    DAVIT_ASSIGN_OR_RETURN(const ComponentName last,
                           ParseComponentName("name", page.back()->component));
    response.set_next_page_token(parts_.page_tokens.Make(list, last.component));
  }
  for (const RevisionPtr& revision : page) DescribeRevision(*revision, *response.add_components());
  return absl::OkStatus();
}

void ComponentService::List(UnaryRpc<v1::ListComponentsRequest, v1::ListComponentsResponse>& rpc) {
  // Not here: it takes a while.
  parts_.short_work.Run([this, &rpc] {
    rpc.Finish(ListPage(rpc.request().tenant(), rpc.message(), rpc.response()));
  });
}

absl::Status ComponentService::DeleteNamed(const Tenant& tenant, const std::string& name) {
  DAVIT_ASSIGN_OR_RETURN(const ComponentName parsed, OwnComponent(tenant, "name", name));
  DAVIT_RETURN_IF_ERROR(registry().Delete(tenant, parsed));
  if (registry().Revisions(tenant, parsed.component).empty()) {
    parts_.logs.Forget(FormatComponentName(tenant.id(), parsed.component));
  }
  LOG(INFO) << "component " << name << " deleted";
  return absl::OkStatus();
}

void ComponentService::Delete(
    UnaryRpc<v1::DeleteComponentRequest, v1::DeleteComponentResponse>& rpc) {
  // Not here: it waits for the disk.
  parts_.upload.background(
      [this, &rpc] { rpc.Finish(DeleteNamed(rpc.request().tenant(), rpc.message().name())); });
}

grpc::ServerWriteReactor<v1::DownloadComponentResponse>* ComponentService::Download(
    const Request& request, const Parsed<v1::DownloadComponentRequest>& message) {
  if (!message.status().ok()) {
    return StartDownload(registry(), parts_.short_work, request, message.status());
  }
  return StartDownload(registry(), parts_.short_work, request,
                       FindRevision(registry(), request.tenant(), "name", message->name()));
}

}  // namespace davit::server
