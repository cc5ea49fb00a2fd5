// What C++ has generated code do: calls in a row in one entry of the guest, and calls before a
// guest goes on that has called the host.

#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"

namespace davit::engine {

EngineOptions TestOptions() { return {}; }

namespace {

using base::TrapCode;

// Steps as functions, one for each.
class Script final : public Steps {
 public:
  using Function = std::function<absl::Status(Step&)>;
  explicit Script(std::vector<Function> steps, int* destroyed = nullptr)
      : steps_(std::move(steps)), destroyed_(destroyed) {}
  ~Script() override {
    if (destroyed_ != nullptr) ++*destroyed_;
  }
  absl::Status Next(Step& step) override {
    return next_ == steps_.size() ? absl::OkStatus() : steps_[next_++](step);
  }
  absl::Status Failed(uint32_t completed, absl::Status status) override {
    completed_ = completed;
    return status;
  }
  size_t begun() const { return next_; }
  uint32_t completed() const { return completed_; }

 private:
  const std::vector<Function> steps_;
  int* const destroyed_;
  size_t next_ = 0;
  uint32_t completed_ = 0;
};

class StepsTest : public ::testing::Test {
 protected:
  absl::Status Run(Steps& steps, absl::Time deadline = absl::InfiniteFuture()) {
    const engine::Run run(guest_.lock(), guest_.store(), deadline);
    return guest_.store().Call(guest_.lock(), steps);
  }
  static Script::Function Call(FuncId func, std::vector<CoreSlot>& slots, uint32_t count = 1,
                               bool last = false) {
    return [func, &slots, count, last](Step& step) {
      step = {.kind = Step::Kind::kCalls,
              .func = func,
              .count = count,
              .slots = absl::MakeSpan(slots),
              .last = last};
      return absl::OkStatus();
    };
  }
  // Steps that leave their last result to the guest that asked.
  static Script::Function Answer(HostFrame& frame, std::vector<CoreSlot>& slots) {
    return [&slots, answer = frame.slots()](Step&) {
      answer[0] = slots[0];
      return absl::OkStatus();
    };
  }

  const std::vector<types::CoreSignature> imports_{Signature("i32 i32 -> i32"),
                                                   Signature("i32 i32 -> i32")};
  TestGuest guest_{"steps", imports_};
  const FuncId add_ = guest_.Func("add", "i32 i32 -> i32");
  const FuncId divide_ = guest_.Func("divide", "i32 i32 -> i32");
  const FuncId spin_ = guest_.Func("spin", "->");
  const FuncId throw_ = guest_.Func("throw", "->");
  const FuncId ask_ = guest_.Func("ask", "i32 i32 -> i32");
  const FuncId ask_two_ = guest_.Func("ask_two", "i32 i32 -> i32");
};

TEST_F(StepsTest, NothingAtAll) {
  Script none({});
  EXPECT_TRUE(Run(none).ok());
}

TEST_F(StepsTest, EachStepSeesTheResultsOfTheOneBefore) {
  std::vector<CoreSlot> first = {1, 2}, second = {0, 0};
  Script steps({Call(add_, first),
                [&](Step& step) {
                  second = {first[0], 10};
                  return Call(add_, second)(step);
                },
                [&](Step&) {
                  EXPECT_EQ(second[0], 13u);
                  return absl::OkStatus();
                }});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_EQ(steps.begun(), 3u);
}

TEST_F(StepsTest, TheEndIsAskedForAfterTheLastCalls) {
  std::vector<CoreSlot> first = {1, 2}, second = {3, 4};
  bool ended = false;
  Script steps({Call(add_, first), Call(add_, second, 1, /*last=*/true), [&](Step&) {
                  ended = second[0] == 7;
                  return absl::OkStatus();
                }});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_TRUE(ended);
}

TEST_F(StepsTest, WhatWasToBeLastNeedNotBe) {
  std::vector<CoreSlot> first = {1, 2}, second = {3, 4};
  Script steps({Call(add_, first, 1, /*last=*/true), Call(add_, second)});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_EQ(second[0], 7u);
}

TEST_F(StepsTest, RepeatsAFunctionUpToTheMaximum) {
  std::vector<CoreSlot> slots;
  for (uint32_t i = 0; i < Step::kMaxCount; ++i) slots.insert(slots.end(), {i, 1000});
  Script steps({Call(add_, slots, Step::kMaxCount, /*last=*/true)});
  ASSERT_TRUE(Run(steps).ok());
  for (uint32_t i = 0; i < Step::kMaxCount; ++i) EXPECT_EQ(slots[size_t{2} * i], 1000 + i);

  slots.resize(size_t{2} * (Step::kMaxCount + 1));
  Script too_many({Call(add_, slots, Step::kMaxCount + 1)});
  EXPECT_EQ(Run(too_many).code(), absl::StatusCode::kInternal);
}

TEST_F(StepsTest, TooFewSlotsIsAnErrorOfTheCaller) {
  std::vector<CoreSlot> slots(3);
  Script steps({Call(add_, slots, 2)});
  EXPECT_EQ(Run(steps).code(), absl::StatusCode::kInternal);
}

TEST_F(StepsTest, ATrapEndsItAndTellsWhatWasDoneBefore) {
  std::vector<CoreSlot> sum = {1, 2}, quotients = {8, 2, 9, 3, 1, 0, 7, 7};
  Script steps({Call(add_, sum), Call(divide_, quotients, 4), Call(add_, sum)});
  const absl::Status status = Run(steps);
  ASSERT_TRUE(base::IsTrap(status)) << status;
  EXPECT_EQ(base::TrapOf(status)->code, TrapCode::kIntegerDivideByZero);
  ASSERT_EQ(base::TrapOf(status)->frames.size(), 1u) << "shims are left out";
  EXPECT_EQ(base::TrapOf(status)->frames[0].function, "divide");
  EXPECT_EQ(steps.begun(), 2u);
  EXPECT_EQ(steps.completed(), 2u);
  EXPECT_EQ(quotients[0], 4u);
  EXPECT_EQ(quotients[2], 3u);
}

TEST_F(StepsTest, AStatusOfAStepEndsIt) {
  std::vector<CoreSlot> sum = {1, 2};
  Script steps(
      {Call(add_, sum), [](Step&) { return absl::AbortedError("enough"); }, Call(add_, sum)});
  EXPECT_EQ(Run(steps), absl::AbortedError("enough"));
  EXPECT_EQ(steps.begun(), 2u);
}

TEST_F(StepsTest, AStepMayCallTheGuestAlsoInASeries) {
  std::vector<CoreSlot> outer = {1, 2}, inner = {10, 20}, single = {100, 200};
  Script steps({Call(add_, outer), [&](Step& step) {
                  Script nested({Call(add_, inner), Call(add_, inner)});
                  EXPECT_TRUE(guest_.store().Call(guest_.lock(), nested).ok());
                  EXPECT_TRUE(
                      guest_.store().Call(guest_.lock(), add_, absl::MakeSpan(single)).ok());
                  return Call(add_, outer)(step);
                }});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_EQ(inner[0], 50u);
  EXPECT_EQ(single[0], 300u);
  EXPECT_EQ(outer[0], 5u);
}

TEST_F(StepsTest, ADeadlineEndsItInTheGuestAndBetweenCalls) {
  std::vector<CoreSlot> none, sum = {1, 2};
  Script in_guest({Call(add_, sum), Call(spin_, none)});
  EXPECT_EQ(Run(in_guest, absl::Now() + absl::Milliseconds(20)).code(),
            absl::StatusCode::kDeadlineExceeded);

  {
    const engine::Run run(guest_.lock(), guest_.store(), absl::Now() + absl::Milliseconds(20));
    Script between({Call(add_, sum), [&](Step& step) {
                      while (!run.terminated()) std::this_thread::yield();
                      return Call(add_, sum)(step);
                    }});
    EXPECT_EQ(guest_.store().Call(guest_.lock(), between).code(),
              absl::StatusCode::kDeadlineExceeded);
  }

  Script after({Call(add_, sum)});
  EXPECT_TRUE(Run(after).ok()) << "nothing of it is left";
}

TEST_F(StepsTest, ComeBeforeAGuestGoesOnThatHasCalledTheHost) {
  std::vector<CoreSlot> outer = {1, 2}, sum = {0, 0}, ratio = {0, 4};
  int destroyed = 0;
  guest_.host().set_frame_body([&](uint32_t, HostFrame& frame) {
    sum = {frame.slots()[0], frame.slots()[1]};
    frame.Continue<Script>(std::vector<Script::Function>{Call(add_, sum),
                                                         [&](Step& step) {
                                                           ratio[0] = sum[0] + 5;
                                                           return Call(divide_, ratio)(step);
                                                         },
                                                         Answer(frame, ratio)},
                           &destroyed);
    return absl::OkStatus();
  });
  Script steps({Call(ask_, outer)});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_EQ(outer[0], 1002u);
  EXPECT_EQ(destroyed, 1);
}

TEST_F(StepsTest, NestWithoutAFrameOfCxxBetween) {
  std::vector<CoreSlot> outer = {1, 2}, middle = {10, 20}, inner = {100, 200};
  int destroyed = 0;
  guest_.host().set_frame_body([&](uint32_t index, HostFrame& frame) {
    auto& slots = index == 0 ? middle : inner;
    frame.Continue<Script>(std::vector<Script::Function>{Call(index == 0 ? ask_two_ : add_, slots),
                                                         Answer(frame, slots)},
                           &destroyed);
    return absl::OkStatus();
  });
  Script steps({Call(ask_, outer), Call(ask_, outer)});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_EQ(inner[0], 500u) << "add: 300 and then 300 + 200";
  EXPECT_EQ(outer[0], 1000u + 2000u + 500u);
  EXPECT_EQ(destroyed, 4);
}

TEST_F(StepsTest, ATrapWithinThemHasTheFramesOfAllGuestsAndEndsAllSteps) {
  std::vector<CoreSlot> outer = {1, 2}, zero = {1, 0};
  int destroyed = 0;
  guest_.host().set_frame_body([&](uint32_t, HostFrame& frame) {
    frame.Continue<Script>(std::vector<Script::Function>{Call(divide_, zero), Answer(frame, zero)},
                           &destroyed);
    return absl::OkStatus();
  });
  Script steps({Call(ask_, outer)});
  const auto trap = base::TrapOf(Run(steps));
  ASSERT_TRUE(trap.has_value());
  EXPECT_EQ(trap->code, TrapCode::kIntegerDivideByZero);
  ASSERT_EQ(trap->frames.size(), 2u);
  EXPECT_EQ(trap->frames[0].function, "divide");
  EXPECT_EQ(trap->frames[1].function, "ask");
  EXPECT_EQ(destroyed, 1);

  std::vector<CoreSlot> sum = {1, 2};
  Script after({Call(add_, sum)});
  EXPECT_TRUE(Run(after).ok());
  EXPECT_EQ(sum[0], 3u);
}

TEST_F(StepsTest, TheirFailureEndsTheGuestAroundThem) {
  std::vector<CoreSlot> outer = {1, 2}, sum = {3, 4};
  int destroyed = 0;
  guest_.host().set_frame_body([&](uint32_t, HostFrame& frame) {
    frame.Continue<Script>(
        std::vector<Script::Function>{Call(add_, sum),
                                      [](Step&) { return absl::AbortedError("enough"); }},
        &destroyed);
    return absl::OkStatus();
  });
  Script steps({Call(ask_, outer)});
  EXPECT_EQ(Run(steps), absl::AbortedError("enough"));
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(guest_.Call("ask", "i32 i32 -> i32", {1, 2}).status(), absl::AbortedError("enough"));
  EXPECT_EQ(destroyed, 2) << "also of a plain call";
}

TEST_F(StepsTest, AGuestCatchesNothingThatAnotherOneThrows) {
  std::vector<CoreSlot> none;
  guest_.host().set_frame_body([&](uint32_t, HostFrame& frame) {
    frame.Continue<Script>(std::vector<Script::Function>{Call(throw_, none)});
    return absl::OkStatus();
  });
  const auto trap = base::TrapOf(guest_.Call("ask_and_catch", "i32 i32 -> i32", {1, 2}).status());
  ASSERT_TRUE(trap.has_value());
  EXPECT_EQ(trap->code, TrapCode::kUncaughtException);
}

TEST_F(StepsTest, ADeadlineEndsThemWithinAGuest) {
  std::vector<CoreSlot> outer = {1, 2}, none;
  int destroyed = 0;
  guest_.host().set_frame_body([&](uint32_t, HostFrame& frame) {
    frame.Continue<Script>(std::vector<Script::Function>{Call(spin_, none)}, &destroyed);
    return absl::OkStatus();
  });
  Script steps({Call(ask_, outer)});
  EXPECT_EQ(Run(steps, absl::Now() + absl::Milliseconds(20)).code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(destroyed, 1);
}

}  // namespace
}  // namespace davit::engine
