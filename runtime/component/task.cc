#include "runtime/component/task.h"

#include "runtime/base/trap.h"
#include "runtime/component/running_program.h"

namespace davit::component {

absl::Status Task::Enter() {
  for (const link::InstanceIndex i : entering_) {
    if (!program_.instance(i).may_enter) {
      return base::TrapStatus(base::TrapCode::kCannotEnter, "cannot enter component instance");
    }
  }
  SetMayEnter(false);
  caller_ = program_.current_task();
  program_.set_current_task(this);
  is_entered_ = true;
  return absl::OkStatus();
}

void Task::Leave() {
  if (!is_entered_) return;
  is_entered_ = false;
  program_.set_current_task(caller_);
  SetMayEnter(true);
}

void Task::SetMayEnter(bool may_enter) {
  for (const link::InstanceIndex i : entering_) program_.instance(i).may_enter = may_enter;
}

canon::CallContext Task::ContextFor(link::OptionsIndex options) {
  const link::Program& program = program_.program();
  const link::Options& o = program.options[options.value];
  return canon::CallContext{.memory = &program_.options_memory(options),
                            .encoding = o.encoding,
                            .handles = &program_.instance(o.instance).handles,
                            .scope = &scope_,
                            .instance = o.instance.value,
                            .resource_definers = program.resource_definers,
                            .host_handles = &program_.host_resources(),
                            .host_state = program_.host_state(),
                            .copy_budget = &entry_.copy_budget,
                            .watch = &program_};
}

absl::Status Task::CheckBorrows() const {
  if (scope_.num_borrows() == 0) [[likely]]
    return absl::OkStatus();
  return base::TrapStatus(base::TrapCode::kBorrowsOutstanding,
                          "borrow handles still remain at the end of the call");
}

}  // namespace davit::component
