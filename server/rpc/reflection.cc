#include "server/rpc/reflection.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpc/reflection/v1/reflection.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "server/rpc/handlers.h"
#include "server/rpc/parsed.h"
#include "server/rpc/stream.h"

namespace davit::server {

// What both versions of the service have in common in a stream.
class ReflectionStream {
 public:
  ReflectionStream(std::string peer, absl::Time now) : peer(std::move(peer)), life_begin(now) {}
  virtual ~ReflectionStream() = default;

  // Ends it if it is idle since before `idle_begin`, or began before `life_begin`.
  virtual void EndIfOld(absl::Time idle_begin, absl::Time life_begin) = 0;

  const std::string peer;
  const absl::Time life_begin;
};

namespace {

// The two versions of the service. Their messages differ by name alone.
struct V1 {
  using Service = grpc::reflection::v1::ServerReflection::CallbackService;
  using Request = grpc::reflection::v1::ServerReflectionRequest;
  using Response = grpc::reflection::v1::ServerReflectionResponse;
};
struct V1Alpha {
  using Service = grpc::reflection::v1alpha::ServerReflection::CallbackService;
  using Request = grpc::reflection::v1alpha::ServerReflectionRequest;
  using Response = grpc::reflection::v1alpha::ServerReflectionResponse;
};

// Answers the requests of one stream. Not thread-safe.
template <typename Api>
class Replies {
 public:
  using Request = typename Api::Request;
  using Response = typename Api::Response;

  explicit Replies(const SchemaIndex& index) : index_(index), sent_(index.file_count(), false) {}

  void Answer(const Request& request, Response& response) {
    response.Clear();
    response.set_valid_host(request.host());
    *response.mutable_original_request() = request;
    switch (request.message_request_case()) {
      case Request::kFileByFilename:
        return AddFile(index_.FindFile(request.file_by_filename()), response);
      case Request::kFileContainingSymbol:
        return AddFile(index_.FindSymbol(request.file_containing_symbol()), response);
      case Request::kFileContainingExtension: {
        const auto& extension = request.file_containing_extension();
        return AddFile(
            index_.FindExtension(extension.containing_type(), extension.extension_number()),
            response);
      }
      case Request::kAllExtensionNumbersOfType:
        return AddNumbers(request.all_extension_numbers_of_type(), response);
      case Request::kListServices:
        for (const std::string& name : index_.services()) {
          response.mutable_list_services_response()->add_service()->set_name(name);
        }
        return;
      case Request::MESSAGE_REQUEST_NOT_SET:
        break;
    }
    SetError(grpc::StatusCode::INVALID_ARGUMENT, "the request asks for nothing", response);
  }

 private:
  // The file itself, also when it is asked for again, and its imports as far as they were not sent.
  void AddFile(std::optional<SchemaIndex::File> file, Response& response) {
    if (!file.has_value()) return SetError(grpc::StatusCode::NOT_FOUND, "not found", response);
    auto& files = *response.mutable_file_descriptor_response();
    files.add_file_descriptor_proto(index_.Serialized(*file));
    sent_[*file] = true;
    for (const SchemaIndex::File imported : index_.Imports(*file)) {
      if (sent_[imported]) continue;
      sent_[imported] = true;
      files.add_file_descriptor_proto(index_.Serialized(imported));
    }
  }
  void AddNumbers(const std::string& type, Response& response) {
    const auto numbers = index_.ExtensionNumbers(type);
    if (!numbers.has_value()) return SetError(grpc::StatusCode::NOT_FOUND, "not found", response);
    auto& answer = *response.mutable_all_extension_numbers_response();
    answer.set_base_type_name(type);
    answer.mutable_extension_number()->Add(numbers->begin(), numbers->end());
  }
  static void SetError(grpc::StatusCode code, std::string_view message, Response& response) {
    response.mutable_error_response()->set_error_code(code);
    response.mutable_error_response()->set_error_message(std::string(message));
  }

  const SchemaIndex& index_;
  std::vector<bool> sent_;
};

}  // namespace

// One stream: reads a request, writes its answer, and only then reads the next. Owns itself.
template <typename Api>
class ReflectionStreamOf final
    : public ReflectionStream,
      public StreamRpc<
          grpc::ServerBidiReactor<Parsed<typename Api::Request>, typename Api::Response>> {
 public:
  ReflectionStreamOf(Reflection& owner, const Request& request)
      : ReflectionStream(request.peer(), absl::Now()),
        StreamRpc<grpc::ServerBidiReactor<Parsed<typename Api::Request>, typename Api::Response>>(
            request),
        owner_(owner),
        replies_(owner.index_),
        active_(life_begin) {}
  ~ReflectionStreamOf() override {
    if (counted_) owner_.Remove(this);
  }

  void Begin() {
    counted_ = owner_.Add(this);
    const absl::MutexLock lock(mutex_);
    if (!counted_) {
      return End(absl::ResourceExhaustedError("too many reflection streams are open"));
    }
    this->StartRead(&message_);
  }

  void OnReadDone(bool ok) override {
    const absl::MutexLock lock(mutex_);
    if (!ok) return End(absl::OkStatus());
    if (ended_) return;
    if (!message_.status().ok()) return End(message_.status());
    if (message_.bytes() > owner_.limits_.max_request_bytes) {
      return End(absl::InvalidArgumentError("the request is too long"));
    }
    active_ = absl::Now();
    replies_.Answer(*message_, response_);
    writing_ = true;
    this->StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    const absl::MutexLock lock(mutex_);
    writing_ = false;
    if (!ok) return End(absl::CancelledError("the client is gone"));
    if (ended_) return;
    active_ = absl::Now();
    this->StartRead(&message_);
  }
  void OnCancel() override {
    const absl::MutexLock lock(mutex_);
    End(absl::CancelledError("the client is gone"));
  }

  void EndIfOld(absl::Time idle_begin, absl::Time oldest) override {
    const absl::MutexLock lock(mutex_);
    if (active_ >= idle_begin && life_begin >= oldest) return;
    // What the client does not read would hold up the status for ever.
    if (writing_) this->request().Cancel();
    End(absl::DeadlineExceededError("the reflection stream was idle, or open for too long"));
  }

 private:
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(ended_, true)) return;
    this->Finish(status);
  }

  Reflection& owner_;
  bool counted_ = false;
  Parsed<typename Api::Request> message_;
  typename Api::Response response_;
  absl::Mutex mutex_;
  Replies<Api> replies_ ABSL_GUARDED_BY(mutex_);
  absl::Time active_ ABSL_GUARDED_BY(mutex_);
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

template <typename Api>
class Reflection::ServiceOf final : public Api::Service {
 public:
  ServiceOf(Reflection& owner, Admission& admission) {
    const auto& method = MethodOf<typename Api::Request>("ServerReflectionInfo");
    this->MarkMethodCallback(method.index(),
                             BidiHandler<typename Api::Request, typename Api::Response>(
                                 admission, method, [&owner](const Request& request) {
                                   auto* const stream = new ReflectionStreamOf<Api>(owner, request);
                                   stream->Begin();
                                   return stream;
                                 }));
  }
};

Reflection::Reflection(const SchemaIndex& index, Timer& timer, Admission& admission,
                       const ReflectionLimits& limits)
    : index_(index),
      timer_(timer),
      limits_(limits),
      v1_(std::make_unique<ServiceOf<V1>>(*this, admission)),
      v1alpha_(std::make_unique<ServiceOf<V1Alpha>>(*this, admission)) {}

Reflection::~Reflection() = default;

size_t Reflection::stream_count() const {
  const absl::MutexLock lock(mutex_);
  return streams_.size();
}

bool Reflection::Add(ReflectionStream* stream) {
  const absl::MutexLock lock(mutex_);
  if (streams_.size() >= limits_.max_streams) return false;
  const auto peer = peers_.try_emplace(stream->peer, 0).first;
  if (peer->second >= limits_.max_streams_per_connection) return false;
  ++peer->second;
  streams_.insert(stream);
  if (!std::exchange(sweeping_, true)) {
    timer_.Schedule(absl::Now() + limits_.idle / 4, [this] { Sweep(); });
  }
  return true;
}

void Reflection::Remove(ReflectionStream* stream) {
  const absl::MutexLock lock(mutex_);
  streams_.erase(stream);
  const auto peer = peers_.find(stream->peer);
  if (--peer->second == 0) peers_.erase(peer);
}

// A stream that ends here is removed later, on a thread of gRPC's.
void Reflection::Sweep() {
  const absl::Time now = absl::Now();
  const absl::MutexLock lock(mutex_);
  for (ReflectionStream* stream : streams_) {
    stream->EndIfOld(now - limits_.idle, now - limits_.life);
  }
  sweeping_ = !streams_.empty();
  if (sweeping_) timer_.Schedule(now + limits_.idle / 4, [this] { Sweep(); });
}

}  // namespace davit::server
