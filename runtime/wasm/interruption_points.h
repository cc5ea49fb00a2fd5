#ifndef DAVIT_RUNTIME_WASM_INTERRUPTION_POINTS_H_
#define DAVIT_RUNTIME_WASM_INTERRUPTION_POINTS_H_

#include <cstdint>
#include <vector>

#include "runtime/wasm/core_instructions.h"

// V8 ends guest code where it looks at its stack limit, and that is not everywhere: at the head of
// a loop, but not before the first turn of one that the optimised tier has peeled; at the entry of
// a function, but in the optimised tier not of one that calls nothing, nor of one that leaves by
// tail calls only, which may then call each other for ever. What runs in between cannot be ended.
//
// An empty loop is a place where it looks, in either tier (kLook). This decides where a body
// needs some of them, so that what runs from one to the next is bounded.
namespace davit::wasm {

// loop end, of the type [] -> []: valid in front of any instruction, and without an effect.
inline constexpr uint8_t kLook[] = {0x03, 0x40, 0x0b};

// What instructions may take, in nanoseconds on a slow machine: not what they take mostly, but what
// a guest that wants to run on can make of them. Memory accesses are page faults, for example.
//
// The heaviest function that need not look at its entry, and so what a call counts for.
inline constexpr uint64_t kUnseenFunction = 20'000;
// What may run from one place to the next. Loops count once: every later turn looks at its head.
inline constexpr uint64_t kUnseenStretch = 2'000'000;

// Steps through one body after the other. Not thread-safe.
class InterruptionPoints {
 public:
  void BeginBody();
  // Steps over the body's next instruction. Whether it needs a look in front of it.
  // REQUIRES: depth() > 0.
  bool Step(Opcode opcode, Immediates immediates);
  // The same for an instruction of which a call of a function that looks is made.
  bool StepOverCall() { return StepOver({.weight = kUnseenFunction}); }
  // Blocks that are open, the function's own included; 0 behind its `end`.
  size_t depth() const { return blocks_.size(); }
  // Whether the body that was stepped through needs one at its very beginning.
  bool needs_look_at_entry() const { return has_tail_call_ || own_weight_ > kUnseenFunction; }

 private:
  struct Cost {
    uint64_t weight = 1;
    bool always = false;  // so slow that it has a look of its own in front
  };
  // What runs in one pass through the body of a loop, or of the function.
  struct Level {
    uint64_t since_look = 0;
    uint64_t total = 0;
  };
  enum class Block : uint8_t { kPlain, kLoop };

  static Cost CostOf(Opcode opcode, Immediates immediates);
  bool StepOver(Cost cost);
  void Open(Block block);
  void Close();

  std::vector<Block> blocks_;
  // Of the function and of each open loop. One pass through an inner loop counts for the outer ones
  // as if no place in it were one: V8 drops those in the turn that it peels off an innermost loop.
  std::vector<Level> levels_;
  // Without what looks itself, and calls, which make V8 look at the entry unless it drops them.
  uint64_t own_weight_ = 0;
  bool has_tail_call_ = false;
};

}  // namespace davit::wasm

#endif  // DAVIT_RUNTIME_WASM_INTERRUPTION_POINTS_H_
