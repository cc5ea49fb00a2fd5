#include "runtime/wasm/interruption_points.h"

namespace davit::wasm {
namespace {

// Weights; what is not named has 1.
constexpr uint64_t kDivision = 20;
constexpr uint64_t kVector = 10;          // some are emulated
constexpr uint64_t kMemoryAccess = 500;   // a page fault, now and then one that copies
constexpr uint64_t kTableAccess = 1'000;  // may make a function reference
constexpr uint64_t kThrowing = 10'000;    // makes an exception and unwinds
constexpr uint64_t kGcInstruction = 500;
constexpr uint64_t kAllocation = 20'000;

constexpr Opcode kGcPrefix = 0xfb, kVectorPrefix = 0xfd, kAtomicPrefix = 0xfe;

bool IsCall(Opcode opcode) {
  return opcode == kCall || opcode == kCallIndirect || opcode == kCallRef;
}

bool IsTailCall(Opcode opcode) {
  return opcode == kReturnCall || opcode == kReturnCallIndirect || opcode == kReturnCallRef;
}

// Divisions and remainders of integers; divisions and square roots of floats.
bool IsDivision(Opcode opcode) {
  return (opcode >= 0x6d && opcode <= 0x70) || (opcode >= 0x7f && opcode <= 0x82) ||
         opcode == 0x91 || opcode == 0x95 || opcode == 0x9f || opcode == 0xa3;
}

// struct.new to array.new_elem.
bool Allocates(Opcode opcode) {
  constexpr Opcode kArrayNew = 0xfb'0006, kArrayNewElem = 0xfb'000a;
  return opcode == kStructNew || opcode == kStructNewDefault ||
         (opcode >= kArrayNew && opcode <= kArrayNewElem);
}

// Those that take as long as the array is.
bool WalksArray(Opcode opcode) {
  constexpr Opcode kArrayFill = 0xfb'0010, kArrayInitElem = 0xfb'0013;
  return opcode >= kArrayFill && opcode <= kArrayInitElem;
}

}  // namespace

InterruptionPoints::Cost InterruptionPoints::CostOf(Opcode opcode, Immediates immediates) {
  if (IsCall(opcode) || IsTailCall(opcode)) return {.weight = kUnseenFunction};
  if (opcode == kMemoryGrow || opcode == kTableGrow || Allocates(opcode) || WalksArray(opcode)) {
    return {.weight = kAllocation, .always = true};
  }
  if (opcode >> 16 == kAtomicPrefix || immediates == Immediates::kMemory ||
      immediates == Immediates::kMemoryLane) {
    return {.weight = kMemoryAccess};
  }
  if (opcode == kTableGet || opcode == kTableSet || opcode == kRefFunc || opcode == kElemDrop) {
    return {.weight = kTableAccess};
  }
  if (opcode == kThrow || opcode == kRethrow || opcode == kThrowRef) return {.weight = kThrowing};
  if (opcode >> 16 == kGcPrefix) return {.weight = kGcInstruction};
  if (opcode >> 16 == kVectorPrefix) return {.weight = kVector};
  return {.weight = IsDivision(opcode) ? kDivision : 1};
}

void InterruptionPoints::BeginBody() {
  blocks_.assign(1, Block::kPlain);
  levels_.assign(1, Level{});
  own_weight_ = 0;
  has_tail_call_ = false;
}

bool InterruptionPoints::Step(Opcode opcode, Immediates immediates) {
  const Cost cost = CostOf(opcode, immediates);
  const bool looks = StepOver(cost);
  has_tail_call_ = has_tail_call_ || IsTailCall(opcode);
  if (!IsCall(opcode) && !cost.always) own_weight_ += cost.weight;
  switch (opcode) {
    case kLoop:
      Open(Block::kLoop);
      break;
    case kBlock:
    case kIf:
    case kTry:
    case kTryTable:
      Open(Block::kPlain);
      break;
    case kEnd:
    case kDelegate:
      Close();
      break;
    default:
      break;
  }
  return looks;
}

bool InterruptionPoints::StepOver(Cost cost) {
  Level& level = levels_.back();
  const bool looks = cost.always || level.since_look + cost.weight > kUnseenStretch;
  level.since_look = looks ? cost.weight : level.since_look + cost.weight;
  level.total += cost.weight;
  return looks;
}

void InterruptionPoints::Open(Block block) {
  blocks_.push_back(block);
  if (block == Block::kLoop) levels_.emplace_back();
}

void InterruptionPoints::Close() {
  const Block closed = blocks_.back();
  blocks_.pop_back();
  if (closed != Block::kLoop) return;
  const uint64_t total = levels_.back().total;
  levels_.pop_back();
  levels_.back().since_look += total;
  levels_.back().total += total;
}

}  // namespace davit::wasm
