#include "runtime/engine/store/fiber.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/engine/store/fiber_state.h"

namespace davit::engine {

bool Fiber::CanEnter(CellLock& lock) {
  CellState& cell = *lock.cell().state_;
  return !cell.run_active && !cell.fibers().is_running();
}

absl::StatusOr<std::unique_ptr<Fiber>> Fiber::Take(CellLock&, Store& store) {
  CellState& cell = *store.cell_;
  DAVIT_ASSIGN_OR_RETURN(const uint32_t series, store.state_->SeriesSlot());
  DAVIT_ASSIGN_OR_RETURN(auto stack, cell.fibers().Take(store.state_.get()));
  return std::unique_ptr<Fiber>(new Fiber(
      std::make_unique<FiberState>(store.cell_, *store.state_, series, std::move(stack))));
}

void Fiber::Return(CellLock&, std::unique_ptr<Fiber> fiber) { fiber->state_->GiveBack(); }

Fiber::Fiber(std::unique_ptr<FiberState> state) : state_(std::move(state)) {}
Fiber::~Fiber() = default;

absl::StatusOr<Fiber::Outcome> Fiber::Run(CellLock&, Steps& steps, absl::Time deadline) {
  return state_->Run(steps, deadline);
}
absl::StatusOr<Fiber::Outcome> Fiber::Resume(CellLock&, absl::Time deadline) {
  return state_->Resume(deadline);
}
absl::Status Fiber::Fail(CellLock&, absl::Status why) { return state_->Fail(std::move(why)); }

}  // namespace davit::engine
