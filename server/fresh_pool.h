#ifndef DAVIT_SERVER_FRESH_POOL_H_
#define DAVIT_SERVER_FRESH_POOL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/engine/cell.h"

namespace davit::server {

// Instances for calls that want a fresh one each. One that has served is brought back to how it
// began, where its component allows that, and serves again: making one costs many times as much.
// Of one cell, whose lock everything needs but what says that it is thread-safe.
class FreshPool {
 public:
  struct Options {
    // Most that wait in one cell, of all components, and the bytes of their linear memories.
    size_t most_idle = 32;
    uint64_t most_idle_bytes = uint64_t{64} << 20;
  };

  // `on_idle`: one waits now. Thread-safe, and must not call back.
  FreshPool(const Options& options, std::function<void()> on_idle)
      : options_(options), on_idle_(std::move(on_idle)) {}

  // A fresh instance. It is an instance as any other, and may be dropped as well.
  struct Fresh {
    std::unique_ptr<component::Instance> instance;
    bool restorable = false;
  };
  // One that waits, or a new one. Errors: those of component::Instance::Create.
  absl::StatusOr<Fresh> Take(engine::CellLock& lock,
                             std::shared_ptr<const component::Component> component,
                             std::shared_ptr<const component::Linker> linker,
                             const component::InstanceLimits& limits, absl::Time deadline);
  // Keeps it for another call, with nothing left of this one; or drops it where that cannot be.
  void GiveBack(engine::CellLock& lock, Fresh fresh);

  // Drops those that have waited since `time` or longer; whether there were any. Thread-safe.
  bool DropIdle(absl::Time time);
  // Whether any waits. Thread-safe.
  bool has_idle() const;

 private:
  struct Idle {
    std::unique_ptr<component::Instance> instance;
    absl::Time since;
    uint64_t memory_bytes = 0;
  };
  // The one of `component` that was used last, or null.
  std::unique_ptr<component::Instance> TakeIdle(const component::Component& component);
  Idle PopOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  const std::function<void()> on_idle_;
  mutable absl::Mutex mutex_;
  std::deque<Idle> idle_ ABSL_GUARDED_BY(mutex_);  // used last at the back
  uint64_t idle_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_FRESH_POOL_H_
