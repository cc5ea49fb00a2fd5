#include "runtime/wasm/interruption_points.h"

#include <cstdint>
#include <initializer_list>

#include "gtest/gtest.h"

namespace davit::wasm {
namespace {

constexpr Opcode kNop = 0x01, kI32Store = 0x36;

class Body {
 public:
  Body() { points_.BeginBody(); }

  // Steps over an instruction `times` times. How many of them want a look in front.
  uint64_t Step(Opcode opcode, uint64_t times = 1) {
    uint64_t looks = 0;
    for (uint64_t i = 0; i < times; ++i) {
      looks += points_.Step(opcode, InstructionOf(opcode).immediates) ? 1 : 0;
    }
    return looks;
  }
  const InterruptionPoints& points() const { return points_; }

 private:
  InterruptionPoints points_;
};

TEST(InterruptionPoints, AShortBodyNeedsNone) {
  Body body;
  EXPECT_EQ(body.Step(kNop, 1000) + body.Step(kI32Store, 10) + body.Step(kEnd), 0u);
  EXPECT_FALSE(body.points().needs_look_at_entry());
  EXPECT_EQ(body.points().depth(), 0u);
}

TEST(InterruptionPoints, AStretchMayBeAsLongAsTheLimit) {
  Body body;
  EXPECT_EQ(body.Step(kNop, kUnseenStretch), 0u);
  EXPECT_EQ(body.Step(kNop), 1u) << "one past it";
  EXPECT_EQ(body.Step(kNop, kUnseenStretch - 1), 0u) << "a new stretch has begun";
  EXPECT_EQ(body.Step(kNop), 1u);
}

TEST(InterruptionPoints, CallsCountAsTheHeaviestFunctionThatDoesNotLook) {
  for (const Opcode call : {Opcode{kCall}, Opcode{kCallIndirect}, Opcode{kCallRef}}) {
    Body body;
    constexpr uint64_t kFit = kUnseenStretch / kUnseenFunction;
    EXPECT_EQ(body.Step(call, kFit), 0u);
    EXPECT_EQ(body.Step(call), 1u);
  }
}

TEST(InterruptionPoints, TheEntryLooksWhenTheBodyIsHeavyWithoutCalls) {
  Body at_limit;
  at_limit.Step(kNop, kUnseenFunction - 1);
  at_limit.Step(kCall, 10);
  at_limit.Step(kEnd);
  EXPECT_FALSE(at_limit.points().needs_look_at_entry());
  Body past_it;
  past_it.Step(kNop, kUnseenFunction);
  past_it.Step(kEnd);
  EXPECT_TRUE(past_it.points().needs_look_at_entry());
}

TEST(InterruptionPoints, TheEntryLooksWhereTheFunctionLeavesByATailCall) {
  for (const Opcode call :
       {Opcode{kReturnCall}, Opcode{kReturnCallIndirect}, Opcode{kReturnCallRef}}) {
    Body body;
    body.Step(call);
    body.Step(kEnd);
    EXPECT_TRUE(body.points().needs_look_at_entry());
  }
}

TEST(InterruptionPoints, AnAllocationLooksFirst) {
  for (const Opcode opcode : {Opcode{kMemoryGrow}, Opcode{kTableGrow}, Opcode{kStructNew},
                              Opcode{0xfb'0006}, Opcode{0xfb'000a}, Opcode{0xfb'0010}}) {
    Body body;
    EXPECT_EQ(body.Step(opcode), 1u) << opcode;
    EXPECT_EQ(body.Step(opcode), 1u) << opcode;
    EXPECT_EQ(body.Step(kNop), 0u) << opcode;
  }
}

// Places in a loop that V8 peels are dropped from its first turn, so they do not count outside.
TEST(InterruptionPoints, ALoopCountsForWhatIsAroundItAsIfNobodyHadLooked) {
  Body body;
  uint64_t inside = 0;
  body.Step(kLoop);
  inside += body.Step(kNop, kUnseenStretch + 1);
  body.Step(kEnd);
  EXPECT_EQ(inside, 1u);
  EXPECT_EQ(body.Step(kNop), 1u) << "outside of the loop";
  EXPECT_EQ(body.Step(kNop), 0u);
}

TEST(InterruptionPoints, ManySmallLoopsAreALongStretch) {
  Body body;
  uint64_t looks = 0;
  constexpr uint64_t kLoops = 10, kEach = kUnseenStretch / kLoops;
  for (uint64_t i = 0; i < 2 * kLoops; ++i) {
    looks += body.Step(kLoop);
    EXPECT_EQ(body.Step(kNop, kEach), 0u);
    body.Step(kEnd);
  }
  EXPECT_GE(looks, 1u);
}

TEST(InterruptionPoints, BlocksThatAreNoLoopsDoNotBreakAStretch) {
  Body body;
  uint64_t looks = 0;
  for (uint64_t i = 0; i < kUnseenStretch; ++i) {
    looks += body.Step(kBlock) + body.Step(kNop) + body.Step(kEnd);
  }
  EXPECT_EQ(looks, 2u);
}

}  // namespace
}  // namespace davit::wasm
