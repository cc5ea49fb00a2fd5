#ifndef DAVIT_RUNTIME_COMPONENT_LIFTED_CALL_H_
#define DAVIT_RUNTIME_COMPONENT_LIFTED_CALL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "absl/status/status.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/reservation.h"
#include "runtime/component/instance_tree.h"
#include "runtime/component/program.h"
#include "runtime/component/tree_scopes.h"
#include "runtime/engine/store.h"
#include "runtime/handles/handle_table.h"

namespace davit::component {

// Traps while the callee still has borrows. Spec: CanonicalABI.md#canon-lift
absl::Status CheckBorrows(const handles::CallScope& scope);

// One call of a lifted function, in one entry of the guest as far as that can be: realloc for the
// parameters, the function, its post-return. Stack only.
// Spec: CanonicalABI.md#canon-lift
class InstanceTree::LiftedCall final : public engine::CallSeries {
 public:
  enum class Extent : uint8_t { kWithoutPostReturn, kWhole };

  // All of them outlive this. `scope` is that of both sides' borrows.
  LiftedCall(InstanceTree& tree, const Lift& lift, const ValuesOfCall& values,
             handles::CallScope& scope, Extent extent);

  absl::Status Run();
  // The core results, for post-return.
  const Slots& results() const { return slots_; }

 private:
  enum class Stage : uint8_t { kBegin, kReserve, kCall, kPostReturn };

  absl::Status Next(engine::CoreCalls& calls) override;
  absl::Status Failed(uint32_t completed, absl::Status status) override;

  absl::Status Reserve(engine::CoreCalls& calls);
  void EndReserve(size_t completed, absl::Status failure);
  absl::Status Enter(engine::CoreCalls& calls);
  absl::Status Return();
  void PostReturn(engine::CoreCalls& calls);

  const Options& options() const { return tree_.program_.options[lift_.options.value]; }
  InstanceState& instance() const { return tree_.instances_[lift_.instance.value]; }
  std::span<engine::CoreSlot> params() { return std::span(slots_).first(lift_.plan->lift_slots()); }

  InstanceTree& tree_;
  const Lift& lift_;
  const ValuesOfCall& values_;
  handles::CallScope& scope_;
  canon::CallContext context_;
  const bool has_post_return_;
  Stage stage_ = Stage::kBegin;
  Slots slots_{};
  std::optional<canon::Reservation> reservation_;
  size_t wanted_ = 0;  // areas that are being asked for
  std::optional<NoLeave> no_leave_;
  std::optional<CurrentTask> task_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LIFTED_CALL_H_
