#ifndef DAVIT_RUNTIME_ENGINE_STORE_FIBER_H_
#define DAVIT_RUNTIME_ENGINE_STORE_FIBER_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/store/steps.h"
#include "runtime/engine/store/store.h"

namespace davit::engine {

class FiberState;

// A stack of its own for guest code of one store, which can wait in the middle (Step::Kind::kPark)
// and holds no thread meanwhile. Belongs to its cell, not to a thread: whoever has the lock may go
// on with it. One runs at a time in a cell, and no other can be entered until it parks or ends:
// not within a Run, nor within what a guest on a fiber calls.
class Fiber {
 public:
  enum class Outcome : uint8_t { kEnded, kParked };

  // Whether one can be entered now.
  static bool CanEnter(CellLock& lock);

  // The store must outlive it. Errors: LimitError "parked_stacks" of the cell or the process,
  // or "stack_bytes".
  static absl::StatusOr<std::unique_ptr<Fiber>> Take(CellLock& lock, Store& store);
  // Gives it back; costs less than to destroy it where the cell is locked anyway.
  static void Return(CellLock& lock, std::unique_ptr<Fiber> fiber);
  // Without a lock. What is parked on it is abandoned: its steps are destroyed, innermost first,
  // and none of its code runs ever again. The next holders of the lock unwind it.
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Carries out steps until they end or park, which Store::Call would do on the thread's stack.
  // What of it runs before then is one Run: it is ended at the deadline, or by Terminate.
  // `steps` must live until they have ended. Errors: as of Store::Call; FAILED_PRECONDITION where
  // none may be entered. REQUIRES: nothing is parked on it, and nothing has failed.
  absl::StatusOr<Outcome> Run(CellLock& lock, Steps& steps, absl::Time deadline);
  // Goes on after a park. What was waited for is there, which Steps::Next finds.
  absl::StatusOr<Outcome> Resume(CellLock& lock, absl::Time deadline);
  // Has the steps that wait fail with `why` instead; returns what all of them end with. Guest code
  // does not notice: it traps.
  absl::Status Fail(CellLock& lock, absl::Status why);

 private:
  explicit Fiber(std::unique_ptr<FiberState> state);
  std::unique_ptr<FiberState> state_;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_STORE_FIBER_H_
