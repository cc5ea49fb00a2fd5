#include "server/registry/compile_once.h"

#include <time.h>

#include <utility>

namespace davit::server {
namespace {

// A fifth of what the exact clock costs.
int64_t CoarseNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

ComponentPtr CompileOnce::made() const {
  last_use_.store(CoarseNow(), std::memory_order_relaxed);
  absl::ReaderMutexLock lock(mutex_);
  return made_;
}

bool CompileOnce::DropUnused() {
  ComponentPtr dropped;  // ends outside of the mutex
  absl::MutexLock lock(mutex_);
  // Others get a reference under the mutex, or from one that they have.
  if (made_ == nullptr || made_.use_count() > 1) return false;
  dropped.swap(made_);
  return true;
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
