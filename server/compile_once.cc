#include "server/compile_once.h"

#include <utility>

namespace davit::server {

ComponentPtr CompileOnce::made() const {
  absl::ReaderMutexLock lock(mutex_);
  return made_;
}

void CompileOnce::WhenMade(Callback done) {
  if (ComponentPtr ready = made()) return done(std::move(ready));
  {
    absl::MutexLock lock(mutex_);
    waiting_.push_back(std::move(done));
    if (waiting_.size() > 1) return;
  }
  background_([self = shared_from_this()] { self->MakeAndTell(); });
}

absl::StatusOr<ComponentPtr> CompileOnce::Get() {
  if (ComponentPtr ready = made()) return ready;
  absl::StatusOr<ComponentPtr> result = make_();
  if (!result.ok()) return result;
  absl::MutexLock lock(mutex_);
  if (made_ == nullptr) made_ = *std::move(result);
  return made_;
}

void CompileOnce::MakeAndTell() {
  const absl::StatusOr<ComponentPtr> result = Get();
  std::vector<Callback> waiting;
  {
    absl::MutexLock lock(mutex_);
    waiting.swap(waiting_);
  }
  for (Callback& done : waiting) done(result);
}

}  // namespace davit::server
