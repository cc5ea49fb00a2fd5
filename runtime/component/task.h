#ifndef DAVIT_RUNTIME_COMPONENT_TASK_H_
#define DAVIT_RUNTIME_COMPONENT_TASK_H_

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "runtime/canon/call_context.h"
#include "runtime/component/instance_state.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/handles/handle_table.h"
#include "runtime/link/program.h"

namespace davit::component {

class RunningProgram;

// What the host has given to one of its calls, and so to all tasks that the call leads to.
struct HostEntry {
  engine::CellLock* lock = nullptr;  // of the thread that runs them now
  uint64_t copy_budget = 0;          // CallContext::copy_budget
  absl::Time deadline = absl::InfiniteFuture();
};

// One call of a component instance, by the host or by another instance: what holds of it and of no
// other. Belongs to the thread that has the cell.
// Spec: CanonicalABI.md#task-state
class Task {
 public:
  // Task-local storage. Spec: CanonicalABI.md#canon-contextget
  using Storage = std::array<uint64_t, 2>;

  // All of them outlive it. `entering`: the instances that are entered by the call; in none of them
  // may another call be under way.
  Task(RunningProgram& program, HostEntry& entry, const std::vector<link::InstanceIndex>& entering)
      : program_(program), entry_(entry), entering_(entering) {}
  ~Task() { Leave(); }
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  // Makes it the program's current task, in the place of its caller, until Leave(). Traps with
  // kCannotEnter where an instance has been entered already; nothing has changed then.
  absl::Status Enter();
  // The caller is the current task again, and the instances may be entered; nothing if it was not
  // entered.
  void Leave();

  HostEntry& entry() const { return entry_; }
  engine::CellLock& lock() const { return *entry_.lock; }
  Storage& storage() { return storage_; }
  // Of the borrows that are passed to it, and of those that are lent for it by its caller.
  handles::CallScope& scope() { return scope_; }
  // The side of the instance whose canonical options these are, in this call.
  canon::CallContext ContextFor(link::OptionsIndex options);

  // Traps while there are borrows that it was passed. Spec: CanonicalABI.md#canon-taskreturn
  absl::Status CheckBorrows() const;

 private:
  void SetMayEnter(bool may_enter);

  RunningProgram& program_;
  HostEntry& entry_;
  const std::vector<link::InstanceIndex>& entering_;
  Task* caller_ = nullptr;  // while it is entered; null: the host
  bool is_entered_ = false;
  Storage storage_{};
  handles::CallScope scope_;
};

// Empty task-local storage for a task until the end of a scope: each realloc is a task of its own.
class FreshStorage {
 public:
  explicit FreshStorage(Task& task)
      : task_(task), saved_(std::exchange(task.storage(), Task::Storage{})) {}
  ~FreshStorage() { task_.storage() = saved_; }
  FreshStorage(const FreshStorage&) = delete;
  FreshStorage& operator=(const FreshStorage&) = delete;

 private:
  Task& task_;
  const Task::Storage saved_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_TASK_H_
