#ifndef DAVIT_SERVER_INSTANCES_FRESH_POOL_H_
#define DAVIT_SERVER_INSTANCES_FRESH_POOL_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/engine/cell/cell.h"
#include "server/instances/aim.h"

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

  using InstancePtr = std::unique_ptr<component::Instance>;

  // `on_idle`: one waits now. Thread-safe, and must not call back. `end` ends an instance on
  // another thread.
  FreshPool(const Options& options, std::function<void()> on_idle,
            std::function<void(InstancePtr)> end)
      : options_(options), on_idle_(std::move(on_idle)), end_(std::move(end)) {}

  // A fresh instance. It is an instance as any other, and may be dropped as well.
  struct Fresh {
    InstancePtr instance;
    bool restorable = false;
  };
  // One that waits; none where there is none. `aim` is set to it.
  Fresh TakeIdle(const component::Component& component, Aim& aim);
  // A new one. `aim` is set to it, also while it is being made, and cleared where that fails.
  // Errors: those of component::LinkedComponent::Link and Instance::Instantiate.
  static absl::StatusOr<Fresh> Make(engine::CellLock& lock,
                                    std::shared_ptr<const component::Component> component,
                                    std::shared_ptr<const component::Linker> linker,
                                    const component::InstanceLimits& limits,
                                    component::HostStateFactory make_state, absl::Time deadline,
                                    Aim& aim);
  // Keeps it for another call, with nothing left of this one; or drops it where that cannot be.
  // For both: nothing may be aimed at it any more.
  void GiveBack(engine::CellLock& lock, Fresh fresh);
  // Ends it, elsewhere where that may take long.
  void Drop(InstancePtr instance);

  // Takes out those that have waited since `time` or longer. Thread-safe.
  std::vector<InstancePtr> TakeIdleSince(absl::Time time);
  // Takes out the oldest that wait, so that a quarter of what may wait is left. Thread-safe.
  std::vector<InstancePtr> TakeAboveShare();
  // Whether any waits. Thread-safe.
  bool has_idle() const;

 private:
  struct Idle {
    InstancePtr instance;
    absl::Time since;
    uint64_t memory_bytes = 0;
  };
  // The one of `component` that was used last, or null.
  InstancePtr TakeLatest(const component::Component& component);
  InstancePtr PopOldest() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Restores it; false where that cannot be.
  bool Restore(engine::CellLock& lock, const Fresh& fresh) const;

  const Options options_;
  const std::function<void()> on_idle_;
  const std::function<void(InstancePtr)> end_;
  mutable absl::Mutex mutex_;
  std::deque<Idle> idle_ ABSL_GUARDED_BY(mutex_);  // used last at the back
  uint64_t idle_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_FRESH_POOL_H_
