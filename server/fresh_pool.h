#ifndef DAVIT_SERVER_FRESH_POOL_H_
#define DAVIT_SERVER_FRESH_POOL_H_

#include <cstddef>
#include <deque>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/engine/cell.h"
#include "server/short_calls.h"

namespace davit::server {

// Instances for calls that want a fresh one each. One that has served is brought back to how it
// began, where its component allows that, and serves again: making one costs many times as much.
// Of one cell, whose lock everything needs but ShortCalls::place().
class FreshPool {
 public:
  // Most that wait in one cell, of all components, and how long after their last call. Looked at
  // whenever one is taken or given back.
  static constexpr size_t kMostIdle = 32;
  static constexpr absl::Duration kLongestIdle = absl::Minutes(1);

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

  // How long calls take here, from Take() to GiveBack().
  ShortCalls& short_calls() { return short_calls_; }

 private:
  struct Idle {
    std::unique_ptr<component::Instance> instance;
    absl::Time since;
  };
  void DropOld(absl::Time now);

  std::deque<Idle> idle_;  // used last at the back
  ShortCalls short_calls_;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_FRESH_POOL_H_
