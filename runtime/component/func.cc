#include "runtime/component/func.h"

#include <utility>

#include "runtime/base/status_macros.h"
#include "runtime/component/instance_impl.h"

namespace davit::component {

absl::Status Func::CallWith(engine::CellLock& lock, absl::Time deadline,
                            canon::CallValues& values) const {
  Instance::Impl& instance = *instance_->impl_;
  DAVIT_RETURN_IF_ERROR(instance.CheckReady());
  return instance.CallTarget(lock, id_, deadline, PostReturnMode::kAutomatic, values);
}

void Func::StartWith(engine::CellLock& lock, absl::Time deadline,
                     std::unique_ptr<AnyCall> call) const {
  Instance::Impl& instance = *instance_->impl_;
  if (absl::Status status = instance.CheckReady(); !status.ok()) return call->Ended(status);
  instance.StartAny(lock, id_, deadline, std::move(call));
}

}  // namespace davit::component
