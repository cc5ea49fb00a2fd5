#include "server/rpc/instance_service.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "server/instances/instance_record.h"
#include "server/rpc/counted_unary.h"
#include "server/rpc/create_task.h"
#include "server/rpc/handlers.h"
#include "server/rpc/lookup.h"
#include "server/rpc/naming.h"
#include "server/rpc/unary.h"

namespace davit::server {
namespace {

// A page ends where it has so many, however many items were wanted: one may have 40 KiB.
constexpr uint64_t kMostPageBytes = 4 << 20;

}  // namespace

template <typename Request, typename Response>
void InstanceService::Register(const char* method, Method<Request, Response> start) {
  MarkMethodCallback(MethodIndex<Request>(method),
                     UnaryHandler<Request, Response>(std::bind_front(start, this)));
}

InstanceService::InstanceService(const Core& core) : core_(core) {
  Register("CreateInstance", &InstanceService::Create);
  Register("GetInstance", &InstanceService::Get);
  Register("ListInstances", &InstanceService::List);
  Register("DeleteInstance", &InstanceService::Delete);
  Register("ListResources", &InstanceService::ListHeld);
  Register("RenewResource", &InstanceService::Renew);
  Register("DropResource", &InstanceService::Drop);
}

grpc::ServerUnaryReactor* InstanceService::Create(grpc::CallbackServerContext* context,
                                                  const Parsed<v1::CreateInstanceRequest>& request,
                                                  v1::Instance* response) {
  return StartCreateInstance(core_, context, request, response);
}

grpc::ServerUnaryReactor* InstanceService::Get(grpc::CallbackServerContext* context,
                                               const Parsed<v1::GetInstanceRequest>& request,
                                               v1::Instance* response) {
  const absl::StatusOr<InstancePtr> found =
      FindInstance(core_.instances, core_.tenant, "name", request->name());
  if (found.ok()) *response = (*found)->Describe();
  return FinishCounted(core_.answers, context, found.status(), *response);
}

absl::Status InstanceService::ListPage(const v1::ListInstancesRequest& request,
                                       v1::ListInstancesResponse& response) const {
  DAVIT_RETURN_IF_ERROR(CheckParent(core_.tenant, "parent", request.parent()));
  DAVIT_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const std::string list = FormatInstanceName(core_.tenant.id(), "");
  DAVIT_ASSIGN_OR_RETURN(const std::string after,
                         core_.page_tokens.Read(list, request.page_token()));
  uint64_t bytes = 0;
  for (const InstancePtr& record : core_.instances.List(core_.tenant, after, page_size + 1)) {
    const auto& listed = response.instances();
    if (static_cast<size_t>(listed.size()) == page_size || bytes > kMostPageBytes) {
      response.set_next_page_token(core_.page_tokens.Make(list, listed[listed.size() - 1].name()));
      break;
    }
    v1::Instance& instance = *response.add_instances();
    instance = record->Describe();
    bytes += instance.ByteSizeLong();
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* InstanceService::List(grpc::CallbackServerContext* context,
                                                const Parsed<v1::ListInstancesRequest>& request,
                                                v1::ListInstancesResponse* response) {
  return FinishInBackground(core_.short_work, core_.answers, context, *response,
                            [this, &request, response] { return ListPage(*request, *response); });
}

absl::StatusOr<InstancePtr> InstanceService::TakeOut(const v1::DeleteInstanceRequest& request) {
  DAVIT_ASSIGN_OR_RETURN(InstancePtr record,
                         FindInstance(core_.instances, core_.tenant, "name", request.name()));
  record->MarkDeleted();
  if (!core_.instances.Remove(request.name(), record.get())) {
    return ResourceError(Reason::kInstanceNotFound, "instance", request.name(), "not found");
  }
  record->Terminate(engine::Termination::kDeleted);
  LOG(INFO) << "instance " << request.name() << " deleted";
  return record;
}

grpc::ServerUnaryReactor* InstanceService::Delete(grpc::CallbackServerContext* context,
                                                  const Parsed<v1::DeleteInstanceRequest>& request,
                                                  v1::DeleteInstanceResponse*) {
  absl::StatusOr<InstancePtr> record = TakeOut(*request);
  if (!record.ok()) return FinishNow(context, record.status());
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  // Not here: gigabytes may be given back, which is done when the client is told.
  core_.short_work.Run([record = *std::move(record), reactor]() mutable {
    record = nullptr;
    reactor->Finish(grpc::Status::OK);
  });
  return reactor;
}

// -- Resources --

grpc::ServerUnaryReactor* InstanceService::InTurn(grpc::CallbackServerContext* context,
                                                  uint64_t request_bytes,
                                                  google::protobuf::Message& response,
                                                  const absl::StatusOr<InstancePtr>& record,
                                                  InstanceTask::Body body) {
  if (!record.ok()) return FinishNow(context, record.status());
  return InstanceTask::Start(core_, context, request_bytes, response, *record, std::move(body));
}

absl::StatusOr<InstanceService::Page> InstanceService::PageOf(
    const v1::ListResourcesRequest& request) const {
  DAVIT_ASSIGN_OR_RETURN(InstancePtr record,
                         FindInstance(core_.instances, core_.tenant, "parent", request.parent()));
  DAVIT_ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  std::string list = absl::StrCat(request.parent(), "/resources");
  DAVIT_ASSIGN_OR_RETURN(std::string after, core_.page_tokens.Read(list, request.page_token()));
  return Page{.record = std::move(record),
              .size = size,
              .list = std::move(list),
              .after = std::move(after)};
}

grpc::ServerUnaryReactor* InstanceService::ListHeld(grpc::CallbackServerContext* context,
                                                    const Parsed<v1::ListResourcesRequest>& request,
                                                    v1::ListResourcesResponse* response) {
  const absl::StatusOr<Page> page = PageOf(*request);
  if (!page.ok()) return FinishNow(context, page.status());
  return InTurn(
      context, request.bytes(), *response, page->record,
      [this, page = *page, response](InstanceRecord& record, engine::CellLock& lock,
                                     absl::Time) -> absl::Status {
        DAVIT_ASSIGN_OR_RETURN(auto held, record.Resources(lock, page.after, page.size + 1));
        if (held.size() > page.size) {
          held.pop_back();
          response->set_next_page_token(core_.page_tokens.Make(page.list, held.back().name()));
        }
        response->mutable_resources()->Add(held.begin(), held.end());
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* InstanceService::Renew(grpc::CallbackServerContext* context,
                                                 const Parsed<v1::RenewResourceRequest>& request,
                                                 v1::Resource* response) {
  return InTurn(context, request.bytes(), *response,
                FindHolder(core_.instances, core_.tenant, "name", request->name()),
                [&request, response](InstanceRecord& record, engine::CellLock& lock,
                                     absl::Time) -> absl::Status {
                  DAVIT_ASSIGN_OR_RETURN(*response, record.RenewResource(lock, request->name()));
                  return absl::OkStatus();
                });
}

grpc::ServerUnaryReactor* InstanceService::Drop(grpc::CallbackServerContext* context,
                                                const Parsed<v1::DropResourceRequest>& request,
                                                v1::DropResourceResponse* response) {
  return InTurn(context, request.bytes(), *response,
                FindHolder(core_.instances, core_.tenant, "name", request->name()),
                [&request](InstanceRecord& record, engine::CellLock& lock, absl::Time deadline) {
                  return record.DropResource(lock, request->name(), deadline);
                });
}

}  // namespace davit::server
