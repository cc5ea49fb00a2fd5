#ifndef DAVIT_RUNTIME_COMPONENT_INSTANCE_STATE_H_
#define DAVIT_RUNTIME_COMPONENT_INSTANCE_STATE_H_

#include <cstdint>
#include <utility>

#include "runtime/handles/handle_budget.h"
#include "runtime/handles/handle_table.h"

namespace davit::component {

// One component instance of a running program. Spec: CanonicalABI.md#component-instance-state
struct InstanceState {
  explicit InstanceState(handles::HandleBudget& budget) : handles(budget) {}
  bool may_enter = true;
  bool may_leave = true;
  uint32_t backpressure = 0;
  handles::HandleTable handles;
};

// Clears an instance's may_leave while its realloc or a post-return runs.
class NoLeave {
 public:
  explicit NoLeave(InstanceState& instance)
      : instance_(instance), may_leave_(std::exchange(instance.may_leave, false)) {}
  ~NoLeave() { instance_.may_leave = may_leave_; }
  NoLeave(const NoLeave&) = delete;
  NoLeave& operator=(const NoLeave&) = delete;

 private:
  InstanceState& instance_;
  const bool may_leave_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INSTANCE_STATE_H_
