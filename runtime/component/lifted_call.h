#ifndef DAVIT_RUNTIME_COMPONENT_LIFTED_CALL_H_
#define DAVIT_RUNTIME_COMPONENT_LIFTED_CALL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "runtime/base/limits.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/call_values.h"
#include "runtime/canon/reservation.h"
#include "runtime/component/instance_state.h"
#include "runtime/component/task.h"
#include "runtime/engine/store/store.h"
#include "runtime/link/program.h"

namespace davit::component {

// One call of a lifted function, as steps: realloc for the parameters, the function, its
// post-return. Owns all that there is of it but its values. Spec: CanonicalABI.md#canon-lift
class LiftedCall final : public engine::Steps {
 public:
  // One slot more than the most flat params, for an out-pointer.
  static constexpr size_t kMaxSlots = base::kMaxFlatParams + 1;
  enum class Extent : uint8_t { kToPostReturn, kWhole };

  // All of them outlive it; `values` need not after they have been lifted. `entering`: the
  // instances that this caller enters.
  LiftedCall(RunningProgram& program, HostEntry& entry, const link::Lift& lift,
             const std::vector<link::InstanceIndex>& entering, canon::CallValues& values);

  // Before the first step; kWhole unless set.
  void set_extent(Extent extent) { runs_post_return_ &= extent == Extent::kWhole; }

  // Errors: kCannotEnter, when nothing has happened;
  // those of the values.
  absl::Status Next(engine::Step& step) override;
  absl::Status Failed(uint32_t completed, absl::Status status) override;

  // Carries the steps out in an entry of their own. Once. Errors: those of Next() and of
  // Store::Call. REQUIRES: a Run is active.
  absl::Status Run();
  // After the last step, in whatever way it came: nobody is in a call of it any more.
  void End();
  // The rest after kToPostReturn. REQUIRES: the function has a post-return; a Run is active.
  absl::Status RunPostReturn();

  Task& task() { return task_; }

 private:
  enum class Stage : uint8_t { kBegin, kReserve, kCall, kPostReturn };
  using Slots = std::array<engine::CoreSlot, kMaxSlots>;

  absl::Status Reserve(engine::Step& step);
  void EndReserve(size_t completed, absl::Status failure);
  absl::Status Begin(engine::Step& step);
  absl::Status Return();
  void PostReturn(engine::Step& step);

  std::span<engine::CoreSlot> params() { return std::span(slots_).first(lift_.plan->lift_slots()); }

  RunningProgram& program_;
  const link::Lift& lift_;
  canon::CallValues& values_;
  Task task_;
  canon::CallContext context_;
  Stage stage_ = Stage::kBegin;
  bool runs_post_return_;
  Slots slots_{};
  std::optional<canon::Reservation> reservation_;
  size_t wanted_ = 0;  // areas that are being asked for
  std::optional<NoLeave> no_leave_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_LIFTED_CALL_H_
