#include "server/rpc/instance_service.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "server/instances/instance_record.h"
#include "server/rpc/errors.h"
#include "server/rpc/handlers.h"
#include "server/rpc/lookup.h"
#include "server/rpc/naming.h"
#include "server/rpc/tail_logs.h"

namespace davit::server {
namespace {

// A page ends where it has so many, however many items were wanted: one may have 40 KiB.
constexpr uint64_t kMostPageBytes = 4 << 20;

}  // namespace

template <typename M, typename R>
void InstanceService::Register(const char* name, Method<M, R> start) {
  const auto& method = MethodOf<M>(name);
  MarkMethodCallback(method.index(), UnaryHandler<M, R>(parts_.create.admission, method,
                                                        std::bind_front(start, this)));
}

InstanceService::InstanceService(const Parts& parts) : parts_(parts) {
  Register("CreateInstance", &InstanceService::Create);
  Register("GetInstance", &InstanceService::Get);
  Register("ListInstances", &InstanceService::List);
  Register("DeleteInstance", &InstanceService::Delete);
  Register("ListResources", &InstanceService::ListHeld);
  Register("RenewResource", &InstanceService::Renew);
  Register("DropResource", &InstanceService::Drop);
  const auto& tail = MethodOf<v1::TailLogsRequest>("TailLogs");
  MarkMethodCallback(
      tail.index(),
      ServerStreamingHandler<v1::TailLogsRequest, v1::TailLogsResponse>(
          parts_.create.admission, tail, std::bind_front(&InstanceService::Tail, this)));
}

void InstanceService::Create(UnaryRpc<v1::CreateInstanceRequest, v1::Instance>& rpc) {
  StartCreateInstance(parts_.create, rpc);
}

void InstanceService::Get(UnaryRpc<v1::GetInstanceRequest, v1::Instance>& rpc) {
  const absl::StatusOr<InstancePtr> found =
      FindInstance(instances(), rpc.request().tenant(), "name", rpc.message().name());
  if (found.ok()) rpc.response() = (*found)->Describe();
  rpc.Finish(found.status());
}

absl::Status InstanceService::ListPage(const Tenant& tenant,
                                       const v1::ListInstancesRequest& request,
                                       v1::ListInstancesResponse& response) const {
  DAVIT_RETURN_IF_ERROR(CheckParent(tenant, "parent", request.parent()));
  DAVIT_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const std::string list = FormatInstanceName(tenant.id(), "");
  DAVIT_ASSIGN_OR_RETURN(const std::string after,
                         parts_.page_tokens.Read(list, request.page_token()));
  uint64_t bytes = 0;
  for (const InstancePtr& record : instances().List(tenant, after, page_size + 1)) {
    const auto& listed = response.instances();
    if (static_cast<size_t>(listed.size()) == page_size || bytes > kMostPageBytes) {
      response.set_next_page_token(parts_.page_tokens.Make(list, listed[listed.size() - 1].name()));
      break;
    }
    v1::Instance& instance = *response.add_instances();
    instance = record->Describe();
    bytes += instance.ByteSizeLong();
  }
  return absl::OkStatus();
}

void InstanceService::List(UnaryRpc<v1::ListInstancesRequest, v1::ListInstancesResponse>& rpc) {
  // Not here: it takes a while.
  parts_.short_work.Run([this, &rpc] {
    rpc.Finish(ListPage(rpc.request().tenant(), rpc.message(), rpc.response()));
  });
}

absl::StatusOr<InstancePtr> InstanceService::TakeOut(const Tenant& tenant,
                                                     const std::string& name) {
  DAVIT_ASSIGN_OR_RETURN(InstancePtr record, FindInstance(instances(), tenant, "name", name));
  record->MarkDeleted();
  if (!instances().Remove(name, record.get())) {
    return ResourceError(Reason::kInstanceNotFound, "instance", name, "not found");
  }
  record->Terminate(engine::Termination::kDeleted);
  LOG(INFO) << "instance " << name << " deleted";
  return record;
}

void InstanceService::Delete(UnaryRpc<v1::DeleteInstanceRequest, v1::DeleteInstanceResponse>& rpc) {
  absl::StatusOr<InstancePtr> record = TakeOut(rpc.request().tenant(), rpc.message().name());
  if (!record.ok()) return rpc.Finish(record.status());
  // Not here: gigabytes may be given back, which is done when the client is told.
  parts_.short_work.Run([record = *std::move(record), &rpc]() mutable {
    record = nullptr;
    rpc.Finish(absl::OkStatus());
  });
}

// -- Logs --

absl::StatusOr<std::shared_ptr<Log>> InstanceService::FindLog(const Tenant& tenant,
                                                              const std::string& name) const {
  if (absl::StrContains(name, "/components/")) {
    DAVIT_ASSIGN_OR_RETURN(const RevisionPtr revision,
                           FindRevision(parts_.create.registry, tenant, "name", name));
    return parts_.logs.Of(revision->component);
  }
  DAVIT_ASSIGN_OR_RETURN(const InstancePtr record, FindInstance(instances(), tenant, "name", name));
  return record->log();
}

grpc::ServerWriteReactor<v1::TailLogsResponse>* InstanceService::Tail(
    const Request& request, const Parsed<v1::TailLogsRequest>& message) {
  if (!message.status().ok()) {
    return StartTailLogs(request, *message, message.status(), parts_.short_work, tails_);
  }
  return StartTailLogs(request, *message, FindLog(request.tenant(), message->name()),
                       parts_.short_work, tails_);
}

// -- Resources --

absl::StatusOr<Quota::Share> InstanceService::AdmitWait(uint64_t bytes) const {
  DAVIT_RETURN_IF_ERROR(parts_.create.admission.CheckOpen());
  return parts_.create.admission.TakeRequestShare(bytes);
}

template <typename M, typename R>
void InstanceService::InTurn(UnaryRpc<M, R>& rpc, const absl::StatusOr<InstancePtr>& record,
                             InstanceTask::Body body) {
  if (!record.ok()) return rpc.Finish(record.status());
  absl::StatusOr<Quota::Share> share = AdmitWait(rpc.message_bytes());
  if (!share.ok()) return rpc.Finish(share.status(), (*record)->name());
  InstanceTask::Start(rpc.request(), *std::move(share), *record, std::move(body),
                      [&rpc](const absl::Status& status, std::string_view instance) {
                        rpc.Finish(status, instance);
                      });
}

absl::StatusOr<InstanceService::Page> InstanceService::PageOf(
    const Tenant& tenant, const v1::ListResourcesRequest& request) const {
  DAVIT_ASSIGN_OR_RETURN(InstancePtr record,
                         FindInstance(instances(), tenant, "parent", request.parent()));
  DAVIT_ASSIGN_OR_RETURN(const size_t size, PageSize(request.page_size()));
  std::string list = absl::StrCat(request.parent(), "/resources");
  DAVIT_ASSIGN_OR_RETURN(std::string after, parts_.page_tokens.Read(list, request.page_token()));
  return Page{.record = std::move(record),
              .size = size,
              .list = std::move(list),
              .after = std::move(after)};
}

void InstanceService::ListHeld(UnaryRpc<v1::ListResourcesRequest, v1::ListResourcesResponse>& rpc) {
  const absl::StatusOr<Page> page = PageOf(rpc.request().tenant(), rpc.message());
  if (!page.ok()) return rpc.Finish(page.status());
  InTurn(
      rpc, page->record,
      [this, page = *page, &rpc](InstanceRecord& record, engine::CellLock& lock) -> absl::Status {
        DAVIT_ASSIGN_OR_RETURN(auto held, record.Resources(lock, page.after, page.size + 1));
        v1::ListResourcesResponse& response = rpc.response();
        if (held.size() > page.size) {
          held.pop_back();
          response.set_next_page_token(parts_.page_tokens.Make(page.list, held.back().name()));
        }
        response.mutable_resources()->Add(held.begin(), held.end());
        return absl::OkStatus();
      });
}

void InstanceService::Renew(UnaryRpc<v1::RenewResourceRequest, v1::Resource>& rpc) {
  const std::string& name = rpc.message().name();
  InTurn(rpc, FindHolder(instances(), rpc.request().tenant(), "name", name),
         [&rpc, &name](InstanceRecord& record, engine::CellLock& lock) -> absl::Status {
           DAVIT_ASSIGN_OR_RETURN(rpc.response(), record.RenewResource(lock, name));
           return absl::OkStatus();
         });
}

void InstanceService::Drop(UnaryRpc<v1::DropResourceRequest, v1::DropResourceResponse>& rpc) {
  const std::string& name = rpc.message().name();
  InTurn(rpc, FindHolder(instances(), rpc.request().tenant(), "name", name),
         [&rpc, &name](InstanceRecord& record, engine::CellLock& lock) {
           return record.DropResource(lock, name, rpc.request().deadline());
         });
}

}  // namespace davit::server
