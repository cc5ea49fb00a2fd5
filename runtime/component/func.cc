#include "runtime/component/func.h"

#include "runtime/base/status_macros.h"
#include "runtime/component/instance_impl.h"

namespace davit::component {

absl::Status Func::CallWith(engine::CellLock& lock, absl::Time deadline,
                            canon::CallValues& values) const {
  Instance::Impl& instance = *instance_->impl_;
  DAVIT_RETURN_IF_ERROR(instance.CheckReady());
  return instance.CallTarget(lock, id_, deadline, PostReturnMode::kAutomatic, values);
}

}  // namespace davit::component
