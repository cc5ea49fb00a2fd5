#include "runtime/engine/store/fiber_state.h"

#include <algorithm>
#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/engine/cell/trap_report.h"
#include "runtime/engine/process/termination.h"

namespace davit::engine {

FiberState::~FiberState() {
  DropSteps();
  if (stack_ != nullptr) cell_->fibers().Bury(std::move(stack_), state_ == State::kIdle);
}

void FiberState::GiveBack() {
  if (state_ == State::kParked || state_ == State::kAbandoned) return;
  DropSteps();
  cell_->fibers().Return(std::move(stack_));
}

// The C++ side of what is parked: it may go at once, and without a lock.
void FiberState::DropSteps() {
  while (links_ != nullptr && links_ != &*base_) {
    StoreState::Link& link = *links_;
    links_ = link.outer;
    std::destroy_at(&link.steps);
    std::destroy_at(&link);
  }
  links_ = nullptr;
}

absl::Status FiberState::CheckMayEnter() const {
  if (cell_->fibers().is_running() || cell_->run_active) {
    return absl::FailedPreconditionError("a fiber cannot be entered by what a guest has called");
  }
  return absl::OkStatus();
}

absl::StatusOr<Fiber::Outcome> FiberState::Run(Steps& steps, absl::Time deadline) {
  if (state_ != State::kIdle) return absl::InternalError("the fiber is not idle");
  DAVIT_RETURN_IF_ERROR(CheckMayEnter());
  base_.emplace(steps, /*outer=*/nullptr, Scratch::kFiberFrames, Scratch::kFiberFrames);
  links_ = &*base_;
  has_begun_ = has_ended_ = false;
  return Enter(deadline);
}

absl::StatusOr<Fiber::Outcome> FiberState::Resume(absl::Time deadline) {
  if (state_ != State::kParked) return absl::InternalError("nothing is parked on the fiber");
  DAVIT_RETURN_IF_ERROR(CheckMayEnter());
  return Enter(deadline);
}

absl::Status FiberState::Fail(absl::Status why) {
  failure_ = std::move(why);
  const absl::StatusOr<Fiber::Outcome> outcome = Resume(absl::InfiniteFuture());
  if (!outcome.ok()) return outcome.status();
  return absl::InternalError("steps that failed go on");
}

// Lets the guest run until it parks, ends or fails.
absl::StatusOr<Fiber::Outcome> FiberState::Enter(absl::Time deadline) {
  if (absl::Status status = store_.CheckRunnable(); !status.ok()) return Abandon(std::move(status));
  deadline_ = deadline == absl::InfiniteFuture() ? RunClock::kNever : absl::ToUnixNanos(deadline);
  const v8::HandleScope handles(cell_->isolate());
  Scratch& scratch = cell_->scratch();
  const uint32_t top = scratch.top();
  BringFrames();
  std::swap(links_, store_.links_);
  base::StackArena* const arena = cell_->SetArena(&stack_->arena);
  heap_events_ = cell_->heap().events();

  Thrown thrown;
  const Fibers::Exit exit = cell_->fibers().Enter(*stack_, *this, thrown);
  absl::Status status;
  if (exit != Fibers::Exit::kParked) {
    state_ = State::kDead;
    status = StatusOf(exit, thrown);
    status = store_.Fail(*base_, store_.Unwind(&*base_, std::move(status)));
  } else if (has_ended_) {
    state_ = State::kIdle;
    status = std::move(base_->status);
  } else {
    state_ = State::kParked;
    TakeFramesAway();
  }

  cell_->SetArena(arena);
  std::swap(links_, store_.links_);
  scratch.set_top(top);
  if (state_ != State::kParked) links_ = nullptr;
  if (cell_->heap().MayHaveGrownSince(heap_events_)) [[unlikely]]
    cell_->HeapMayHaveGrown(store_);
  DAVIT_RETURN_IF_ERROR(status);
  return state_ == State::kParked ? Fiber::Outcome::kParked : Fiber::Outcome::kEnded;
}

absl::Status FiberState::StatusOf(Fibers::Exit exit, Thrown& thrown) {
  if (exit == Fibers::Exit::kLost) {
    cell_->host_failure = absl::OkStatus();
    return absl::InternalError("a waiting guest was lost");
  }
  absl::Status status = cell_->Failure(thrown);
  EndLeg();
  return status;
}

// V8 may have nothing left to run it with: what is parked stays so, and none of its steps go on.
absl::Status FiberState::Abandon(absl::Status status) {
  while (links_ != &*base_) {
    StoreState::Link& link = *links_;
    status = link.steps.Failed(0, std::move(status));
    links_ = link.outer;
    std::destroy_at(&link.steps);
    std::destroy_at(&link);
  }
  links_ = nullptr;
  if (state_ == State::kParked) state_ = State::kAbandoned;
  return base_->steps.Failed(0, std::move(status));
}

void FiberState::BringFrames() {
  Scratch& scratch = cell_->scratch();
  std::ranges::copy(stack_->frames,
                    reinterpret_cast<uint8_t*>(scratch.Frame(Scratch::kFiberFrames)));
  scratch.set_top(Scratch::kFiberFrames + static_cast<uint32_t>(stack_->frames.size()));
  stack_->frames.clear();
}

void FiberState::TakeFramesAway() {
  const Scratch& scratch = cell_->scratch();
  const auto* const first = reinterpret_cast<const uint8_t*>(scratch.Frame(Scratch::kFiberFrames));
  stack_->frames.assign(first, first + (scratch.top() - Scratch::kFiberFrames));
}

void FiberState::Wake() {
  cell_->run_active = true;
  cell_->current = &store_;
  cell_->on_fiber = this;
  leg_ = cell_->clock().Begin(deadline_);
  // What is to fail is ended already: nobody ends it for another reason meanwhile.
  if (failure_.ok()) store_.run_number.store(leg_, std::memory_order_release);
  if (deadline_ != RunClock::kNever) cell_->watchdog().Arm(deadline_);
}

std::optional<Termination> FiberState::EndLeg() {
  if (leg_ == 0) return std::nullopt;
  store_.run_number.store(0, std::memory_order_release);
  const std::optional<Termination> shot = cell_->clock().End(std::exchange(leg_, 0));
  if (shot) cell_->isolate()->CancelTerminateExecution();
  cell_->on_fiber = nullptr;
  cell_->current = nullptr;
  cell_->run_active = false;
  return shot;
}

// What was shot in the last moment traps where it would have parked.
absl::Status FiberState::Park() {
  const std::optional<Termination> shot = EndLeg();
  return shot ? TerminationStatus(*shot) : absl::OkStatus();
}

ShimOp FiberState::Job() {
  StoreState::Link& link = *base_;
  const bool was_asked = std::exchange(has_begun_, true);
  if (!was_asked || link.step.kind != Step::Kind::kEnd) {
    const ShimOp op = was_asked ? store_.Next() : store_.Advance(link);
    if (op == ShimOp::kCall) cell_->scratch().SetFiberSeries(series_);
    if (op != ShimOp::kDone) return op;
  }
  // It has ended, in time or not.
  has_ended_ = true;
  EndLeg();
  return ShimOp::kPark;
}

}  // namespace davit::engine
