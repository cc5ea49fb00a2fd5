#ifndef DAVIT_SERVER_SCHED_TIMER_H_
#define DAVIT_SERVER_SCHED_TIMER_H_

#include <cstdint>
#include <map>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace davit::server {

// Runs short functions at given times, one after the other, on a thread of its own. Thread-safe.
class Timer {
 public:
  using Id = uint64_t;
  using Action = absl::AnyInvocable<void()>;

  Timer();
  ~Timer() { Stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Waits for the action under way; those still due, and those scheduled later, are dropped. Not
  // from within an action.
  void Stop();

  // Runs `action` at `time`, or at once when that is past. It must not block.
  Id Schedule(absl::Time time, Action action);
  // Whether `id` will now never run: false when it has run, is running or was cancelled.
  bool Cancel(Id id);

 private:
  using Key = std::pair<absl::Time, Id>;

  void Loop();
  // The first action that is due, or an empty one when the timer stops; waits in between.
  Action NextDue();

  absl::Mutex mutex_;
  absl::CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Id last_id_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<Key, Action> actions_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<Id, absl::Time> times_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace davit::server

#endif  // DAVIT_SERVER_SCHED_TIMER_H_
