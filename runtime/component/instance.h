#ifndef DAVIT_RUNTIME_COMPONENT_INSTANCE_H_
#define DAVIT_RUNTIME_COMPONENT_INSTANCE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/vals/vals.h"
#include "runtime/component/component.h"
#include "runtime/component/linked_component.h"
#include "runtime/component/linker.h"
#include "runtime/engine/cell/cell.h"
#include "runtime/engine/store/store.h"
#include "runtime/handles/handle_budget.h"

namespace davit::component {

class Func;

struct InstanceLimits {
  uint64_t memory_bytes = 256ull << 20;  // each linear memory
  // In the tables of all component instances and of the host together (handles::HandleBudget).
  uint32_t handles = 1'000'000;
  // The same of all instances that have it in their limits; null: no limit. Must outlive them.
  handles::HandleQuota* all_handles = nullptr;
  uint64_t host_copy_bytes = 128ull << 20;  // guest to host, per call
  uint64_t table_elements = 4'000'000;      // that all its tables together may grow to
};

using HostStateFactory = std::function<std::unique_ptr<HostState>()>;

enum class PostReturnMode : uint8_t { kAutomatic, kDeferred };

// A resource of an instance that its caller holds.
struct HeldResource {
  std::string name;
  std::string type;  // as the world exports it ("acme:store/kv#bucket"), or empty
  // When it was made, lent to a call or renewed last.
  absl::Time last_used;
};

// How far a call has come.
enum class Progress : uint8_t { kEnded, kWaiting };

// Who hears of the end of a call that has waited.
class CallSink {
 public:
  virtual ~CallSink() = default;
  // With what Instance::Call would have returned. Under the lock of the cell; may start the next
  // call.
  virtual void Ended(absl::Status status) = 0;
};

// Where a caller has room for the results of one call.
class ResultRoom {
 public:
  virtual ~ResultRoom() = default;
  // Whether so many more bytes of host memory may be taken for them. Asked while they are lifted,
  // before anything is allocated, when what was granted before is used up.
  virtual bool Take(uint64_t bytes) = 0;
};

// A component instance in a store of its own. Whatever takes a CellLock needs the lock of the cell
// it was created in; the rest is thread-safe.
//
// After a trap, or a result that cannot be lifted, it is poisoned for ever. A rejected argument
// changes nothing. Spec: CanonicalABI.md#canon-lift, Explainer.md#component-invariants
class Instance {
 public:
  // An instance of which nothing exists yet: Instantiate() comes next, and meanwhile only
  // Terminate(). Needs no lock. `component` is kept.
  // `make_state`: makes what the host keeps for it, now and at each Restore(); it ends after the
  // store. Null: nothing.
  static std::unique_ptr<Instance> Prepare(std::shared_ptr<const LinkedComponent> component,
                                           const InstanceLimits& limits,
                                           HostStateFactory make_state = nullptr);
  // Instantiates everything in order and runs core start functions, all within `deadline`. Once; of
  // no use after an error: traps; LimitError; DEADLINE_EXCEEDED; CANCELLED.
  absl::Status Instantiate(engine::CellLock& lock, absl::Time deadline);
  // Both, and LinkedComponent::Link before, where nobody is to end it but the deadline. Errors:
  // also UnsatisfiedImportsError.
  static absl::StatusOr<std::unique_ptr<Instance>> Create(
      engine::CellLock& lock, std::shared_ptr<const Component> component,
      std::shared_ptr<const Linker> linker, const InstanceLimits& limits, absl::Time deadline);
  // Destructors of resources are not run. Needs no lock.
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const Component& component() const;
  // As LinkedComponent::MayWait.
  bool MayWait(ExportFuncId func) const;

  // What `make_state` of Prepare() has made last; null without. Until the next Restore().
  HostState* host_state(engine::CellLock& lock) const;

  // Whether it can be brought back to how it is now, right after its creation, with Restore(). To
  // be asked once, before the first call. False for a component whose code can change more than
  // memories and globals of numbers, or has start functions. Errors: RESOURCE_EXHAUSTED.
  absl::StatusOr<bool> MakeRestorable(engine::CellLock& lock);
  // Takes back all that its calls have done: nothing can tell it from a new one. False when that
  // cannot be done (it is poisoned, waits for post-return, or a memory has grown): it is of no use
  // then. REQUIRES: MakeRestorable was true. Errors: RESOURCE_EXHAUSTED, likewise.
  absl::StatusOr<bool> Restore(engine::CellLock& lock);

  // Calls an export. `args` are checked first (ArgumentError, nothing ran). `results` gets none or
  // one Val and may be on an arena. With kDeferred the instance then needs PostReturn.
  // Errors: ArgumentError; FAILED_PRECONDITION when poisoned or waiting for post-return;
  // FeatureError for a function that cannot run yet; a trap; the status of a host function that
  // failed; DEADLINE_EXCEEDED, CANCELLED. All but the first three poison.
  // With `room`, results take what it grants beside some KiB: LimitError "result_room" where that
  // is not enough. The call has run all the same, with its post-return, and does not poison; what
  // it returned is gone.
  absl::Status Call(engine::CellLock& lock, ExportFuncId func, const canon::ValArgs& args,
                    canon::ValArgs& results, absl::Time deadline,
                    PostReturnMode mode = PostReturnMode::kAutomatic, ResultRoom* room = nullptr);
  // The same, but returns where the guest waits for a host function that answers later: `sink` is
  // told when the call has ended, then or not at all. Meanwhile the instance is held: whatever else
  // needs it fails with FAILED_PRECONDITION. `args`, `results`, `room` and `sink` must live until
  // the end, or as long as the instance. Whatever fails before the guest is entered, beside the
  // errors of Call LimitError "parked_stacks", changes nothing.
  absl::StatusOr<Progress> StartCall(engine::CellLock& lock, ExportFuncId func,
                                     const canon::ValArgs& args, canon::ValArgs& results,
                                     absl::Time deadline, CallSink& sink,
                                     PostReturnMode mode = PostReturnMode::kAutomatic,
                                     ResultRoom* room = nullptr);
  // Goes on with the call that waits, if one does and has been answered; ends it if it is to be
  // ended, or if it is `now` too late. To be called when the waker was, and at the call's deadline;
  // within what a guest of the cell has called it does nothing.
  Progress Drive(engine::CellLock& lock, absl::Time now);
  // Called when Drive() has something to do, from any thread, which it must not hold up; it must
  // not call the instance. Before the first call. Call() needs none: its thread waits.
  void SetWaker(std::function<void()> waker);
  // Whether a call waits. Thread-safe.
  bool is_waiting() const;
  // Completes a deferred call. FAILED_PRECONDITION when poisoned, when none is pending or it was of
  // another function; a trap poisons.
  absl::Status PostReturn(engine::CellLock& lock, ExportFuncId func, absl::Time deadline);

  // Resources that this instance's caller holds have names that begin with `prefix` (before: with
  // "resource/"), and are never used twice. Call it before the first call.
  void SetResourcePrefix(std::string prefix);
  // The resources held now, oldest first: at most `max` of them, after the one named `after`, which
  // need not be held any more.
  std::vector<HeldResource> Resources(engine::CellLock& lock, std::string_view after = {},
                                      size_t max = ~size_t{0}) const;
  bool holds_resources(engine::CellLock& lock) const;
  struct IdleResources {
    std::vector<HeldResource> resources;
    absl::Time next = absl::InfiniteFuture();
  };
  // At most `max` resources that were last used at or before `time`, oldest first, and when the
  // first of all others was used (InfiniteFuture when there is none).
  IdleResources ResourcesIdleSince(engine::CellLock& lock, absl::Time time, size_t max) const;
  // Notes that a held resource is used now, and returns it. NOT_FOUND.
  absl::StatusOr<HeldResource> RenewResource(engine::CellLock& lock, std::string_view name);
  // Drops a held resource: its destructor runs. NOT_FOUND; FAILED_PRECONDITION when poisoned,
  // waiting for post-return, or asked for by a host function that the instance has called; a trap
  // poisons.
  absl::Status DropResource(engine::CellLock& lock, std::string_view name, absl::Time deadline);

  // Ends what is running now, be it its instantiation, or nothing. Thread-safe.
  void Terminate(engine::Termination why);

  // Thread-safe.
  bool needs_post_return() const;
  // OK, or why it is poisoned: the first trap. It may also be ended between its calls, with
  // kHeapLimit, when it has more of its cell's heap than others leave.
  absl::Status poison() const;
  uint64_t memory_bytes() const;

  // The export by name, to call it directly; lives no longer than this.
  absl::StatusOr<Func> GetFunc(std::string_view name);

 private:
  friend class Func;
  class Impl;
  explicit Instance(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INSTANCE_H_
