// What a guest's call of a lowered import or a built-in does: InstanceTree::HostCall().

#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "runtime/base/error.h"
#include "runtime/base/status_macros.h"
#include "runtime/base/trap.h"
#include "runtime/component/instance_tree.h"
#include "runtime/component/lifted_call.h"
#include "runtime/component/tree_scopes.h"

namespace davit::component {

using base::TrapCode;
using base::TrapStatus;
using engine::CoreSlot;

namespace {

// The sizes of a guest's values are in its memory, which is read once: as they move.
absl::Status NothingToReserve(canon::StringEncoding /*encoding*/, canon::Reservation& /*areas*/) {
  return absl::OkStatus();
}

absl::Status CannotLeave() {
  return TrapStatus(TrapCode::kCannotLeave, "cannot leave component instance");
}

// What a host function failed with. A refused argument or result is the host's mistake, not one of
// the arguments that its guest was called with.
absl::Status FailureOfHost(const ImportedFunc& import, absl::Status status) {
  if (!base::ArgumentPathOf(status)) return status;
  return absl::InternalError(
      absl::StrCat("the host's function \"", import.name, "\": ", status.message()));
}

}  // namespace

absl::Status InstanceTree::HostCall(uint32_t index, std::span<CoreSlot> slots) {
  const HostImport& import = program_.host_imports[index];
  InstanceState& caller = instances_[import.caller.value];
  return std::visit([&](const auto& action) { return Do(action, caller, slots); }, import.action);
}

// Spec: CanonicalABI.md#canon-lower, where the callee is a lifted function
absl::Status InstanceTree::Do(const CallLift& call, InstanceState& caller,
                              std::span<CoreSlot> caller_slots) {
  if (!caller.may_leave) return CannotLeave();
  if (call.reenters) return TrapStatus(TrapCode::kCannotEnter, "cannot enter component instance");
  DAVIT_RETURN_IF_ERROR(CheckEnter(call.entering));
  const Lift& lift = program_.lifts[call.lift.value];
  EnteredInstances instances(*this, call.entering);
  CurrentTask task(*this);
  handles::CallScope scope;
  canon::CallContext from = ContextFor(call.caller_options, scope);
  const auto lower = [&](canon::CallContext& to, std::span<CoreSlot> slots) {
    return canon::TransferParams(*lift.plan, from, caller_slots, to, slots);
  };
  const auto lift_results = [&](canon::CallContext& to, std::span<const CoreSlot> slots) {
    // Before anything is lowered into the caller.
    DAVIT_RETURN_IF_ERROR(CheckBorrows(scope));
    return canon::TransferResult(*lift.plan, to, slots, from, caller_slots);
  };
  const ValuesOfCall values{.reserve = NothingToReserve, .lower = lower, .lift = lift_results};
  return LiftedCall(*this, lift, values, scope, LiftedCall::Extent::kWhole).Run();
}

absl::Status InstanceTree::Do(const CallImport& call, InstanceState& caller,
                              std::span<CoreSlot> slots) {
  if (!caller.may_leave) return CannotLeave();
  const ImportedFunc& import = program_.imports[call.import.value];
  handles::CallScope scope;
  canon::CallContext context = ContextFor(call.caller_options, scope);
  absl::Status status = bindings_.functions[call.import.value]->call(*import.plan, context, slots);
  if (!status.ok()) return FailureOfHost(import, std::move(status));
  DAVIT_RETURN_IF_ERROR(host_resources_.DropBorrows());
  scope.ReleaseLends();
  return absl::OkStatus();
}

// Spec: CanonicalABI.md#canon-resourcenew, #canon-resourcedrop, #canon-resourcerep
absl::Status InstanceTree::Do(const ResourceBuiltin& builtin, InstanceState& caller,
                              std::span<CoreSlot> slots) {
  const handles::StoreResourceId type = program_.resource_types[builtin.resource.value];
  const auto operand = static_cast<uint32_t>(slots[0]);
  if (builtin.op == ResourceOp::kRep) {
    DAVIT_ASSIGN_OR_RETURN(const handles::Rep rep,
                           caller.handles.RepOf(type, handles::HandleIndex(operand)));
    slots[0] = rep.value;
    return absl::OkStatus();
  }
  if (!caller.may_leave) return CannotLeave();
  if (builtin.op == ResourceOp::kDrop) {
    return DropHandle(builtin, caller, handles::HandleIndex(operand));
  }
  DAVIT_ASSIGN_OR_RETURN(const handles::HandleIndex handle,
                         caller.handles.AddOwn(type, handles::Rep(operand)));
  slots[0] = handle.value;
  return absl::OkStatus();
}

absl::Status InstanceTree::DropHandle(const ResourceBuiltin& builtin, InstanceState& caller,
                                      handles::HandleIndex handle) {
  const handles::StoreResourceId type = program_.resource_types[builtin.resource.value];
  DAVIT_ASSIGN_OR_RETURN(const auto dropped, caller.handles.Drop(type, handle));
  if (!dropped.was_own) return absl::OkStatus();
  return RunDestructor(builtin.resource, dropped.rep, builtin.entering);
}

absl::Status InstanceTree::RunDestructor(types::ResourceId id, handles::Rep rep,
                                         const std::vector<InstanceIndex>& entering) {
  DAVIT_RETURN_IF_ERROR(CheckEnter(entering));
  const ResourceInfo& resource = program_.resources[id.value];
  if (!resource.instance) {
    const HostDestructor& on_drop = *bindings_.destructors[id.value];
    return on_drop ? on_drop(rep.value) : absl::OkStatus();
  }
  if (!resource.destructor) return absl::OkStatus();
  EnteredInstances instances(*this, entering);
  CurrentTask task(*this);
  Slots slots{rep.value};
  return store_->Call(*lock_, funcs_[resource.destructor->value], slots);
}

absl::Status InstanceTree::Do(const ContextBuiltin& builtin, InstanceState&,
                              std::span<CoreSlot> slots) {
  uint64_t& value = task_context_[builtin.slot];
  if (builtin.set) {
    value = slots[0];
  } else {
    slots[0] = value;
  }
  return absl::OkStatus();
}

// Spec: CanonicalABI.md#canon-backpressureincdec
absl::Status InstanceTree::Do(const BackpressureBuiltin& builtin, InstanceState& caller,
                              std::span<CoreSlot>) {
  constexpr uint32_t kMax = std::numeric_limits<uint16_t>::max();
  if (builtin.delta > 0 ? caller.backpressure == kMax : caller.backpressure == 0) {
    return TrapStatus(TrapCode::kCanonOther, "backpressure counter out of range");
  }
  caller.backpressure += static_cast<uint32_t>(builtin.delta);
  return absl::OkStatus();
}

absl::Status InstanceTree::Do(const UnsupportedBuiltin& builtin, InstanceState& caller,
                              std::span<CoreSlot>) {
  if (!caller.may_leave) return CannotLeave();
  return base::FeatureError(builtin.name, "this built-in cannot run yet");
}

}  // namespace davit::component
