#include "runtime/component/lifted_call.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/component/realloc_series.h"

namespace davit::component {

absl::Status CheckBorrows(const handles::CallScope& scope) {
  if (scope.num_borrows() == 0) [[likely]]
    return absl::OkStatus();
  return base::TrapStatus(base::TrapCode::kBorrowsOutstanding,
                          "borrow handles still remain at the end of the call");
}

InstanceTree::LiftedCall::LiftedCall(InstanceTree& tree, const Lift& lift,
                                     const ValuesOfCall& values, handles::CallScope& scope,
                                     Extent extent)
    : tree_(tree),
      lift_(lift),
      values_(values),
      scope_(scope),
      context_(tree.ContextFor(lift.options, scope)),
      has_post_return_(extent == Extent::kWhole && lift.post_return.has_value()) {}

absl::Status InstanceTree::LiftedCall::Run() {
  DAVIT_RETURN_IF_ERROR(tree_.store_->Call(*tree_.lock_, *this));
  return stage_ == Stage::kCall ? Return() : absl::OkStatus();
}

absl::Status InstanceTree::LiftedCall::Next(engine::CoreCalls& calls) {
  switch (stage_) {
    case Stage::kBegin:
      return lift_.reserves ? Reserve(calls) : Enter(calls);
    case Stage::kReserve:
      EndReserve(wanted_, absl::OkStatus());
      return Enter(calls);
    case Stage::kCall:
      DAVIT_RETURN_IF_ERROR(Return());
      PostReturn(calls);
      break;
    case Stage::kPostReturn:
      break;
  }
  return absl::OkStatus();
}

absl::Status InstanceTree::LiftedCall::Failed(uint32_t completed, absl::Status status) {
  if (stage_ != Stage::kReserve) return status;
  // What an earlier realloc returned may be at fault before the one that failed.
  EndReserve(completed, status);
  DAVIT_RETURN_IF_ERROR(values_.lower(context_, params()));
  return status;
}

// Calls realloc for the areas that are known before, if there are any.
absl::Status InstanceTree::LiftedCall::Reserve(engine::CoreCalls& calls) {
  canon::Reservation& areas = reservation_.emplace(&tree_);
  DAVIT_RETURN_IF_ERROR(values_.reserve(options().encoding, areas));
  ReallocSeries::SetCalls(calls, tree_.funcs_[options().realloc->value], areas.Wanted());
  wanted_ = calls.count;
  if (wanted_ == 0) return Enter(calls);
  stage_ = Stage::kReserve;
  no_leave_.emplace(instance());
  task_.emplace(tree_);
  return absl::OkStatus();
}

void InstanceTree::LiftedCall::EndReserve(size_t completed, absl::Status failure) {
  no_leave_.reset();
  task_.reset();
  reservation_->Fulfil(completed, std::move(failure));
  context_.reservation = &*reservation_;
}

absl::Status InstanceTree::LiftedCall::Enter(engine::CoreCalls& calls) {
  stage_ = Stage::kCall;
  DAVIT_RETURN_IF_ERROR(values_.lower(context_, params()));
  calls.func = tree_.funcs_[lift_.callee.value];
  calls.count = 1;
  calls.slots = params();
  calls.last = !has_post_return_;
  return absl::OkStatus();
}

// The function has returned.
absl::Status InstanceTree::LiftedCall::Return() {
  DAVIT_RETURN_IF_ERROR(values_.lift(context_, params()));
  DAVIT_RETURN_IF_ERROR(CheckBorrows(scope_));
  scope_.ReleaseLends();
  return absl::OkStatus();
}

void InstanceTree::LiftedCall::PostReturn(engine::CoreCalls& calls) {
  stage_ = Stage::kPostReturn;
  no_leave_.emplace(instance());
  calls.func = tree_.funcs_[lift_.post_return->value];
  calls.count = 1;
  calls.slots = slots_;
  calls.last = true;
}

}  // namespace davit::component
