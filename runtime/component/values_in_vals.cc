#include "runtime/component/values_in_vals.h"

#include <algorithm>
#include <utility>

#include "runtime/base/error.h"

namespace davit::component {
namespace {

// What results may take without asking for room: less than what the call itself takes anyway.
constexpr uint64_t kFreeResultBytes = 16 << 10;
// As small pieces room is asked for.
constexpr uint64_t kRoomStep = 256 << 10;

}  // namespace

absl::Status ValuesInVals::Lift(canon::CallContext& callee,
                                std::span<const canon::CoreSlot> slots) {
  if (room_ == nullptr) return canon::LiftResult(plan_, callee, slots, results_);
  uint64_t* const whole_budget = std::exchange(callee.copy_budget, &granted_);
  left_ = *whole_budget;
  static_cast<void>(Grant(std::min(left_, kFreeResultBytes)));
  callee.more_budget = this;
  absl::Status status = canon::LiftResult(plan_, callee, slots, results_);
  callee.more_budget = nullptr;
  callee.copy_budget = whole_budget;
  *whole_budget = left_ + granted_;
  if (refusal_.ok()) return status;
  results_.Clear();
  return absl::OkStatus();
}

bool ValuesInVals::Extend(uint64_t bytes) {
  const uint64_t missing = bytes - granted_;
  if (missing > left_) return false;
  const uint64_t wanted = std::min(left_, std::max(missing, kRoomStep));
  if (room_->Take(wanted)) return Grant(wanted);
  refusal_ = base::LimitError("result_room", 0, "the caller has no room for the results");
  return false;
}

bool ValuesInVals::Grant(uint64_t bytes) {
  granted_ += bytes;
  left_ -= bytes;
  return true;
}

}  // namespace davit::component
