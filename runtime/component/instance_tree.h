#ifndef DAVIT_RUNTIME_COMPONENT_INSTANCE_TREE_H_
#define DAVIT_RUNTIME_COMPONENT_INSTANCE_TREE_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "runtime/base/limits.h"
#include "runtime/canon/call_context.h"
#include "runtime/canon/func_plan.h"
#include "runtime/canon/reservation.h"
#include "runtime/canon/steps.h"
#include "runtime/component/host_resources.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker_impl.h"
#include "runtime/component/program.h"
#include "runtime/engine/store.h"
#include "runtime/handles/handle_table.h"

namespace davit::component {

// The values of one call, in whatever form the caller has them.
struct ValuesOfCall {
  // Notes the areas that lowering is going to want. Asked only where there may be many.
  absl::FunctionRef<absl::Status(canon::StringEncoding, canon::Reservation&)> reserve;
  // Writes the core params.
  absl::FunctionRef<absl::Status(canon::CallContext&, std::span<canon::CoreSlot>)> lower;
  // Reads the core results.
  absl::FunctionRef<absl::Status(canon::CallContext&, std::span<const canon::CoreSlot>)> lift;
};

// A program running in a store: the component instances of one tree with their handle tables and
// flags, and everything that crosses between them, their core code and the host. It knows nothing
// of poisoning or deferral: after an error nobody may call it again. Everything needs the cell's
// lock, which Entered makes known. Not thread-safe but for Terminate().
class InstanceTree final : public engine::HostImports, public canon::RunWatch {
 public:
  // One slot more than the most flat params, for an out-pointer.
  static constexpr size_t kMaxSlots = base::kMaxFlatParams + 1;
  using Slots = std::array<engine::CoreSlot, kMaxSlots>;

  // Task-local storage of a task. Spec: CanonicalABI.md#canon-contextget
  using TaskContext = std::array<uint64_t, 2>;

  // What a call left for its post-return, which is part of the same task: the core results.
  struct PostReturnArgs {
    Slots results{};
    TaskContext context{};
  };

  // `program` and what `bindings` point to must outlive the tree.
  InstanceTree(const Program& program, HostBindings bindings, const InstanceLimits& limits);
  ~InstanceTree() override;

  // Makes the store and runs every step of instantiation.
  absl::Status Instantiate(engine::CellLock& lock, std::shared_ptr<const engine::ShimModule> shims,
                           absl::Time deadline);

  // As Store::MakeRestorable and Store::Restore, with the state of component instances: handle
  // tables, flags, and what the host holds.
  absl::StatusOr<bool> MakeRestorable(engine::CellLock& lock);
  absl::StatusOr<bool> Restore(engine::CellLock& lock);

  // Calls a lifted function from the host, up to and with lifting its results. FinishCall() must
  // follow. Spec: CanonicalABI.md#canon-lift
  absl::Status StartCall(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                         const ValuesOfCall& values, PostReturnArgs& post_return);
  // Runs its post-return, if it has one, and lets the tree be entered again.
  absl::Status FinishCall(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                          const PostReturnArgs& post_return);
  // Both at once, under one deadline.
  absl::Status Call(engine::CellLock& lock, const Lift& lift, absl::Time deadline,
                    const ValuesOfCall& values);

  // Resources that the host holds.
  HostResources& host_resources() { return host_resources_; }
  // Runs the destructor of one that was removed from them.
  absl::Status Destroy(engine::CellLock& lock, const handles::OwnedResource& owned,
                       absl::Time deadline);

  absl::Status HostCall(uint32_t index, std::span<engine::CoreSlot> slots) override;
  // REQUIRES: a call is under way.
  absl::Status CheckRun() override { return store_->CheckRun(*lock_); }

  // Thread-safe, from the beginning.
  void Terminate(engine::Termination why) {
    if (engine::Store* store = published_store_.load(std::memory_order_acquire)) {
      store->Terminate(why);
    }
  }
  // Thread-safe once instantiated.
  uint64_t memory_bytes() const { return store_->memory_bytes(); }
  // As Store::ended(). OK before there is a store.
  absl::Status ended() const { return store_ == nullptr ? absl::OkStatus() : store_->ended(); }

 private:
  // The guest memory and realloc of one set of canonical options.
  class OptionsMemory;

  struct InstanceState {
    explicit InstanceState(handles::HandleBudget& budget) : handles(budget) {}
    bool may_enter = true;
    bool may_leave = true;
    uint32_t backpressure = 0;
    handles::HandleTable handles;
  };
  class EnteredInstances;
  class CurrentTask;
  class NoLeave;
  class LiftedCall;

  void MakeInstances();
  absl::Status RunSteps();
  absl::Status Perform(const InstantiateModule& step);
  absl::Status Perform(const ResolveFunc& step);
  absl::Status Perform(const ResolveMemory& step);
  absl::StatusOr<engine::ExternId> Resolve(const CoreItem& item);

  absl::Status CheckEnter(const std::vector<InstanceIndex>& entering) const;
  canon::CallContext ContextFor(OptionsIndex options, handles::CallScope& scope);

  absl::Status Do(const CallLift& call, InstanceState& caller, std::span<engine::CoreSlot> slots);
  absl::Status Do(const CallImport& call, InstanceState& caller, std::span<engine::CoreSlot> slots);
  absl::Status Do(const ResourceBuiltin& builtin, InstanceState& caller,
                  std::span<engine::CoreSlot> slots);
  absl::Status Do(const ContextBuiltin& builtin, InstanceState& caller,
                  std::span<engine::CoreSlot> slots);
  absl::Status Do(const BackpressureBuiltin& builtin, InstanceState& caller,
                  std::span<engine::CoreSlot> slots);
  absl::Status Do(const UnsupportedBuiltin& builtin, InstanceState& caller,
                  std::span<engine::CoreSlot> slots);
  absl::Status DropHandle(const ResourceBuiltin& builtin, InstanceState& caller,
                          handles::HandleIndex handle);
  absl::Status RunDestructor(types::ResourceId resource, handles::Rep rep,
                             const std::vector<InstanceIndex>& entering);

  const Program& program_;
  const HostBindings bindings_;
  const InstanceLimits limits_;
  handles::HandleBudget handle_budget_;
  std::vector<InstanceState> instances_;
  std::vector<OptionsMemory> options_;  // by OptionsIndex
  HostResources host_resources_;
  TaskContext task_context_{};  // of the current task
  uint64_t copy_budget_ = 0;

  std::vector<engine::CoreInstanceId> core_instances_;
  std::vector<engine::FuncId> funcs_;
  std::vector<engine::MemoryId> memories_;
  std::unique_ptr<engine::Store> store_;
  std::atomic<engine::Store*> published_store_ = nullptr;  // the same, for Terminate()

  // Of the thread that is inside now; null when nobody is.
  engine::CellLock* lock_ = nullptr;
  class Entered;
};

}  // namespace davit::component

#endif  // DAVIT_RUNTIME_COMPONENT_INSTANCE_TREE_H_
