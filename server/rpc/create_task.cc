#include "server/rpc/create_task.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "runtime/base/status_macros.h"
#include "server/instances/instance_record.h"
#include "server/registry/compositions.h"
#include "server/rpc/deadlines.h"
#include "server/rpc/errors.h"
#include "server/rpc/lookup.h"
#include "server/rpc/naming.h"
#include "server/rpc/wasi_config.h"
#include "server/tenants/quota.h"

namespace davit::server {
namespace {

// Instantiates, then publishes and answers.
class CreateTask final : public CellTask {
 public:
  static constexpr int kMaxProviders = 32;
  static constexpr size_t kMaxImportBytes = 1000;

  CreateTask(const CreateParts& parts, UnaryRpc<v1::CreateInstanceRequest, v1::Instance>& rpc)
      : parts_(parts), rpc_(rpc) {}

  static void Start(std::unique_ptr<CreateTask> task) {
    const absl::StatusOr<std::shared_ptr<CompileOnce>> component = task->Admit();
    if (!component.ok()) return task->Fail(component.status());
    (*component)->WhenMade([task = std::move(task)](absl::StatusOr<ComponentPtr> made) mutable {
      Enqueue(std::move(task), std::move(made));
    });
  }

  absl::Status Wanted(absl::Time now) const override {
    if (now >= rpc_.request().deadline()) return QueuedTooLongError();
    return rpc_.request().IsCancelled() ? CancelledWhileQueuedError() : absl::OkStatus();
  }
  TaskProgress Run(engine::CellLock* lock) override {
    outcome_ = parts_.host.Instantiate(tenant(), *record_, *lock, rpc_.request().deadline());
    return TaskProgress::kDone;
  }
  void Drop(const absl::Status& why) override { outcome_ = why; }
  void Interrupt(const absl::Status& why) override { record_->InterruptOther(TerminationFor(why)); }
  void Finish() override {
    // Nobody could delete an instance whose name never arrived.
    if (outcome_.ok() && rpc_.request().IsCancelled()) outcome_ = CancelledWhileQueuedError();
    if (outcome_.ok()) Publish();
    GiveBack();
    rpc_.Finish(std::move(outcome_));
  }

 private:
  void Fail(absl::Status status) {
    outcome_ = std::move(status);
    Finish();
  }

  // What is to be instantiated.
  absl::StatusOr<std::shared_ptr<CompileOnce>> Admit() {
    const v1::CreateInstanceRequest& request = rpc_.message();
    DAVIT_RETURN_IF_ERROR(parts_.admission.CheckOpen());
    DAVIT_RETURN_IF_ERROR(CheckParent(tenant(), "parent", request.parent()));
    DAVIT_ASSIGN_OR_RETURN(request_share_, parts_.admission.TakeRequestShare(rpc_.message_bytes()));
    DAVIT_RETURN_IF_ERROR(Specify(request));
    DAVIT_ASSIGN_OR_RETURN(const RevisionPtr revision,
                           FindRevision("component", request.component()));
    DAVIT_ASSIGN_OR_RETURN(CompositionSpec composition, FindProviders(request));
    DAVIT_RETURN_IF_ERROR(TakeQuota());
    DAVIT_ASSIGN_OR_RETURN(claim_, parts_.instances.Reserve(tenant(), spec_.name));
    spec_.revision = revision->name;
    if (composition.with.empty()) return revision->artifact->component().shared_from_this();
    composition.component = revision;
    return parts_.compositions.Find(composition);
  }

  absl::Status Specify(const v1::CreateInstanceRequest& request) {
    if (!request.instance_id().empty()) {
      DAVIT_RETURN_IF_ERROR(CheckId("instance_id", request.instance_id()));
    }
    spec_.name = FormatInstanceName(
        tenant().id(), request.instance_id().empty() ? MakeId('i') : request.instance_id());
    if (!v1::Isolation_IsValid(request.isolation())) {
      return InvalidFieldError("isolation", "not a known value");
    }
    spec_.isolation = request.isolation() == v1::ISOLATION_UNSPECIFIED ? v1::ISOLATION_SHARED
                                                                       : request.isolation();
    DAVIT_ASSIGN_OR_RETURN(spec_.limits, parts_.host.LimitsFor(request.limits()));
    if (request.has_wasi()) {
      DAVIT_ASSIGN_OR_RETURN(spec_.wasi, WasiConfigOf("wasi", request.wasi()));
    }
    DAVIT_ASSIGN_OR_RETURN(
        spec_.resource_lease,
        ResourceLeaseOf(parts_.deadlines,
                        request.has_resource_lease() ? &request.resource_lease() : nullptr));
    return absl::OkStatus();
  }

  absl::StatusOr<RevisionPtr> FindRevision(std::string_view field, std::string_view name) const {
    DAVIT_ASSIGN_OR_RETURN(const ComponentName component, ParseComponentName(field, name));
    if (component.tenant != tenant().id()) {
      return InvalidFieldError(field, "belongs to another tenant than parent");
    }
    absl::StatusOr<RevisionPtr> revision = parts_.registry.Find(tenant(), component);
    return revision.ok() ? std::move(revision) : InField(field, revision.status());
  }

  absl::StatusOr<CompositionSpec> FindProviders(const v1::CreateInstanceRequest& request) {
    if (request.with_size() > kMaxProviders) {
      return InvalidFieldError("with", absl::StrCat("at most ", kMaxProviders, " components"));
    }
    CompositionSpec composition;
    absl::flat_hash_set<std::string_view> imports;
    for (int i = 0; i < request.with_size(); ++i) {
      const v1::Composition& with = request.with(i);
      const std::string field = absl::StrCat("with[", i, "]");
      if (with.import().empty() || with.import().size() > kMaxImportBytes ||
          !imports.insert(with.import()).second) {
        return InvalidFieldError(absl::StrCat(field, ".import"),
                                 absl::StrCat("want the name of an import, at most ",
                                              kMaxImportBytes, " bytes, each once"));
      }
      DAVIT_ASSIGN_OR_RETURN(RevisionPtr provider,
                             FindRevision(absl::StrCat(field, ".component"), with.component()));
      v1::Composition& resolved = spec_.with.emplace_back(with);
      resolved.set_component(provider->name);
      composition.with.emplace_back(with.import(), std::move(provider));
    }
    return composition;
  }

  absl::Status TakeQuota() {
    auto share = tenant().instances().Take(1);
    if (!share.has_value()) {
      return QuotaError(Reason::kQuotaExceeded, "instances", tenant().instances().limit(),
                        "delete an instance first");
    }
    spec_.instance_share = *std::move(share);
    if (spec_.isolation != v1::ISOLATION_DEDICATED) return absl::OkStatus();
    auto dedicated = tenant().dedicated_instances().Take(1);
    if (!dedicated.has_value()) {
      return QuotaError(Reason::kQuotaExceeded, "dedicated_instances",
                        tenant().dedicated_instances().limit(),
                        "delete a dedicated instance first");
    }
    spec_.dedicated_share = *std::move(dedicated);
    return absl::OkStatus();
  }

  static void Enqueue(std::unique_ptr<CreateTask> task, absl::StatusOr<ComponentPtr> component) {
    if (!component.ok()) return task->Fail(component.status());
    task->MakeRecord(*std::move(component));
    CellQueue& queue = task->record_->queue();
    queue.Submit(std::move(task), Place::kWorker);
  }

  void MakeRecord(ComponentPtr component) {
    spec_.component = std::move(component);
    record_ = parts_.host.NewInstance(tenant(), std::exchange(spec_, {}));
  }

  void Publish() {
    rpc_.response() = record_->Describe();
    claim_.Publish(std::move(record_));
    LOG(INFO) << "instance " << claim_.name() << " of " << rpc_.response().component()
              << " created";
  }

  // What was taken for an instance that there is not, before the client can know that.
  void GiveBack() {
    claim_ = {};
    record_ = nullptr;
    spec_ = {};
    rpc_.DropMessage();
    request_share_ = {};
  }

  const Tenant& tenant() const { return rpc_.request().tenant(); }

  const CreateParts& parts_;
  UnaryRpc<v1::CreateInstanceRequest, v1::Instance>& rpc_;
  InstanceTable::Claim claim_;
  Quota::Share request_share_;
  InstanceSpec spec_;
  InstancePtr record_;
  absl::Status outcome_;
};

}  // namespace

void StartCreateInstance(const CreateParts& parts,
                         UnaryRpc<v1::CreateInstanceRequest, v1::Instance>& rpc) {
  CreateTask::Start(std::make_unique<CreateTask>(parts, rpc));
}

}  // namespace davit::server
