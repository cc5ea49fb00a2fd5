// What a guest's call of a lowered import or a built-in does: RunningProgram::HostCall().

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <variant>

#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/component/destruction.h"
#include "runtime/component/host_wait.h"
#include "runtime/component/lowered_call.h"
#include "runtime/component/running_program.h"

namespace davit::component {

using base::TrapCode;
using base::TrapStatus;
using engine::CoreSlot;

namespace {

absl::Status CannotLeave() {
  return TrapStatus(TrapCode::kCannotLeave, "cannot leave component instance");
}

// One call, as the program's current task.
class GuestCall {
 public:
  GuestCall(RunningProgram& program, InstanceState& caller, engine::HostFrame& frame)
      : program_(program),
        task_(*program.current_task()),
        caller_(caller),
        frame_(frame),
        slots_(frame.slots()) {}

  // Spec: CanonicalABI.md#canon-lower, where the callee is a lifted function
  absl::Status operator()(const link::CallLift& call) const {
    if (!caller_.may_leave) return CannotLeave();
    if (call.reenters) return TrapStatus(TrapCode::kCannotEnter, "cannot enter component instance");
    frame_.Continue<LoweredCall>(program_, call, slots_);
    return absl::OkStatus();
  }

  absl::Status operator()(const link::CallImport& call) const {
    if (!caller_.may_leave) return CannotLeave();
    const HostFunction& function = *program_.bindings().functions[call.import.value];
    if (function.waits()) {
      frame_.Continue<HostWait>(program_, task_, call, slots_, frame_.can_park());
      return absl::OkStatus();
    }
    const link::ImportedFunc& import = program_.program().imports[call.import.value];
    handles::CallScope scope;
    canon::CallContext context = task_.ContextFor(call.caller_options);
    context.scope = &scope;
    absl::Status status = function.call(*import.plan, context, slots_);
    if (!status.ok()) return FailureOfHost(import, std::move(status));
    DAVIT_RETURN_IF_ERROR(program_.host_resources().DropBorrows(scope));
    scope.ReleaseLends();
    return absl::OkStatus();
  }

  // Spec: CanonicalABI.md#canon-resourcenew, #canon-resourcedrop, #canon-resourcerep
  absl::Status operator()(const link::ResourceBuiltin& builtin) const {
    const types::ResourceId type = builtin.resource;
    const auto operand = static_cast<uint32_t>(slots_[0]);
    if (builtin.op == link::ResourceOp::kRep) {
      DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                             caller_.handles.RepOf(type, handles::HandleIndex(operand)));
      slots_[0] = rep.value;
      return absl::OkStatus();
    }
    if (!caller_.may_leave) return CannotLeave();
    if (builtin.op == link::ResourceOp::kDrop) {
      return Drop(builtin, type, handles::HandleIndex(operand));
    }
    DAVIT_ASSIGN_OR_RETURN(const handles::HandleIndex handle,
                           caller_.handles.AddOwn(type, handles::Rep(operand)));
    slots_[0] = handle.value;
    return absl::OkStatus();
  }

  // Spec: CanonicalABI.md#canon-contextget, #canon-contextset
  absl::Status operator()(const link::ContextBuiltin& builtin) const {
    uint64_t& value = task_.storage()[builtin.slot];
    if (builtin.set) {
      value = slots_[0];
    } else {
      slots_[0] = value;
    }
    return absl::OkStatus();
  }

  // Spec: CanonicalABI.md#canon-backpressureincdec
  absl::Status operator()(const link::BackpressureBuiltin& builtin) const {
    constexpr uint32_t kMax = std::numeric_limits<uint16_t>::max();
    if (builtin.delta > 0 ? caller_.backpressure == kMax : caller_.backpressure == 0) {
      return TrapStatus(TrapCode::kCanonOther, "backpressure counter out of range");
    }
    caller_.backpressure += static_cast<uint32_t>(builtin.delta);
    return absl::OkStatus();
  }

  absl::Status operator()(const link::UnsupportedBuiltin& builtin) const {
    if (!caller_.may_leave) return CannotLeave();
    return base::FeatureError(builtin.name, "this built-in cannot run yet");
  }

 private:
  absl::Status Drop(const link::ResourceBuiltin& builtin, types::ResourceId type,
                    handles::HandleIndex handle) const {
    DAVIT_ASSIGN_OR_RETURN(const auto dropped, caller_.handles.Drop(type, handle));
    if (!dropped.was_own) return absl::OkStatus();
    frame_.Continue<Destruction>(program_, task_.entry(),
                                 handles::OwnedResource{.type = type, .rep = dropped.rep},
                                 builtin.entering);
    return absl::OkStatus();
  }

  RunningProgram& program_;
  Task& task_;
  InstanceState& caller_;
  engine::HostFrame& frame_;
  const std::span<CoreSlot> slots_;
};

}  // namespace

absl::Status RunningProgram::HostCall(uint32_t index, engine::HostFrame& frame) {
  const link::HostImport& import = program_.host_imports[index];
  return std::visit(GuestCall(*this, instance(import.caller), frame), import.action);
}

}  // namespace davit::component
