#ifndef DAVIT_SERVER_INSTANCES_AIM_H_
#define DAVIT_SERVER_INSTANCES_AIM_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "runtime/component/instance.h"

namespace davit::server {

// The instance that a task is at work on, which another thread may want to end: it is there for as
// long as the aim is set. Thread-safe.
class Aim {
 public:
  // Null: none any more.
  void Set(component::Instance* instance) {
    absl::MutexLock lock(mutex_);
    instance_ = instance;
  }
  // Ends what runs in it, if anything does.
  void Terminate(engine::Termination why) {
    absl::MutexLock lock(mutex_);
    if (instance_ != nullptr) instance_->Terminate(why);
  }

 private:
  absl::Mutex mutex_;
  component::Instance* instance_ ABSL_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_INSTANCES_AIM_H_
