#include "runtime/wasi/sockets/resolve_address_stream.h"

#include <expected>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/wasi/net/host_name.h"
#include "runtime/wasi/net/policy.h"
#include "runtime/wasi/net/resolver.h"

namespace davit::wasi::sockets {
namespace {

std::unexpected<ErrorCode> Error(ErrorCode code) { return std::unexpected(code); }

ErrorCode ErrorOf(net::ResolveFailure::Code code) {
  switch (code) {
    case net::ResolveFailure::Code::kUnknownName:
      return ErrorCode::kNameUnresolvable;
    case net::ResolveFailure::Code::kTemporary:
    case net::ResolveFailure::Code::kTimeout:
      return ErrorCode::kTemporaryResolverFailure;
    case net::ResolveFailure::Code::kRefused:
      return ErrorCode::kPermanentResolverFailure;
  }
  return ErrorCode::kUnknown;
}

}  // namespace

// Where the resolver leaves what it has found; thread-safe.
struct ResolveAddressStream::Answer {
  void Set(net::Resolution found) {
    {
      absl::MutexLock lock(mutex);
      resolution = std::move(found);
    }
    waker.Wake();
  }
  bool IsThere() {
    absl::MutexLock lock(mutex);
    return resolution.has_value();
  }

  io::WakerSlot waker;
  absl::Mutex mutex;
  std::optional<net::Resolution> resolution ABSL_GUARDED_BY(mutex);
};

Result<std::shared_ptr<ResolveAddressStream>> ResolveAddressStream::Create(Environment& environment,
                                                                           std::string_view name) {
  const std::optional<net::Host> host = net::ParseHost(name);
  if (!host) return Error(ErrorCode::kInvalidArgument);
  const net::Policy& policy = *environment.policy;
  if (!policy.GrantsNames() || (!host->address && !policy.MayResolve(host->name))) {
    return Error(ErrorCode::kPermanentResolverFailure);
  }
  auto answer = std::make_shared<Answer>();
  const std::shared_ptr<ResolveAddressStream> stream(
      new ResolveAddressStream(environment, host->name, answer));
  if (host->address) {
    stream->learned_ = std::vector<net::IpAddress>{host->address->Unmapped()};
  } else {
    environment.resolver.Resolve(
        host->name, [answer](net::Resolution resolution) { answer->Set(std::move(resolution)); });
  }
  return stream;
}

Result<std::vector<net::IpAddress>> ResolveAddressStream::Learn() {
  absl::MutexLock lock(answer_->mutex);
  if (!answer_->resolution) return Error(ErrorCode::kWouldBlock);
  if (!*answer_->resolution) return Error(ErrorOf(answer_->resolution->error().code));
  std::vector<net::IpAddress> addresses;
  for (const net::IpAddress& address : **answer_->resolution) {
    if (environment_.policy->MayLearn(address)) addresses.push_back(address);
  }
  if (addresses.empty()) return Error(ErrorCode::kPermanentResolverFailure);
  environment_.names.Add(name_, addresses);
  return addresses;
}

Result<std::optional<net::IpAddress>> ResolveAddressStream::Next() {
  if (!learned_) {
    Result<std::vector<net::IpAddress>> learned = Learn();
    if (!learned && learned.error() == ErrorCode::kWouldBlock) return Error(learned.error());
    learned_ = std::move(learned);
  }
  if (!*learned_) return Error(learned_->error());
  if (next_ == (*learned_)->size()) return std::nullopt;
  return (**learned_)[next_++];
}

bool ResolveAddressStream::Ready() { return learned_ || answer_->IsThere(); }

void ResolveAddressStream::Arm(const io::Waker& waker) {
  answer_->waker.Arm(waker);
  if (Ready()) answer_->waker.Wake();
}

}  // namespace davit::wasi::sockets
