#include "runtime/wasi/net/limited_resolver.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace davit::wasi::net {

// How many may be asked for: a second's worth at most, which comes back as time goes by.
class LimitedResolver::Count {
 public:
  Count(ResolverLimits limits, Now now)
      : limits_(limits), now_(std::move(now)), left_(limits.per_second), filled_(now_()) {}

  bool Begin() {
    absl::MutexLock lock(mutex_);
    const auto time = now_();
    const std::chrono::duration<double> passed = time - std::exchange(filled_, time);
    left_ = std::min<double>(left_ + passed.count() * limits_.per_second, limits_.per_second);
    if (under_way_ >= limits_.under_way || left_ < 1) return false;
    ++under_way_;
    left_ -= 1;
    return true;
  }
  void End() {
    absl::MutexLock lock(mutex_);
    --under_way_;
  }

 private:
  const ResolverLimits limits_;
  absl::Mutex mutex_;
  Now now_ ABSL_GUARDED_BY(mutex_);
  double left_ ABSL_GUARDED_BY(mutex_);
  std::chrono::steady_clock::time_point filled_ ABSL_GUARDED_BY(mutex_);
  uint32_t under_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

LimitedResolver::LimitedResolver(Resolver& resolver, ResolverLimits limits, Now now)
    : resolver_(resolver), count_(std::make_shared<Count>(limits, std::move(now))) {}

LimitedResolver::~LimitedResolver() = default;

void LimitedResolver::Resolve(const std::string& name, Done done) {
  if (!count_->Begin()) {
    return done(std::unexpected(ResolveFailure{ResolveFailure::Code::kTemporary, ""}));
  }
  resolver_.Resolve(name, [count = count_, done = std::move(done)](Resolution resolution) mutable {
    count->End();
    done(std::move(resolution));
  });
}

}  // namespace davit::wasi::net
