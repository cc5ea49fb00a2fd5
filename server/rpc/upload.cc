#include "server/rpc/upload.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/log/log.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "runtime/base/status_macros.h"
#include "server/registry/sha256.h"
#include "server/rpc/answers.h"
#include "server/rpc/component_service.h"
#include "server/rpc/descriptions.h"
#include "server/rpc/errors.h"
#include "server/rpc/lookup.h"
#include "server/rpc/naming.h"
#include "server/rpc/stream.h"

namespace davit::server {
namespace {

absl::Status UploadCancelled() { return absl::CancelledError("the upload was cancelled"); }

// Cancels an RPC that takes too long. Shared with the timer, which may outlive the RPC.
class Expiry {
 public:
  explicit Expiry(const Request& request) : request_(request) {}

  void Expire() {
    absl::MutexLock lock(mutex_);
    if (request_.has_value()) request_->Cancel();
  }
  // gRPC is done with the RPC.
  void Clear() {
    absl::MutexLock lock(mutex_);
    request_.reset();
  }

 private:
  absl::Mutex mutex_;
  std::optional<Request> request_ ABSL_GUARDED_BY(mutex_);
};

class Upload final : public StreamRpc<grpc::ServerReadReactor<Parsed<v1::CreateComponentRequest>>> {
 public:
  Upload(const UploadParts& parts, const Request& request, grpc::ByteBuffer& response)
      : StreamRpc(request),
        parts_(parts),
        response_(response),
        expiry_(std::make_shared<Expiry>(request)),
        expiry_id_(parts.timer.Schedule(absl::Now() + absl::Milliseconds(parts.limits.max_ms()),
                                        [expiry = expiry_] { expiry->Expire(); })) {
    if (absl::Status status = parts.admission.CheckOpen(); !status.ok()) {
      Finish(status);
    } else {
      StartRead(&parsed_);
    }
  }
  ~Upload() override {
    parts_.timer.Cancel(expiry_id_);
    expiry_->Clear();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return OnAllRead();
    if (absl::Status status = Take(); !status.ok()) return End(status);
    message_.Clear();
    StartRead(&parsed_);
  }

 private:
  absl::Status Take() {
    DAVIT_RETURN_IF_ERROR(parsed_.status());
    switch (message_.part_case()) {
      case v1::CreateComponentRequest::kHeader:
        return TakeHeader(message_.header());
      case v1::CreateComponentRequest::kChunk:
        return TakeChunk(message_.chunk());
      case v1::CreateComponentRequest::PART_NOT_SET:
        break;
    }
    return InvalidFieldError("part", "want a header or a chunk");
  }

  absl::Status TakeHeader(const v1::CreateComponentRequest::Header& header) {
    if (!component_id_.empty()) return InvalidFieldError("header", "only the first message has it");
    DAVIT_RETURN_IF_ERROR(CheckParent(tenant(), "header.parent", header.parent()));
    DAVIT_RETURN_IF_ERROR(CheckId("header.component_id", header.component_id()));
    component_id_ = header.component_id();
    validate_only_ = header.validate_only();
    size_bytes_ = header.size_bytes();
    return absl::OkStatus();
  }

  absl::Status TakeChunk(const std::string& chunk) {
    if (component_id_.empty()) return InvalidFieldError("header", "the first message must have it");
    const uint64_t max = parts_.limits.max_bytes();
    if (chunk.size() > max - binary_.size()) {
      return QuotaError(Reason::kLimitReached, "max_upload_bytes", max,
                        "the component is too large");
    }
    auto share = parts_.quota.Take(chunk.size());
    if (!share.has_value()) {
      return QuotaError(Reason::kLimitReached, "max_total_upload_bytes", parts_.quota.limit(),
                        "too much is being uploaded; try again later");
    }
    share_.Add(*std::move(share));
    binary_ += chunk;
    hash_.Update(chunk);
    return absl::OkStatus();
  }

  // gRPC does not tell a stream that was cancelled from one that is complete.
  void OnAllRead() {
    if (request().IsCancelled()) return Finish(UploadCancelled());
    if (component_id_.empty()) {
      return End(InvalidFieldError("header", "the first message must have it"));
    }
    if (size_bytes_ > 0 && size_bytes_ != binary_.size()) {
      return End(InvalidFieldError(
          "header.size_bytes",
          absl::StrCat(size_bytes_, " bytes were announced, ", binary_.size(), " have come")));
    }
    parts_.background([this] { End(Deploy()); });
  }

  void End(const absl::Status& status) {
    share_ = {};  // before the client can know that it is over
    Finish(status);
  }

  absl::Status Deploy() {
    // It may have waited for its turn.
    if (request().IsCancelled()) return UploadCancelled();
    const std::string digest = hash_.Finish();
    const auto binary = std::make_shared<const std::string>(std::move(binary_));
    // Not what others have deployed: how long it takes would tell of it.
    ComponentPtr component = parts_.registry.Compiled(tenant(), digest);
    if (component == nullptr) {
      DAVIT_ASSIGN_OR_RETURN(component, parts_.compiler(binary));
    }
    if (request().IsCancelled()) return UploadCancelled();
    if (validate_only_) return Describe(*component, digest, binary->size());
    DAVIT_ASSIGN_OR_RETURN(
        const RevisionPtr revision,
        parts_.registry.Add(tenant(), component_id_, digest, *binary, component));
    LOG(INFO) << "component " << revision->name << " deployed, " << binary->size() << " bytes";
    v1::Component head;
    DescribeRevision(*revision, head);
    response_ = WithWorld(head, grpc::Slice());
    return absl::OkStatus();
  }

  // What there would be.
  absl::Status Describe(const component::Component& component, std::string_view digest,
                        uint64_t size_bytes) {
    v1::Component head;
    head.set_name(FormatComponentName(tenant().id(), component_id_));
    head.set_revision(FormatRevisionName(tenant().id(), component_id_, digest));
    head.set_size_bytes(size_bytes);
    DAVIT_ASSIGN_OR_RETURN(const grpc::Slice world, DescribeWorld(component));
    answer_ = Answers::Share(request().account());
    if (!answer_.Take(world.size())) return request().answers().NoRoomError();
    response_ = WithWorld(head, world);
    return absl::OkStatus();
  }

  const Tenant& tenant() const { return request().tenant(); }

  const UploadParts& parts_;
  grpc::ByteBuffer& response_;
  const std::shared_ptr<Expiry> expiry_;
  const Timer::Id expiry_id_;
  v1::CreateComponentRequest message_;
  Parsed<v1::CreateComponentRequest> parsed_{&message_};
  std::string component_id_;  // empty until the header has come
  bool validate_only_ = false;
  uint64_t size_bytes_ = 0;  // 0: not told
  std::string binary_;
  Sha256 hash_;
  Quota::Share share_;  // of the bytes of all uploads
  Answers::Share answer_;
};

}  // namespace

grpc::ServerReadReactor<Parsed<v1::CreateComponentRequest>>* StartUpload(
    const UploadParts& parts, const Request& request, grpc::ByteBuffer& response) {
  return new Upload(parts, request, response);
}

}  // namespace davit::server
