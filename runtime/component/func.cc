#include "runtime/component/func.h"

#include "runtime/base/status_macros.h"
#include "runtime/component/instance_impl.h"

namespace davit::component {

absl::Status Func::CallWith(
    engine::CellLock& lock, absl::Time deadline,
    absl::FunctionRef<absl::Status(canon::StringEncoding, canon::Reservation&)> reserve,
    absl::FunctionRef<absl::Status(canon::CallContext&, std::span<canon::CoreSlot>)> lower,
    absl::FunctionRef<absl::Status(canon::CallContext&, std::span<const canon::CoreSlot>)> lift)
    const {
  Instance::Impl& instance = *instance_->impl_;
  DAVIT_RETURN_IF_ERROR(instance.CheckReady());
  return instance.CallTarget(lock, id_, deadline, PostReturnMode::kAutomatic,
                             {.reserve = reserve, .lower = lower, .lift = lift});
}

}  // namespace davit::component
