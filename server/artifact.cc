#include "server/artifact.h"

#include <utility>

#include "runtime/base/status_macros.h"

namespace davit::server {

ComponentPtr Artifact::compiled() const {
  absl::ReaderMutexLock lock(mutex_);
  return compiled_;
}

void Artifact::WhenCompiled(Callback done) {
  if (ComponentPtr ready = compiled()) return done(std::move(ready));
  {
    absl::MutexLock lock(mutex_);
    waiting_.push_back(std::move(done));
    if (waiting_.size() > 1) return;
  }
  background_([self = shared_from_this()] { self->CompileAndTell(); });
}

absl::StatusOr<ComponentPtr> Artifact::Compile() const {
  if (ComponentPtr ready = compiled()) return ready;
  DAVIT_ASSIGN_OR_RETURN(std::string binary, blobs_.Read(digest_));
  return compiler_(std::make_shared<const std::string>(std::move(binary)));
}

void Artifact::CompileAndTell() {
  const absl::StatusOr<ComponentPtr> result = Compile();
  std::vector<Callback> waiting;
  {
    absl::MutexLock lock(mutex_);
    if (result.ok()) compiled_ = *result;
    waiting.swap(waiting_);
  }
  for (Callback& done : waiting) done(result);
}

}  // namespace davit::server
