// Calls in a row that are made in one entry of the guest.

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

// A series as functions, one for each step.
class Steps final : public CallSeries {
 public:
  using Step = std::function<absl::Status(CoreCalls&)>;
  explicit Steps(std::vector<Step> steps) : steps_(std::move(steps)) {}
  absl::Status Next(CoreCalls& calls) override {
    return next_ == steps_.size() ? absl::OkStatus() : steps_[next_++](calls);
  }
  absl::Status Failed(uint32_t completed, absl::Status status) override {
    completed_ = completed;
    return status;
  }
  size_t begun() const { return next_; }
  uint32_t completed() const { return completed_; }

 private:
  const std::vector<Step> steps_;
  size_t next_ = 0;
  uint32_t completed_ = 0;
};

class SeriesTest : public ::testing::Test {
 protected:
  absl::Status Run(CallSeries& series, absl::Time deadline = absl::InfiniteFuture()) {
    const engine::Run run(guest_.lock(), guest_.store(), deadline);
    return guest_.store().Call(guest_.lock(), series);
  }
  Steps::Step Call(FuncId func, std::vector<CoreSlot>& slots, uint32_t count = 1,
                   bool last = false) {
    return [func, &slots, count, last](CoreCalls& calls) {
      calls = {.func = func, .count = count, .slots = absl::MakeSpan(slots), .last = last};
      return absl::OkStatus();
    };
  }

  Guest guest_{"series"};
  const FuncId add_ = guest_.Func("add", "i32 i32 -> i32");
  const FuncId divide_ = guest_.Func("divide", "i32 i32 -> i32");
  const FuncId spin_ = guest_.Func("spin", "->");
};

TEST_F(SeriesTest, NothingAtAll) {
  Steps none({});
  EXPECT_TRUE(Run(none).ok());
}

TEST_F(SeriesTest, EachStepSeesTheResultsOfTheOneBefore) {
  std::vector<CoreSlot> first = {1, 2}, second = {0, 0};
  Steps steps({Call(add_, first),
               [&](CoreCalls& calls) {
                 second = {first[0], 10};
                 return Call(add_, second)(calls);
               },
               [&](CoreCalls&) {
                 EXPECT_EQ(second[0], 13u);
                 return absl::OkStatus();
               }});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_EQ(steps.begun(), 3u);
}

TEST_F(SeriesTest, TheLastCallEndsItWithoutAsking) {
  std::vector<CoreSlot> first = {1, 2}, second = {3, 4};
  Steps steps({Call(add_, first), Call(add_, second, 1, /*last=*/true), Call(add_, first)});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_EQ(steps.begun(), 2u);
  EXPECT_EQ(second[0], 7u);
}

TEST_F(SeriesTest, RepeatsAFunctionUpToTheMaximum) {
  std::vector<CoreSlot> slots;
  for (uint32_t i = 0; i < CoreCalls::kMaxCount; ++i) slots.insert(slots.end(), {i, 1000});
  Steps steps({Call(add_, slots, CoreCalls::kMaxCount, /*last=*/true)});
  ASSERT_TRUE(Run(steps).ok());
  for (uint32_t i = 0; i < CoreCalls::kMaxCount; ++i) EXPECT_EQ(slots[size_t{2} * i], 1000 + i);

  slots.resize(size_t{2} * (CoreCalls::kMaxCount + 1));
  Steps too_many({Call(add_, slots, CoreCalls::kMaxCount + 1)});
  EXPECT_EQ(Run(too_many).code(), absl::StatusCode::kInternal);
}

TEST_F(SeriesTest, TooFewSlotsIsAnErrorOfTheCaller) {
  std::vector<CoreSlot> slots(3);
  Steps steps({Call(add_, slots, 2)});
  EXPECT_EQ(Run(steps).code(), absl::StatusCode::kInternal);
}

TEST_F(SeriesTest, ATrapEndsItAndTellsWhatWasDoneBefore) {
  std::vector<CoreSlot> sum = {1, 2}, quotients = {8, 2, 9, 3, 1, 0, 7, 7};
  Steps steps({Call(add_, sum), Call(divide_, quotients, 4), Call(add_, sum)});
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

TEST_F(SeriesTest, AStatusOfAStepEndsIt) {
  std::vector<CoreSlot> sum = {1, 2};
  Steps steps(
      {Call(add_, sum), [](CoreCalls&) { return absl::AbortedError("enough"); }, Call(add_, sum)});
  EXPECT_EQ(Run(steps), absl::AbortedError("enough"));
  EXPECT_EQ(steps.begun(), 2u);
}

TEST_F(SeriesTest, AStepMayCallTheGuestAlsoInASeries) {
  std::vector<CoreSlot> outer = {1, 2}, inner = {10, 20}, single = {100, 200};
  Steps steps({Call(add_, outer), [&](CoreCalls& calls) {
                 Steps nested({Call(add_, inner), Call(add_, inner)});
                 EXPECT_TRUE(guest_.store().Call(guest_.lock(), nested).ok());
                 EXPECT_TRUE(guest_.store().Call(guest_.lock(), add_, absl::MakeSpan(single)).ok());
                 return Call(add_, outer)(calls);
               }});
  ASSERT_TRUE(Run(steps).ok());
  EXPECT_EQ(inner[0], 50u);
  EXPECT_EQ(single[0], 300u);
  EXPECT_EQ(outer[0], 5u);
}

TEST_F(SeriesTest, ADeadlineEndsItInTheGuestAndBetweenCalls) {
  std::vector<CoreSlot> none, sum = {1, 2};
  Steps in_guest({Call(add_, sum), Call(spin_, none)});
  EXPECT_EQ(Run(in_guest, absl::Now() + absl::Milliseconds(20)).code(),
            absl::StatusCode::kDeadlineExceeded);

  {
    const engine::Run run(guest_.lock(), guest_.store(), absl::Now() + absl::Milliseconds(20));
    Steps between({Call(add_, sum), [&](CoreCalls& calls) {
                     while (!run.terminated()) std::this_thread::yield();
                     return Call(add_, sum)(calls);
                   }});
    EXPECT_EQ(guest_.store().Call(guest_.lock(), between).code(),
              absl::StatusCode::kDeadlineExceeded);
  }

  Steps after({Call(add_, sum)});
  EXPECT_TRUE(Run(after).ok()) << "nothing of it is left";
}

}  // namespace
}  // namespace davit::engine
