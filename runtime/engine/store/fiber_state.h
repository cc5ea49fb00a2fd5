#ifndef DAVIT_RUNTIME_ENGINE_STORE_FIBER_STATE_H_
#define DAVIT_RUNTIME_ENGINE_STORE_FIBER_STATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/stack_arena.h"
#include "runtime/engine/cell/cell_state.h"
#include "runtime/engine/cell/fibers.h"
#include "runtime/engine/store/fiber.h"
#include "runtime/engine/store/store_state.h"

namespace davit::engine {

// The inside of a Fiber. Needs the cell's lock, but for its destructor.
class FiberState final : public FiberUser {
 public:
  FiberState(std::shared_ptr<CellState> cell, StoreState& store, uint32_t series,
             std::unique_ptr<FiberStack> stack)
      : cell_(std::move(cell)), store_(store), series_(series), stack_(std::move(stack)) {}
  ~FiberState() override;
  FiberState(const FiberState&) = delete;
  FiberState& operator=(const FiberState&) = delete;

  // As in Fiber.
  absl::StatusOr<Fiber::Outcome> Run(Steps& steps, absl::Time deadline);
  absl::StatusOr<Fiber::Outcome> Resume(absl::Time deadline);
  absl::Status Fail(absl::Status why);
  void GiveBack();

  void Wake() override;
  ShimOp Job() override;
  absl::Status Park() override;
  absl::Status TakeFailure() override { return std::exchange(failure_, absl::OkStatus()); }

 private:
  enum class State : uint8_t {
    kIdle,
    kParked,
    kAbandoned,  // parked for ever: its stack is to be ended
    kDead
  };

  absl::Status CheckMayEnter() const;
  absl::StatusOr<Fiber::Outcome> Enter(absl::Time deadline);
  absl::Status StatusOf(Fibers::Exit exit, Thrown& thrown);
  void BringFrames();
  void TakeFramesAway();
  std::optional<Termination> EndLeg();
  absl::Status Abandon(absl::Status status);
  void DropSteps();

  const std::shared_ptr<CellState> cell_;
  StoreState& store_;
  const uint32_t series_;  // of the store's shims, by slot of the cell's table
  std::unique_ptr<FiberStack> stack_;
  State state_ = State::kIdle;
  std::optional<StoreState::Link> base_;
  StoreState::Link* links_ = nullptr;  // while it does not run
  bool has_begun_ = false;             // Job() has been asked
  bool has_ended_ = false;
  absl::Status failure_;

  // A leg is what runs between two parks: a run of the cell's clock.
  int64_t deadline_ = RunClock::kNever;
  uint64_t leg_ = 0;  // 0: none
  uint64_t heap_events_ = 0;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_STORE_FIBER_STATE_H_
