#ifndef DAVIT_RUNTIME_ENGINE_STORE_STEPS_H_
#define DAVIT_RUNTIME_ENGINE_STORE_STEPS_H_

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "absl/status/status.h"
#include "runtime/base/core_slot.h"
#include "runtime/base/stack_arena.h"
#include "runtime/engine/store/ids.h"

// How C++ has guest code called without being on the stack meanwhile: it tells generated code what
// to do next, and returns. A guest that calls the host, which calls another guest, has wasm frames
// and nothing else on its stack, and its trap unwinds all of them at once.
namespace davit::engine {

using base::CoreSlot;

// What generated code does next.
struct Step {
  enum class Kind : uint8_t {
    kEnd,    // the steps are over
    kCalls,  // calls of one core function, one after the other
    kPark    // waits, on a fiber: the next step is asked for when it is entered again
  };
  // Most calls in one step.
  static constexpr uint32_t kMaxCount = 512;

  Kind kind = Kind::kEnd;
  FuncId func;
  // 1 to kMaxCount; more than 1 only of a function that causes no calls back into the cell.
  uint32_t count = 1;
  // As many for each call as its params or results need, whichever are more; params in, results
  // out.
  std::span<CoreSlot> slots;
  // The end follows: a crossing is saved where these are the outermost steps.
  bool last = false;
};

// What happens in one crossing from C++ into the guest or back. One entry of the guest costs as
// much as three steps, or ten of those that repeat the one before.
class Steps {
 public:
  virtual ~Steps() = default;
  // Sets `step`, which comes as an end. The results of the step before are in its slots. Runs in
  // the middle of guest code and may call the guest itself, where that calls nobody else. After an
  // end or a failure it is not called again.
  virtual absl::Status Next(Step& step) = 0;
  // Of the calls of the last step, `completed` returned before one failed; the results of those are
  // in their slots. Returns the status that the steps end with, for those around them. It is the
  // end.
  virtual absl::Status Failed(uint32_t completed, absl::Status status) = 0;
};

// One call of a host import by a guest.
class HostFrame {
 public:
  HostFrame(std::span<CoreSlot> slots, base::StackArena& arena, bool can_park)
      : slots_(slots), arena_(arena), begin_(arena.mark()), can_park_(can_park) {}
  ~HostFrame() {
    if (steps_ == nullptr) return;
    std::destroy_at(steps_);
    arena_.Release(begin_);
  }
  HostFrame(const HostFrame&) = delete;
  HostFrame& operator=(const HostFrame&) = delete;

  // Params in, result out to slots()[0]. Valid until the guest goes on, also across guest calls.
  std::span<CoreSlot> slots() const { return slots_; }

  // Whether steps may wait (Step::Kind::kPark): the guest is on a fiber, and nothing but generated
  // code is between it and the bottom.
  bool can_park() const { return can_park_; }

  // Steps of class S come before the guest goes on. They are made of `args`, and destroyed when
  // they are over, or when what is around them fails. At most once.
  template <typename S, typename... Args>
  void Continue(Args&&... args) {
    void* const memory = arena_.Allocate(sizeof(S), alignof(S));
    steps_ = std::construct_at(static_cast<S*>(memory), std::forward<Args>(args)...);
  }

  // For the store: the steps, if there are any, and what the arena goes back to after them.
  bool continues() const { return steps_ != nullptr; }
  Steps& TakeSteps() { return *std::exchange(steps_, nullptr); }
  base::StackArena::Mark begin() const { return begin_; }

 private:
  const std::span<CoreSlot> slots_;
  base::StackArena& arena_;
  const base::StackArena::Mark begin_;
  const bool can_park_;
  Steps* steps_ = nullptr;
};

// The C++ side of the guest's host imports.
class HostImports {
 public:
  virtual ~HostImports() = default;
  // The guest called host import `index` of the ShimSpec. A failure ends the guest: the innermost
  // Store::Call returns that status, with the wasm frames added when it is a trap. May call the
  // store itself, where that calls nobody else.
  virtual absl::Status HostCall(uint32_t index, HostFrame& frame) = 0;
};

}  // namespace davit::engine

#endif  // DAVIT_RUNTIME_ENGINE_STORE_STEPS_H_
