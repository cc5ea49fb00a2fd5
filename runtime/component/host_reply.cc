#include "runtime/component/host_reply.h"

#include <utility>

#include "runtime/component/reply_state.h"

namespace davit::component {

void ReplyState::Answer(HostReply::Lower lower) {
  absl::AnyInvocable<void()> dropped;
  bool is_waited_for = false;
  {
    absl::MutexLock lock(mutex_);
    if (state_ == State::kAnswered || state_ == State::kCancelled) return;
    is_waited_for = state_ == State::kWaitedFor;
    state_ = State::kAnswered;
    lower_ = std::move(lower);
    dropped = std::exchange(cancel_, nullptr);
  }
  if (is_waited_for) mailbox_->PostAnswer();
}

void ReplyState::OnCancel(absl::AnyInvocable<void()> cancel) {
  {
    absl::MutexLock lock(mutex_);
    if (state_ == State::kAnswered) return;
    if (state_ != State::kCancelled) {
      cancel_ = std::move(cancel);
      return;
    }
  }
  cancel();
}

bool ReplyState::IsAnsweredOrWaits() {
  absl::MutexLock lock(mutex_);
  if (state_ == State::kOpen) state_ = State::kWaitedFor;
  return state_ == State::kAnswered;
}

void ReplyState::AwaitAnswer(absl::Time until) {
  absl::MutexLock lock(mutex_);
  const auto is_answered = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return state_ == State::kAnswered;
  };
  mutex_.AwaitWithDeadline(absl::Condition(&is_answered), until);
}

HostReply::Lower ReplyState::Take() {
  absl::MutexLock lock(mutex_);
  return std::move(lower_);
}

void ReplyState::Cancel() {
  absl::AnyInvocable<void()> cancel;
  {
    absl::MutexLock lock(mutex_);
    if (state_ == State::kAnswered || state_ == State::kCancelled) return;
    state_ = State::kCancelled;
    cancel = std::exchange(cancel_, nullptr);
  }
  if (cancel) cancel();
}

HostReply::~HostReply() {
  if (state_ != nullptr) Fail(absl::InternalError("a host function gave no answer"));
}

HostReply& HostReply::operator=(HostReply&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

void HostReply::Return(canon::ValArgs results) {
  ReturnLowered([results = std::move(results)](const canon::FuncPlan& plan,
                                               canon::CallContext& context,
                                               std::span<canon::CoreSlot> slots) {
    return canon::LowerResult(plan, context, results, slots);
  });
}

void HostReply::ReturnLowered(Lower lower) { state_->Answer(std::move(lower)); }

void HostReply::Fail(absl::Status status) {
  state_->Answer([status = std::move(status)](const canon::FuncPlan&, canon::CallContext&,
                                              std::span<canon::CoreSlot>) { return status; });
}

void HostReply::OnCancel(absl::AnyInvocable<void()> cancel) { state_->OnCancel(std::move(cancel)); }

absl::Time HostReply::deadline() const { return state_->deadline(); }

}  // namespace davit::component
