#ifndef DAVIT_RUNTIME_COMPONENT_TREE_SCOPES_H_
#define DAVIT_RUNTIME_COMPONENT_TREE_SCOPES_H_

#include <utility>
#include <vector>

#include "runtime/component/instance_tree.h"

// What holds of an instance tree while a call is under way, each undone at the end of its scope.
// Internal to the tree.

namespace davit::component {

// Makes a thread's lock known to callbacks while it is inside.
class InstanceTree::Entered {
 public:
  Entered(InstanceTree& tree, engine::CellLock& lock) : tree_(tree) { tree.lock_ = &lock; }
  ~Entered() { tree_.lock_ = nullptr; }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  InstanceTree& tree_;
};

// Clears may_enter of the instances that a call enters, until it returns.
class InstanceTree::EnteredInstances {
 public:
  EnteredInstances(InstanceTree& tree, const std::vector<InstanceIndex>& entering)
      : tree_(tree), entering_(entering) {
    Set(false);
  }
  ~EnteredInstances() { Set(true); }
  EnteredInstances(const EnteredInstances&) = delete;
  EnteredInstances& operator=(const EnteredInstances&) = delete;

 private:
  void Set(bool may_enter) {
    for (InstanceIndex i : entering_) tree_.instances_[i.value].may_enter = may_enter;
  }
  InstanceTree& tree_;
  const std::vector<InstanceIndex>& entering_;
};

// A new task with empty task-local storage, until it ends.
class InstanceTree::CurrentTask {
 public:
  explicit CurrentTask(InstanceTree& tree)
      : tree_(tree), caller_(std::exchange(tree.task_context_, TaskContext{})) {}
  ~CurrentTask() { tree_.task_context_ = caller_; }
  CurrentTask(const CurrentTask&) = delete;
  CurrentTask& operator=(const CurrentTask&) = delete;

 private:
  InstanceTree& tree_;
  const TaskContext caller_;
};

// Clears an instance's may_leave while its realloc or a post-return runs.
class InstanceTree::NoLeave {
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

#endif  // DAVIT_RUNTIME_COMPONENT_TREE_SCOPES_H_
