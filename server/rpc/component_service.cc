#include "server/rpc/component_service.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "runtime/base/status_macros.h"
#include "runtime/component/component.h"
#include "server/rpc/counted_unary.h"
#include "server/rpc/download.h"
#include "server/rpc/errors.h"
#include "server/rpc/handlers.h"
#include "server/rpc/lookup.h"
#include "server/rpc/naming.h"
#include "server/rpc/proto_time.h"
#include "server/rpc/unary.h"
#include "server/rpc/upload.h"

namespace davit::server {
namespace {

// Answers GetComponent once the component is compiled and described. Owns itself.
class Describe {
 public:
  Describe(const Core& core, Descriptions& descriptions, RevisionPtr revision,
           CountedReactor& reactor, grpc::ByteBuffer& response)
      : core_(core),
        descriptions_(descriptions),
        revision_(std::move(revision)),
        reactor_(reactor),
        response_(response) {}

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
    if (!component.ok()) return describe->Answer(component.status());
    Descriptions& descriptions = describe->descriptions_;
    descriptions.WhenDescribed(
        *component, [describe = std::move(describe)](const absl::StatusOr<grpc::Slice>& world) {
          describe->Answer(world);
        });
  }
  void Answer(const absl::StatusOr<grpc::Slice>& world) {
    reactor_.Finish(ToGrpcStatus(Fill(world)));
  }
  absl::Status Fill(const absl::StatusOr<grpc::Slice>& world) {
    DAVIT_RETURN_IF_ERROR(world.status());
    v1::Component head;
    DescribeRevision(*revision_, head);
    DAVIT_ASSIGN_OR_RETURN(const ComponentName name,
                           ParseComponentName("name", revision_->component));
    for (const RevisionPtr& other : core_.registry.Revisions(core_.tenant, name.component)) {
      head.add_revisions(other->name);
    }
    // What is kept for all would be there for this one alone if others took its place.
    DAVIT_RETURN_IF_ERROR(reactor_.Count(world->size() + head.ByteSizeLong()));
    response_ = WithWorld(head, *world);
    return absl::OkStatus();
  }

  const Core& core_;
  Descriptions& descriptions_;
  const RevisionPtr revision_;
  CountedReactor& reactor_;
  grpc::ByteBuffer& response_;
};

absl::Status DeleteNamed(const Core& core, const std::string& name) {
  DAVIT_ASSIGN_OR_RETURN(const ComponentName parsed, OwnComponent(core.tenant, "name", name));
  DAVIT_RETURN_IF_ERROR(core.registry.Delete(core.tenant, parsed));
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

ComponentService::ComponentService(const Core& core, const Compiler& compiler,
                                   const Background& background, Descriptions& descriptions)
    : core_(core), compiler_(compiler), background_(background), descriptions_(descriptions) {
  constexpr auto kIndex = &MethodIndex<v1::GetComponentRequest>;
  MarkMethodCallback(kIndex("CreateComponent"),
                     new ClientStreamingHandler<v1::CreateComponentRequest, grpc::ByteBuffer>(
                         std::bind_front(&ComponentService::Create, this)));
  MarkMethodCallback(kIndex("GetComponent"),
                     UnaryHandler<v1::GetComponentRequest, grpc::ByteBuffer>(
                         std::bind_front(&ComponentService::Get, this)));
  MarkMethodCallback(kIndex("ListComponents"),
                     UnaryHandler<v1::ListComponentsRequest, v1::ListComponentsResponse>(
                         std::bind_front(&ComponentService::List, this)));
  MarkMethodCallback(kIndex("DeleteComponent"),
                     UnaryHandler<v1::DeleteComponentRequest, v1::DeleteComponentResponse>(
                         std::bind_front(&ComponentService::Delete, this)));
  MarkMethodCallback(
      kIndex("DownloadComponent"),
      new ServerStreamingHandler<v1::DownloadComponentRequest, v1::DownloadComponentResponse>(
          std::bind_front(&ComponentService::Download, this)));
}

grpc::ServerReadReactor<Parsed<v1::CreateComponentRequest>>* ComponentService::Create(
    grpc::CallbackServerContext* context, grpc::ByteBuffer* response) {
  return StartUpload(core_, compiler_, background_, *context, *response);
}

grpc::ServerUnaryReactor* ComponentService::Get(grpc::CallbackServerContext* context,
                                                const Parsed<v1::GetComponentRequest>& request,
                                                grpc::ByteBuffer* response) {
  if (!v1::ComponentView_IsValid(request->view())) {
    return FinishNow(context, InvalidFieldError("view", "not a known value"));
  }
  absl::StatusOr<RevisionPtr> revision =
      FindRevision(core_.registry, core_.tenant, "name", request->name());
  if (!revision.ok()) return FinishNow(context, revision.status());
  if (request->view() != v1::COMPONENT_VIEW_FULL) {
    v1::Component head;
    DescribeRevision(**revision, head);
    *response = WithWorld(head, grpc::Slice());
    return FinishNow(context, absl::OkStatus());
  }
  auto* const reactor = new CountedReactor(core_.answers, *context);
  Describe::Start(
      std::make_unique<Describe>(core_, descriptions_, *std::move(revision), *reactor, *response));
  return reactor;
}

absl::Status ComponentService::ListPage(const v1::ListComponentsRequest& request,
                                        v1::ListComponentsResponse& response) const {
  DAVIT_RETURN_IF_ERROR(CheckParent(core_.tenant, "parent", request.parent()));
  DAVIT_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const std::string list = FormatComponentName(core_.tenant.id(), "");
  DAVIT_ASSIGN_OR_RETURN(const std::string after,
                         core_.page_tokens.Read(list, request.page_token()));
  std::vector<RevisionPtr> page = core_.registry.List(core_.tenant, after, page_size + 1);
  if (page.size() > page_size) {
    page.pop_back();
    DAVIT_ASSIGN_OR_RETURN(const ComponentName last,
                           ParseComponentName("name", page.back()->component));
    response.set_next_page_token(core_.page_tokens.Make(list, last.component));
  }
  for (const RevisionPtr& revision : page) DescribeRevision(*revision, *response.add_components());
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* ComponentService::List(grpc::CallbackServerContext* context,
                                                 const Parsed<v1::ListComponentsRequest>& request,
                                                 v1::ListComponentsResponse* response) {
  return FinishInBackground(core_.short_work, core_.answers, context, *response,
                            [this, &request, response] { return ListPage(*request, *response); });
}

grpc::ServerUnaryReactor* ComponentService::Delete(
    grpc::CallbackServerContext* context, const Parsed<v1::DeleteComponentRequest>& request,
    v1::DeleteComponentResponse*) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  // Not here: it waits for the disk.
  background_([&core = core_, &request, reactor] {
    reactor->Finish(ToGrpcStatus(DeleteNamed(core, request->name())));
  });
  return reactor;
}

grpc::ServerWriteReactor<v1::DownloadComponentResponse>* ComponentService::Download(
    grpc::CallbackServerContext* context, const Parsed<v1::DownloadComponentRequest>* request) {
  if (!request->status().ok()) return StartDownload(core_, *context, request->status());
  return StartDownload(core_, *context,
                       FindRevision(core_.registry, core_.tenant, "name", (*request)->name()));
}

}  // namespace davit::server
