#include "server/instance_service.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"
#include "server/deadlines.h"
#include "server/instance_record.h"
#include "server/naming.h"
#include "server/unary.h"

namespace davit::server {
namespace {

template <typename Number>
absl::StatusOr<Number> Limit(std::string_view field, Number requested, Number standard,
                             Number max) {
  if (requested == 0) return standard;
  if (requested <= max) return requested;
  return InvalidFieldError(field, absl::StrCat("at most ", max));
}

// Instantiates, then publishes and answers. Owns itself from Start on.
class CreateTask final : public CellTask {
 public:
  CreateTask(const Core& core, grpc::CallbackServerContext* context,
             const v1::CreateInstanceRequest* request, v1::Instance* response)
      : core_(core),
        context_(context),
        response_(response),
        reactor_(context->DefaultReactor()),
        deadline_(BudgetEnd(core.config.deadlines(), absl::Now(), context->deadline())) {
    spec_.isolation = request->isolation() == v1::ISOLATION_UNSPECIFIED ? v1::ISOLATION_SHARED
                                                                        : request->isolation();
  }
  ~CreateTask() override {
    if (reserved_) core_.instances.Release(name_);
  }

  static grpc::ServerUnaryReactor* Start(std::unique_ptr<CreateTask> task,
                                         const v1::CreateInstanceRequest& request) {
    grpc::ServerUnaryReactor* const reactor = task->reactor_;
    const absl::StatusOr<RevisionPtr> revision = task->Admit(request);
    if (!revision.ok()) {
      task.release()->Fail(revision.status());
      return reactor;
    }
    task->spec_.revision = (*revision)->name;
    (*revision)->artifact->WhenCompiled(
        [task = std::move(task)](absl::StatusOr<ComponentPtr> component) mutable {
          task.release()->Enqueue(std::move(component));
        });
    return reactor;
  }

  absl::Status Wanted(absl::Time now) const override {
    if (now >= deadline_) return QueuedTooLongError();
    return context_->IsCancelled() ? CancelledWhileQueuedError() : absl::OkStatus();
  }
  void Run(engine::CellLock* lock) override {
    outcome_ = record_->Instantiate(*lock, core_.linker,
                                    StartEnd(core_.config.deadlines(), absl::Now(), deadline_));
  }
  void Drop(const absl::Status& why) override { outcome_ = why; }
  // A start function cannot be ended before its time, which StartEnd keeps short.
  void Interrupt(const absl::Status&) override {}
  void Finish() override {
    // Nobody could delete an instance whose name never arrived.
    if (outcome_.ok() && context_->IsCancelled()) outcome_ = CancelledWhileQueuedError();
    if (outcome_.ok()) Publish();
    const grpc::Status status = ToGrpcStatus(outcome_);
    grpc::ServerUnaryReactor* const reactor = reactor_;
    delete this;
    reactor->Finish(status);
  }

 private:
  void Fail(absl::Status status) {
    outcome_ = std::move(status);
    Finish();
  }

  absl::StatusOr<RevisionPtr> Admit(const v1::CreateInstanceRequest& request) {
    DAVIT_RETURN_IF_ERROR(core_.CheckOpen());
    DAVIT_ASSIGN_OR_RETURN(const std::string_view tenant,
                           ParseTenantName("parent", request.parent()));
    DAVIT_RETURN_IF_ERROR(core_.CheckTenant(tenant));
    if (!request.instance_id().empty()) {
      DAVIT_RETURN_IF_ERROR(CheckId("instance_id", request.instance_id()));
    }
    DAVIT_ASSIGN_OR_RETURN(const ComponentName component,
                           ParseComponentName("component", request.component()));
    if (component.tenant != tenant) {
      return InvalidFieldError("component", "belongs to another tenant than parent");
    }
    if (!v1::Isolation_IsValid(request.isolation())) {
      return InvalidFieldError("isolation", "not a known value");
    }
    DAVIT_ASSIGN_OR_RETURN(spec_.limits, LimitsOf(core_.config.instances(), request.limits()));
    DAVIT_ASSIGN_OR_RETURN(RevisionPtr revision, core_.registry.Find(component));
    tenant_ = tenant;
    DAVIT_RETURN_IF_ERROR(TakeQuota());
    name_ = FormatInstanceName(tenant,
                               request.instance_id().empty() ? MakeId('i') : request.instance_id());
    DAVIT_RETURN_IF_ERROR(core_.instances.Reserve(name_));
    reserved_ = true;
    return revision;
  }

  absl::Status TakeQuota() {
    auto share = core_.instance_quota.Take(1);
    if (!share.has_value()) {
      return QuotaError(Reason::kQuotaExceeded, "instances", core_.instance_quota.limit(),
                        "delete an instance first");
    }
    spec_.instance_share = *std::move(share);
    if (spec_.isolation != v1::ISOLATION_DEDICATED) return absl::OkStatus();
    auto dedicated = core_.dedicated_quota.Take(1);
    if (!dedicated.has_value()) {
      return QuotaError(Reason::kQuotaExceeded, "dedicated_instances",
                        core_.dedicated_quota.limit(), "delete a dedicated instance first");
    }
    spec_.dedicated_share = *std::move(dedicated);
    return absl::OkStatus();
  }

  void Enqueue(absl::StatusOr<ComponentPtr> component) {
    if (!component.ok()) return Fail(component.status());
    std::shared_ptr<CellQueue> queue = spec_.isolation == v1::ISOLATION_DEDICATED
                                           ? core_.cells.Dedicated()
                                           : core_.cells.Shared(tenant_);
    spec_.name = name_;
    spec_.component = *std::move(component);
    record_ = std::make_shared<InstanceRecord>(std::move(spec_), queue, core_.timer);
    if (absl::Status status = queue->Submit(*this, Place::kWorker); !status.ok()) {
      Fail(std::move(status));
    }
  }

  void Publish() {
    *response_ = record_->Describe();
    core_.instances.Publish(name_, std::move(record_));
    reserved_ = false;  // from now on Remove releases the name
    LOG(INFO) << "instance " << name_ << " of " << response_->component() << " created";
  }

  const Core& core_;
  grpc::CallbackServerContext* const context_;
  v1::Instance* const response_;
  grpc::ServerUnaryReactor* const reactor_;
  const absl::Time deadline_;
  std::string tenant_;
  std::string name_;
  bool reserved_ = false;
  InstanceSpec spec_;
  InstancePtr record_;
  absl::Status outcome_;
};

// Takes the lock of a cell once, which makes the engine destroy what was dropped in it.
class ClearTask final : public CellTask {
 public:
  absl::Status Wanted(absl::Time) const override { return absl::OkStatus(); }
  void Run(engine::CellLock*) override {}
  void Drop(const absl::Status&) override {}
  void Interrupt(const absl::Status&) override {}
  void Finish() override { delete this; }
};

// The last reference to a record may be that of a call under way, whose queue then goes on to take
// the lock again by itself.
void ClearLater(std::shared_ptr<CellQueue> queue) {
  auto task = std::make_unique<ClearTask>();
  if (queue->Submit(*task, Place::kWorker).ok()) task.release();
}

}  // namespace

absl::StatusOr<component::InstanceLimits> LimitsOf(const Config::InstanceDefaults& config,
                                                   const v1::InstanceLimits& requested) {
  component::InstanceLimits limits;
  DAVIT_ASSIGN_OR_RETURN(limits.memory_bytes,
                         Limit<uint64_t>("limits.memory_bytes", requested.memory_bytes(),
                                         config.memory_bytes(), config.max_memory_bytes()));
  DAVIT_ASSIGN_OR_RETURN(limits.handles, Limit<uint32_t>("limits.handles", requested.handles(),
                                                         config.handles(), config.max_handles()));
  DAVIT_ASSIGN_OR_RETURN(limits.host_copy_bytes,
                         Limit<uint64_t>("limits.host_copy_bytes", requested.host_copy_bytes(),
                                         config.host_copy_bytes(), config.max_host_copy_bytes()));
  return limits;
}

absl::StatusOr<InstancePtr> FindInstance(const Core& core, std::string_view field,
                                         std::string_view name) {
  if (InstancePtr found = core.instances.Find(name)) [[likely]]
    return found;
  DAVIT_ASSIGN_OR_RETURN(const InstanceName parsed, ParseInstanceName(field, name));
  DAVIT_RETURN_IF_ERROR(core.CheckTenant(parsed.tenant));
  return ResourceError(Reason::kInstanceNotFound, "instance", name, "not found");
}

grpc::ServerUnaryReactor* InstanceService::CreateInstance(grpc::CallbackServerContext* context,
                                                          const v1::CreateInstanceRequest* request,
                                                          v1::Instance* response) {
  return CreateTask::Start(std::make_unique<CreateTask>(core_, context, request, response),
                           *request);
}

grpc::ServerUnaryReactor* InstanceService::GetInstance(grpc::CallbackServerContext* context,
                                                       const v1::GetInstanceRequest* request,
                                                       v1::Instance* response) {
  const absl::StatusOr<InstancePtr> found = FindInstance(core_, "name", request->name());
  if (found.ok()) *response = (*found)->Describe();
  return FinishNow(context, found.status());
}

absl::Status InstanceService::List(const v1::ListInstancesRequest& request,
                                   v1::ListInstancesResponse& response) const {
  DAVIT_ASSIGN_OR_RETURN(const std::string_view tenant,
                         ParseTenantName("parent", request.parent()));
  DAVIT_RETURN_IF_ERROR(core_.CheckTenant(tenant));
  DAVIT_ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  const std::string prefix = FormatInstanceName(tenant, "");
  DAVIT_ASSIGN_OR_RETURN(const std::string after,
                         core_.page_tokens.Read(prefix, request.page_token()));
  std::vector<InstancePtr> page = core_.instances.List(prefix, after, page_size + 1);
  if (page.size() > page_size) {
    page.pop_back();
    response.set_next_page_token(core_.page_tokens.Make(prefix, page.back()->name()));
  }
  for (const InstancePtr& record : page) *response.add_instances() = record->Describe();
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* InstanceService::ListInstances(grpc::CallbackServerContext* context,
                                                         const v1::ListInstancesRequest* request,
                                                         v1::ListInstancesResponse* response) {
  return FinishNow(context, List(*request, *response));
}

absl::Status InstanceService::Delete(const v1::DeleteInstanceRequest& request) {
  DAVIT_ASSIGN_OR_RETURN(InstancePtr record, FindInstance(core_, "name", request.name()));
  record->MarkDeleted();
  if (core_.instances.Remove(request.name()) == nullptr) {
    return ResourceError(Reason::kInstanceNotFound, "instance", request.name(), "not found");
  }
  record->Terminate(engine::Termination::kDeleted);
  std::shared_ptr<CellQueue> queue = record->queue().shared_from_this();
  record.reset();
  ClearLater(std::move(queue));
  LOG(INFO) << "instance " << request.name() << " deleted";
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* InstanceService::DeleteInstance(grpc::CallbackServerContext* context,
                                                          const v1::DeleteInstanceRequest* request,
                                                          v1::DeleteInstanceResponse*) {
  return FinishNow(context, Delete(*request));
}

}  // namespace davit::server
