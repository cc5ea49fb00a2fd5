#ifndef DAVIT_RUNTIME_ENGINE_CELL_FIBERS_H_
#define DAVIT_RUNTIME_ENGINE_CELL_FIBERS_H_

#include <v8.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "runtime/base/stack_arena.h"
#include "runtime/engine/cell/trap_report.h"
#include "runtime/engine/code/shim_encoder.h"
#include "runtime/engine/process/live_budget.h"
#include "runtime/engine/process/stack_budget.h"

// Stacks of their own for guest code (V8's JSPI), which can be left in the middle and entered again
// by whichever thread has the cell. What V8 makes of them decides the rules here:
//
// - One is entered at a time, and never from a callback of another one: each time would take a
//   piece of the thread's stack until the outer one parks.
// - Whoever is resumed while a termination is pending is lost: V8 forgets the microtask that it is.
//   So nobody may be terminated before FiberUser::Wake, nor after the answer kPark.
// - V8 never frees a parked stack that nobody resumes: it must be ended.
namespace davit::engine {

// Whose guest code runs on a fiber. Everything needs the cell's lock.
class FiberUser {
 public:
  virtual ~FiberUser() = default;
  // The stack has been entered; comes before any other callback.
  virtual void Wake() = 0;
  // What the bottom of the stack does next: at first, when the series that it ran has returned, and
  // after a park. kPark without anything under way leaves it idle; kDone ends the stack.
  virtual ShimOp Job() = 0;
  // What runs is about to park. A failure is its end instead.
  virtual absl::Status Park() = 0;
  // Why it was entered again if not to go on, once.
  virtual absl::Status TakeFailure() = 0;
};

// One of these stacks: new, parked (idle or not), or dead. Destroyed under the cell's lock; not
// while it is parked, unless the isolate goes too.
class FiberStack {
 public:
  // What goes with whoever uses it, here to be used again: memory for steps, and for the frames of
  // the scratch memory while it does not run. Empty while it is idle.
  static constexpr size_t kChunkBytes = 1024;  // an import and the steps after it
  base::StackArena arena{kChunkBytes};
  std::vector<uint8_t> frames;

  bool is_parked() const { return !resolver_.IsEmpty(); }

 private:
  friend class Fibers;
  LiveBudget::Share share_;      // while it is in use
  const void* owner_ = nullptr;  // likewise
  FiberStack* next_ = nullptr;   // likewise, of those in use
  FiberStack* previous_ = nullptr;
  v8::Global<v8::Promise::Resolver> resolver_;  // while it is parked
  v8::Global<v8::Promise> end_;                 // rejected with what its code has thrown
};

// The fibers of one cell. Everything needs its lock but what says otherwise.
class Fibers {
 public:
  // Measured (fiber_facts_test), and what one costs V8 in each collection beside its memory.
  static constexpr uint64_t kTerminatedBytes = 456, kLostBytes = 1 << 20;
  // Idle stacks that are kept.
  static constexpr size_t kMaxIdle = 64;

  // `scratch` and `table` are those of the cell's shims. At most `max_stacks` of `budget`, which
  // must outlive it, are in use at a time.
  static absl::StatusOr<std::unique_ptr<Fibers>> Create(v8::Local<v8::Context> context,
                                                        v8::Local<v8::Value> scratch,
                                                        v8::Local<v8::Value> table,
                                                        uint32_t max_stacks, StackBudget& budget);
  Fibers(const Fibers&) = delete;
  Fibers& operator=(const Fibers&) = delete;

  // The wasm function that shims import to park.
  v8::Local<v8::Value> park() const { return park_.Get(isolate_); }

  // An idle stack, or a new one, for the code of `owner`. Errors: LimitError "parked_stacks" or
  // "stack_bytes".
  absl::StatusOr<std::unique_ptr<FiberStack>> Take(const void* owner);
  // Takes an idle or dead one back.
  void Return(std::unique_ptr<FiberStack> stack);
  // The same of one in whatever state, which Sweep() ends if it is parked in the middle. No guest
  // code of it may run ever again. Thread-safe.
  void Bury(std::unique_ptr<FiberStack> stack, bool is_idle);
  bool has_buried() const { return has_buried_.load(std::memory_order_acquire); }
  // Whether Sweep() has something to do, or a collection would be worth its time.
  bool needs_sweep() const {
    return has_buried() || idle_.size() > most_idle() || has_ended_many();
  }
  // V8 keeps the pages of stacks that have ended until its next full collection, which walks all
  // that are in use.
  bool has_ended_many() const { return ended_ > 1024 + taken_; }
  void ForgetEnded() { ended_ = 0; }
  // Ends at most `most` of those and of idle ones that are too many, some 8 us each. REQUIRES: no
  // guest code runs, no termination is pending.
  void Sweep(size_t most);

  // Ends what is parked of the code of `owner`: none of it runs ever again. What is on these stacks
  // is garbage then; they are still whose they were. REQUIRES: as Sweep().
  void EndAllOf(const void* owner);

  enum class Exit : uint8_t {
    kParked,
    kThrown,  // or ended, or terminated; it is dead
    kLost     // never woke: V8 has forgotten it
  };
  // Enters a stack until it parks or dies. `thrown` tells what it died of. REQUIRES: not in a
  // callback of a fiber; no termination is pending; a handle scope.
  Exit Enter(FiberStack& stack, FiberUser& user, Thrown& thrown);
  // Whether a stack has been entered.
  bool is_running() const { return running_ != nullptr; }
  // To be called before anything else by every callback of generated code.
  void WakeIfEntered() {
    if (entered_ != nullptr) [[unlikely]]
      std::exchange(entered_, nullptr)->Wake();
  }

  // Stacks in use.
  uint32_t taken() const { return taken_; }
  // What V8 never gives back: some heap for each guest that was terminated on a fiber, and a stack
  // for each that was lost.
  uint64_t lost_bytes() const { return terminated_ * kTerminatedBytes + lost_ * kLostBytes; }

 private:
  Fibers(v8::Isolate* isolate, uint32_t max_stacks, StackBudget& budget)
      : isolate_(isolate), max_stacks_(max_stacks), budget_(budget) {}
  absl::Status Init(v8::Local<v8::Context> context, v8::Local<v8::Value> scratch,
                    v8::Local<v8::Value> table);
  void Begin(FiberStack& stack);
  void Resume(FiberStack& stack);
  void End(FiberStack& stack);
  size_t most_idle() const { return budget_.exceeded() ? 0 : kMaxIdle; }
  void Reclaim();
  static void OnJob(const v8::FunctionCallbackInfo<v8::Value>& info);
  static void OnSuspend(const v8::FunctionCallbackInfo<v8::Value>& info);

  v8::Isolate* const isolate_;
  const uint32_t max_stacks_;
  StackBudget& budget_;
  v8::Global<v8::Function> main_, park_;
  std::vector<std::unique_ptr<FiberStack>> idle_;
  FiberStack* in_use_ = nullptr;  // the first
  FiberStack* running_ = nullptr;
  FiberUser* user_ = nullptr;     // of the running one
  FiberUser* entered_ = nullptr;  // the same, until it wakes
  uint32_t taken_ = 0;
  size_t ended_ = 0;
  uint64_t terminated_ = 0, lost_ = 0;

  absl::Mutex buried_mutex_;
  std::vector<std::unique_ptr<FiberStack>> buried_ ABSL_GUARDED_BY(buried_mutex_);
  std::vector<std::unique_ptr<FiberStack>> buried_idle_ ABSL_GUARDED_BY(buried_mutex_);
  std::atomic<bool> has_buried_ = false;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_CELL_FIBERS_H_
