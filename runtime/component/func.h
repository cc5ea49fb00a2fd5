#ifndef DAVIT_RUNTIME_COMPONENT_FUNC_H_
#define DAVIT_RUNTIME_COMPONENT_FUNC_H_

#include <memory>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/canon/call_values.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/vals/vals.h"
#include "runtime/component/component.h"
#include "runtime/component/instance.h"
#include "runtime/engine/cell/cell.h"

namespace davit::component {

// What StartWith() runs: the values of one call, and who hears of its end.
class AnyCall {
 public:
  virtual ~AnyCall() = default;
  virtual canon::CallValues& values() = 0;
  // With what Func::CallWith would have returned. Under the lock of the cell, once, unless the
  // instance ends before.
  virtual void Ended(absl::Status status) = 0;
};

// An exported function of one instance, which must outlive it. Cheap to copy; the thread rule of
// Instance holds.
class Func {
 public:
  const types::FuncType& type() const { return plan_->type(); }
  const canon::FuncPlan& plan() const { return *plan_; }
  std::span<const types::Param> params() const { return type().params; }
  // Null when there is none.
  const types::TypePtr& result() const { return type().result; }

  // As Instance::Call and Instance::PostReturn.
  absl::Status Call(engine::CellLock& lock, const canon::ValArgs& args, canon::ValArgs& results,
                    absl::Time deadline, PostReturnMode mode = PostReturnMode::kAutomatic) const {
    return instance_->Call(lock, id_, args, results, deadline, mode);
  }
  absl::Status PostReturn(engine::CellLock& lock, absl::Time deadline) const {
    return instance_->PostReturn(lock, id_, deadline);
  }

  // Calls with arguments and results of any form: the seam under typed calls. Errors: as of
  // Instance::Call, and those of `values`.
  absl::Status CallWith(engine::CellLock& lock, absl::Time deadline,
                        canon::CallValues& values) const;
  // The same, but returns where the guest waits for its host, as Instance::StartCall does. `call`
  // is kept until it has ended, which may be before this returns.
  void StartWith(engine::CellLock& lock, absl::Time deadline, std::unique_ptr<AnyCall> call) const;

 private:
  friend class Instance;
  Func(Instance& instance, ExportFuncId id)
      : instance_(&instance), plan_(&instance.component().plan(id)), id_(id) {}

  Instance* instance_;
  const canon::FuncPlan* plan_;
  ExportFuncId id_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_FUNC_H_
