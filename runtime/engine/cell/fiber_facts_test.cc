// What V8's stacks for guests that park do, as far as davit's fibers stand on it. A case that fails
// with another V8 says which rule of the fibers has to be thought over.

#include <v8.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/engine/cell/fiber_test_util.h"
#include "runtime/engine/cell/thread_stack.h"
#include "runtime/engine/process/stack_pages.h"
#include "runtime/engine/process/v8_util.h"

namespace davit::engine {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr std::string_view kOverflowError = "RangeError: Maximum call stack size exceeded";

void OnAnotherThread(const std::function<void()>& body) { std::thread(body).join(); }

// Where C++ stands on the thread's stack.
intptr_t StackPointer() { return reinterpret_cast<intptr_t>(__builtin_frame_address(0)); }

// Has `body` run so much further down the stack.
[[gnu::noinline]] void FurtherDown(size_t bytes, const std::function<void()>& body) {
  auto* const unused = static_cast<volatile char*>(__builtin_alloca(bytes));
  unused[0] = 1;
  body();
  unused[bytes - 1] = unused[0];
}

struct Frame {
  std::string function;
  int offset = 0;  // In the module.
  bool operator==(const Frame&) const = default;
};

std::vector<Frame> FramesOf(v8::Isolate* isolate, v8::Local<v8::Message> message) {
  std::vector<Frame> frames;
  const v8::Local<v8::StackTrace> stack = message->GetStackTrace();
  if (stack.IsEmpty()) return frames;
  for (int i = 0; i < stack->GetFrameCount(); ++i) {
    const v8::Local<v8::StackFrame> frame = stack->GetFrame(isolate, static_cast<uint32_t>(i));
    EXPECT_TRUE(frame->IsWasm());
    frames.push_back({ToStdString(isolate, frame->GetFunctionName()), frame->GetColumn() - 1});
  }
  return frames;
}

std::vector<std::string> NamesOf(const std::vector<Frame>& frames) {
  std::vector<std::string> names;
  names.reserve(frames.size());
  for (const Frame& frame : frames) names.push_back(frame.function);
  return names;
}

// The ranges that V8 asked for in the way of stacks with the flag at `stack_kb`.
std::vector<std::byte*> StacksIn(const std::vector<PageCall>& calls, size_t length) {
  std::vector<std::byte*> stacks;
  for (const PageCall& call : calls) {
    if (call.kind == PageCall::Kind::kAllocate && call.length == length)
      stacks.push_back(call.address);
  }
  std::ranges::sort(stacks);
  return stacks;
}

// What else was asked for about these stacks.
std::vector<PageCall> OthersOf(const std::vector<PageCall>& calls,
                               const std::vector<std::byte*>& stacks, size_t length) {
  std::vector<PageCall> others;
  for (const PageCall& call : calls) {
    if (call.kind == PageCall::Kind::kAllocate) continue;
    const bool of_a_stack = std::ranges::any_of(stacks, [&](const std::byte* stack) {
      return call.address < stack + length && stack < call.address + call.length;
    });
    if (of_a_stack) others.push_back(call);
  }
  return others;
}

// The stacks that were given back whole; anything else about a stack is a failure.
std::vector<std::byte*> DecommittedOf(const std::vector<PageCall>& calls,
                                      const std::vector<std::byte*>& stacks, size_t length) {
  std::vector<std::byte*> decommitted;
  for (const PageCall& call : OthersOf(calls, stacks, length)) {
    EXPECT_EQ(call.kind, PageCall::Kind::kDecommit);
    EXPECT_EQ(call.length, length);
    decommitted.push_back(call.address);
  }
  std::ranges::sort(decommitted);
  return decommitted;
}

bool IsMapped(const std::byte* pages) {
  const auto address = reinterpret_cast<uintptr_t>(pages);
  std::string line;
  for (std::ifstream maps("/proc/self/maps"); std::getline(maps, line);) {
    std::istringstream text(line);
    uintptr_t begin = 0, end = 0;
    char dash = 0;
    text >> std::hex >> begin >> dash >> end;
    if (begin <= address && address < end) return true;
  }
  return false;
}

// For the stacks that V8 makes from now on.
void SetStackFlags(size_t stack_kb, size_t stack_size_kb) {
  const std::string flags =
      absl::StrCat("--wasm-stack-switching-stack-size=", stack_kb, " --stack-size=", stack_size_kb);
  v8::V8::SetFlagsFromString(flags.c_str());
}

class FiberFacts : public testing::Test {
 protected:
  // As many parked fibers.
  std::vector<TestFiber> Parked(size_t count, int32_t depth = 0) {
    const v8::HandleScope handles(guest_.isolate());
    std::vector<TestFiber> fibers(count);
    const v8::Local<v8::Function> run = guest_.Promising("run");
    for (TestFiber& fiber : fibers) EXPECT_TRUE(guest_.Start(fiber, run, depth));
    return fibers;
  }

  void ExpectAllGoOn(std::vector<TestFiber>& fibers) {
    for (TestFiber& fiber : fibers) {
      EXPECT_TRUE(guest_.Resume(fiber, kReturn));
      EXPECT_EQ(guest_.OutcomeOf(fiber), "fulfilled 7");
    }
  }

  // The host ends the guest that calls it before it spins.
  void TerminateSpinners() {
    guest_.set_host([this](int32_t what) {
      if (what == kSpin) guest_.isolate()->TerminateExecution();
      return what;
    });
  }

  // What fibers and plain guests need after all that went wrong.
  void ExpectHealthy() {
    const auto fibers = Parked(1);
    TestFiber fiber;
    ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("run"), 3));
    EXPECT_TRUE(guest_.Resume(fiber, kWait));
    EXPECT_TRUE(guest_.Resume(fiber, kThrowAndCatch));
    EXPECT_EQ(guest_.OutcomeOf(fiber), "fulfilled 51");
    EXPECT_EQ(guest_.Call(guest_.Plain("do"), kThrowAndCatch), "51");
  }

  size_t UsedHeap() {
    guest_.FullGc();
    guest_.FullGc();
    v8::HeapStatistics statistics;
    guest_.isolate()->GetHeapStatistics(&statistics);
    return statistics.used_heap_size();
  }

  TestPages& pages_ = TestV8::Get().pages();
  TestGuest guest_;
};

// --- What V8 offers ---

// Cells are made in this order.
TEST_F(FiberFacts, ConditionalFeaturesInstalledAfterTheCallbackGiveSuspendingAndPromising) {
  v8::Isolate* const isolate = TestV8::Get().NewIsolate();
  {
    const v8::Locker locker(isolate);
    const v8::Isolate::Scope isolate_scope(isolate);
    const v8::HandleScope handles(isolate);
    const v8::Local<v8::Context> context = v8::Context::New(isolate);
    const v8::Context::Scope context_scope(context);
    const auto has = [&](std::string_view name) {
      const auto wasm = GetProperty(context, context->Global(), "WebAssembly")->As<v8::Object>();
      return (*GetProperty(context, wasm, name))->IsFunction();
    };
    EXPECT_FALSE(has("Suspending") || has("promising"));
    isolate->SetWasmJSPIEnabledCallback([](v8::Local<v8::Context>) { return true; });
    EXPECT_FALSE(has("Suspending") || has("promising"));
    isolate->InstallConditionalFeatures(context);
    EXPECT_TRUE(has("Suspending") && has("promising"));
  }
  isolate->Dispose();
}

// Shims keep a guest's exceptions apart with it.
TEST_F(FiberFacts, TryTableNeedsNoFlag) {
  const TestGuest::Lock lock(guest_);
  EXPECT_EQ(guest_.Call(guest_.Plain("do"), kThrowAndCatch), "51");
}

// --- Parking ---

// What a park and a resume are: nothing else runs a fiber, and nothing runs it early.
TEST_F(FiberFacts, AParkedFiberGoesOnAtTheCheckpointAfterItsPromiseIsResolved) {
  const TestGuest::Lock lock(guest_);
  TestFiber fiber;
  ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("run"), 10));
  EXPECT_FALSE(fiber.parked.IsEmpty());
  EXPECT_EQ(guest_.OutcomeOf(fiber), "pending");
  EXPECT_TRUE(guest_.Resume(fiber, kWait));
  EXPECT_FALSE(fiber.parked.IsEmpty());
  EXPECT_EQ(guest_.OutcomeOf(fiber), "pending");
  guest_.Resolve(fiber, 1000);
  EXPECT_EQ(guest_.OutcomeOf(fiber), "pending");
  EXPECT_TRUE(guest_.Checkpoint());
  EXPECT_EQ(guest_.OutcomeOf(fiber), "fulfilled 1000");
}

// Fibers are many at a time, and wait for different things.
TEST_F(FiberFacts, ParkedFibersGoOnInAnyOrder) {
  const TestGuest::Lock lock(guest_);
  auto fibers = Parked(100, /*depth=*/5);
  for (size_t i = 0; i < fibers.size(); ++i) {
    TestFiber& fiber = fibers[i * 37 % fibers.size()];
    const auto value = static_cast<int32_t>(100 + i);
    EXPECT_TRUE(guest_.Resume(fiber, value));
    EXPECT_EQ(guest_.OutcomeOf(fiber), absl::StrCat("fulfilled ", value));
  }
}

// A call that was not entered on a fiber has to be told so by davit: V8's own answer is an
// exception.
TEST_F(FiberFacts, APlainEntryCannotPark) {
  const TestGuest::Lock lock(guest_);
  EXPECT_THAT(guest_.Call(guest_.Plain("run"), 0), StartsWith("SuspendError"));
}

// realloc is such an entry: it may stay one since it may not wait.
TEST_F(FiberFacts, APlainEntryFromAFibersCallbackCannotParkAndTheFiberCan) {
  const TestGuest::Lock lock(guest_);
  std::string answer;
  guest_.set_host([&](int32_t) {
    answer = guest_.Call(guest_.Plain("run"), 0);
    return 0;
  });
  TestFiber fiber;
  ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("calls_and_park"), 1));
  EXPECT_THAT(answer, StartsWith("SuspendError"));
  ASSERT_FALSE(fiber.parked.IsEmpty());
  EXPECT_TRUE(guest_.Resume(fiber, kReturn));
  EXPECT_EQ(guest_.OutcomeOf(fiber), "fulfilled 7");
}

// Whichever worker holds the cell's lock runs its fibers.
TEST_F(FiberFacts, AFiberBelongsToNoThread) {
  std::vector<TestFiber> fibers;
  OnAnotherThread([&] {
    const TestGuest::Lock lock(guest_);
    fibers = Parked(20, /*depth=*/5);
  });
  OnAnotherThread([&] {
    const TestGuest::Lock lock(guest_);
    guest_.MinorGc();
    guest_.FullGc();
    for (TestFiber& fiber : fibers) EXPECT_TRUE(guest_.Resume(fiber, kWait));
    guest_.MinorGc();
  });
  OnAnotherThread([&] {
    const TestGuest::Lock lock(guest_);
    const auto outcome = [&](TestFiber& fiber, What what) {
      EXPECT_TRUE(guest_.Resume(fiber, what));
      return guest_.OutcomeOf(fiber);
    };
    EXPECT_EQ(outcome(fibers[0], kUnreachable), "rejected RuntimeError: unreachable");
    EXPECT_EQ(outcome(fibers[1], kOutOfBounds),
              "rejected RuntimeError: memory access out of bounds");
    EXPECT_EQ(outcome(fibers[2], kOverflow), absl::StrCat("rejected ", kOverflowError));
    EXPECT_EQ(outcome(fibers[3], kThrowAndCatch), "fulfilled 51");
    guest_.FullGc();
    for (size_t i = 4; i < fibers.size(); ++i)
      EXPECT_EQ(outcome(fibers[i], kReturn), "fulfilled 7");
    ExpectHealthy();
    fibers.clear();
  });
}

// Workers enter cells at different depths. The limit that each sets after it took the lock is also
// how V8 tells the thread's stack from a fiber's.
TEST_F(FiberFacts, AFiberGoesOnFarDownAThreadsStackThatTheLimitWasSetFor) {
  std::vector<TestFiber> fibers;
  OnAnotherThread([&] {
    const TestGuest::Lock lock(guest_);
    fibers = Parked(4);
  });
  OnAnotherThread([&] {
    FurtherDown(1200 << 10, [&] {
      const TestGuest::Lock lock(guest_);
      const auto outcome = [&](TestFiber& fiber, What what) {
        EXPECT_TRUE(guest_.Resume(fiber, what));
        return guest_.OutcomeOf(fiber);
      };
      EXPECT_EQ(outcome(fibers[0], kCall), "fulfilled 6");
      EXPECT_EQ(outcome(fibers[1], kUnreachable), "rejected RuntimeError: unreachable");
      EXPECT_EQ(outcome(fibers[2], kThrowAndCatch), "fulfilled 51");
      EXPECT_EQ(outcome(fibers[3], kOverflow), absl::StrCat("rejected ", kOverflowError));
      ExpectHealthy();
      fibers.clear();
    });
  });
}

// The handlers of shims and guests outlive parks.
TEST_F(FiberFacts, AnExceptionAfterAResumeIsCaughtByAHandlerFromBeforeThePark) {
  const TestGuest::Lock lock(guest_);
  TestFiber fiber;
  ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("run_caught"), 20));
  EXPECT_TRUE(guest_.Resume(fiber, kWait));
  EXPECT_TRUE(guest_.Resume(fiber, kThrow));
  EXPECT_EQ(guest_.OutcomeOf(fiber), absl::StrCat("fulfilled ", kCaught));
}

// --- Traps ---

// The status of a fiber that ends by a trap says where, as that of a plain entry does.
TEST_F(FiberFacts, ATrapAfterAResumeRejectsThePromiseWithTheFramesInnermostFirst) {
  const TestGuest::Lock lock(guest_);
  v8::Isolate* const isolate = guest_.isolate();
  auto fibers = Parked(1, /*depth=*/1);
  EXPECT_TRUE(guest_.Resume(fibers[0], kUnreachable));
  ASSERT_EQ(guest_.OutcomeOf(fibers[0]), "rejected RuntimeError: unreachable");
  const auto message =
      v8::Exception::CreateMessage(isolate, fibers[0].outcome.Get(isolate)->Result());
  const std::vector<Frame> frames = FramesOf(isolate, message);
  EXPECT_THAT(NamesOf(frames), ElementsAre("$do", "$wait", "$wait", "$run"));

  const v8::TryCatch caught(isolate);
  v8::Local<v8::Value> arg = v8::Integer::New(isolate, kUnreachable);
  EXPECT_TRUE(guest_.Plain("do")
                  ->Call(isolate, guest_.context(), v8::Undefined(isolate), 1, &arg)
                  .IsEmpty());
  EXPECT_THAT(FramesOf(isolate, caught.Message()), ElementsAre(frames.at(0)));
}

// It is why the frames are what counts.
TEST_F(FiberFacts, TheMessageOfATrappedFiberHasNoPositionOfItsOwn) {
  const TestGuest::Lock lock(guest_);
  v8::Isolate* const isolate = guest_.isolate();
  auto fibers = Parked(1);
  EXPECT_TRUE(guest_.Resume(fibers[0], kUnreachable));
  const auto message =
      v8::Exception::CreateMessage(isolate, fibers[0].outcome.Get(isolate)->Result());
  EXPECT_EQ(message->GetWasmFunctionIndex(), -1);
  EXPECT_EQ(message->GetStartColumn(guest_.context()).FromMaybe(-1), -1);
}

// Bounds are checked by SIGSEGV, whose handler has to know code that runs on another stack.
TEST_F(FiberFacts, ATrapBySignalIsOneOnAFiberToo) {
  const TestGuest::Lock lock(guest_);
  v8::Isolate* const isolate = guest_.isolate();
  auto fibers = Parked(1);
  EXPECT_TRUE(guest_.Resume(fibers[0], kOutOfBounds));
  ASSERT_EQ(guest_.OutcomeOf(fibers[0]), "rejected RuntimeError: memory access out of bounds");
  const auto message =
      v8::Exception::CreateMessage(isolate, fibers[0].outcome.Get(isolate)->Result());
  EXPECT_THAT(NamesOf(FramesOf(isolate, message)), ElementsAre("$load", "$do", "$wait", "$run"));
}

// A trap before the first park comes by the promise as well, so that there is one way to read it.
TEST_F(FiberFacts, ATrapBeforeAParkRejectsThePromise) {
  const TestGuest::Lock lock(guest_);
  TestFiber fiber;
  ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("do"), kUnreachable));
  EXPECT_EQ(guest_.OutcomeOf(fiber), "rejected RuntimeError: unreachable");
}

// A parked guest is unwound by a trap: none of its handlers may run.
TEST_F(FiberFacts, ATrapIsNotCaughtByTheGuest) {
  const TestGuest::Lock lock(guest_);
  TestFiber fiber;
  ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("run_caught"), 0));
  EXPECT_TRUE(guest_.Resume(fiber, kUnreachable));
  EXPECT_EQ(guest_.OutcomeOf(fiber), "rejected RuntimeError: unreachable");
}

// It is why davit never rejects what a fiber is parked on.
TEST_F(FiberFacts, ARejectionIsCaughtByTheGuest) {
  const TestGuest::Lock lock(guest_);
  TestFiber fiber;
  ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("run_caught"), 0));
  guest_.Reject(fiber);
  EXPECT_TRUE(guest_.Checkpoint());
  EXPECT_EQ(guest_.OutcomeOf(fiber), absl::StrCat("fulfilled ", kCaught));
}

// --- Terminations ---

// Deadlines and limits end one guest. The termination is used up then; one that comes too late for
// the guest is not, so that it has to be cancelled all the same.
TEST_F(FiberFacts, ATerminationEndsTheRunningFiberAlone) {
  const TestGuest::Lock lock(guest_);
  TerminateSpinners();
  auto others = Parked(100);
  auto fibers = Parked(1);
  EXPECT_FALSE(guest_.Resume(fibers[0], kSpin));
  EXPECT_FALSE(guest_.isolate()->IsExecutionTerminating());
  EXPECT_EQ(guest_.OutcomeOf(fibers[0]), "pending");
  ExpectHealthy();
  guest_.isolate()->CancelTerminateExecution();
  EXPECT_TRUE(guest_.Checkpoint());
  EXPECT_EQ(guest_.OutcomeOf(fibers[0]), "pending");
  ExpectHealthy();
  ExpectAllGoOn(others);
}

// A plain guest that has the trunk run a fiber goes on though the fiber was ended, if it is told
// so.
TEST_F(FiberFacts, ATerminationWithinAPlainEntrysCallbackGoesOnToItUnlessCancelled) {
  const TestGuest::Lock lock(guest_);
  v8::Isolate* const isolate = guest_.isolate();
  auto fibers = Parked(2);
  size_t next = 0;
  const auto host = [&](What after) {
    return [&, after](int32_t what) -> int32_t {
      if (what == kSpin) return isolate->TerminateExecution(), 0;
      EXPECT_FALSE(guest_.Resume(fibers[next++], kSpin));
      EXPECT_TRUE(isolate->IsExecutionTerminating());
      if (after == kReturn) isolate->CancelTerminateExecution();
      return 0;
    };
  };
  guest_.set_host(host(kReturn));
  EXPECT_EQ(guest_.Call(guest_.Plain("calls"), 1), "0");
  guest_.set_host(host(kWait));
  EXPECT_EQ(guest_.Call(guest_.Plain("calls"), 1), "terminated");
  isolate->CancelTerminateExecution();
  ExpectHealthy();
}

// The first leg of a fiber is no resume.
TEST_F(FiberFacts, ATerminationBeforeAParkEndsTheCallWithoutAPromise) {
  const TestGuest::Lock lock(guest_);
  TerminateSpinners();
  auto others = Parked(100);
  TestFiber fiber;
  EXPECT_FALSE(guest_.Start(fiber, guest_.Promising("do"), kSpin));
  EXPECT_TRUE(fiber.outcome.IsEmpty());
  guest_.isolate()->CancelTerminateExecution();
  ExpectHealthy();
  ExpectAllGoOn(others);
}

// Cells run both kinds.
TEST_F(FiberFacts, ATerminatedPlainGuestLeavesParkedFibersAlone) {
  const TestGuest::Lock lock(guest_);
  TerminateSpinners();
  auto others = Parked(100);
  EXPECT_EQ(guest_.Call(guest_.Plain("do"), kSpin), "terminated");
  guest_.isolate()->CancelTerminateExecution();
  ExpectHealthy();
  ExpectAllGoOn(others);
}

// Termination is no exception that a guest could handle.
TEST_F(FiberFacts, ATerminationIsNotCaughtByTheGuest) {
  const TestGuest::Lock lock(guest_);
  TerminateSpinners();
  TestFiber fiber;
  ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("run_caught"), 0));
  EXPECT_FALSE(guest_.Resume(fiber, kSpin));
  guest_.isolate()->CancelTerminateExecution();
  EXPECT_EQ(guest_.OutcomeOf(fiber), "pending");
}

// V8 looks for terminations where loops and functions begin, and not on the way into a fiber. It is
// why no deadline may be armed around a resume unless the first act of the fiber is a host call.
TEST_F(FiberFacts, ATerminationPendingAtAResumeEndsTheFiberAtItsFirstCheck) {
  const TestGuest::Lock lock(guest_);
  int calls = 0;
  guest_.set_host([&](int32_t what) { return ++calls, what; });
  auto others = Parked(1);
  auto fibers = Parked(1);
  guest_.isolate()->TerminateExecution();
  EXPECT_FALSE(guest_.Resume(fibers[0], kCall));
  guest_.isolate()->CancelTerminateExecution();
  EXPECT_TRUE(guest_.Checkpoint());
  EXPECT_EQ(guest_.OutcomeOf(fibers[0]), "pending");
  EXPECT_EQ(calls, 0);
  ExpectAllGoOn(others);
}

// So a driver that calls the host next to its park is never ended between the two, and its callback
// may take back a termination that was not meant for it. Often enough that the code is optimised.
TEST_F(FiberFacts, ATerminationPendingAtAResumeIsSeenAfterAHostCallNextToThePark) {
  const TestGuest::Lock lock(guest_);
  const v8::Local<v8::Function> park_and_call = guest_.Promising("park_and_call");
  for (int i = 0; i < 1000; ++i) {
    const bool takes_back = i % 2 == 0;
    int calls = 0;
    guest_.set_host([&](int32_t) {
      ++calls;
      if (takes_back) guest_.isolate()->CancelTerminateExecution();
      return kReturn;
    });
    TestFiber fiber;
    ASSERT_TRUE(guest_.Start(fiber, park_and_call, 0));
    guest_.isolate()->TerminateExecution();
    ASSERT_EQ(guest_.Resume(fiber, 0), takes_back);
    guest_.isolate()->CancelTerminateExecution();
    ASSERT_EQ(calls, 1);
    ASSERT_EQ(guest_.OutcomeOf(fiber), takes_back ? "fulfilled 7" : "pending");
  }
  ExpectHealthy();
}

// The same on the way out: a shot between the end of a leg and the park ends nothing.
TEST_F(FiberFacts, ATerminationPendingAtAParkLeavesTheFiberParked) {
  const TestGuest::Lock lock(guest_);
  const v8::Local<v8::Function> calls_and_park = guest_.Promising("calls_and_park");
  for (int i = 0; i < 1000; ++i) {
    guest_.set_host([&](int32_t) { return guest_.isolate()->TerminateExecution(), 0; });
    TestFiber fiber;
    ASSERT_TRUE(guest_.Start(fiber, calls_and_park, 1));
    ASSERT_FALSE(fiber.parked.IsEmpty());
    guest_.isolate()->CancelTerminateExecution();
    ASSERT_TRUE(guest_.Resume(fiber, kReturn));
    ASSERT_EQ(guest_.OutcomeOf(fiber), "fulfilled 7");
  }
  ExpectHealthy();
}

// V8 drops all microtasks when one is terminated. It is why davit resumes one fiber per checkpoint.
TEST_F(FiberFacts, ATerminationLosesTheSecondOfTwoThatOneCheckpointResumes) {
  const TestGuest::Lock lock(guest_);
  TerminateSpinners();
  auto fibers = Parked(2);
  guest_.Resolve(fibers[0], kSpin);
  guest_.Resolve(fibers[1], kReturn);
  EXPECT_FALSE(guest_.Checkpoint());
  guest_.isolate()->CancelTerminateExecution();
  EXPECT_TRUE(guest_.Checkpoint());
  EXPECT_EQ(guest_.OutcomeOf(fibers[0]), "pending");
  EXPECT_EQ(guest_.OutcomeOf(fibers[1]), "pending");
  ExpectHealthy();
}

// A run that another thread may end, as RunClock has them: a shot hits while one is active or not
// at all, and End knows.
class Leg {
 public:
  explicit Leg(v8::Isolate* isolate) : isolate_(isolate) {}

  void Begin() { word_.store(++number_ << 2 | kActive, std::memory_order_release); }
  // Whether it was shot; then V8 does not know of it any more.
  bool End() {
    uint64_t active = number_ << 2 | kActive;
    if (word_.compare_exchange_strong(active, number_ << 2)) return false;
    while ((word_.load() & 3) == kShooting) {
    }
    const bool shot = (word_.load() & 3) == kShot;
    word_.store(number_ << 2);
    if (shot) isolate_->CancelTerminateExecution();
    return shot;
  }
  bool active() const { return (word_.load() & 3) != kIdle; }
  // Another thread's. Whether it hit.
  bool Shoot() {
    uint64_t word = word_.load();
    if ((word & 3) != kActive) return false;
    const uint64_t run = word & ~uint64_t{3};
    if (!word_.compare_exchange_strong(word, run | kShooting)) return false;
    isolate_->TerminateExecution();
    word_.store(run | kShot);
    return true;
  }

 private:
  enum State : uint64_t { kIdle, kActive, kShooting, kShot };

  v8::Isolate* const isolate_;
  uint64_t number_ = 0;
  std::atomic<uint64_t> word_ = 0;
};

// Another thread that shoots at a leg as often as there is one.
class Shooter {
 public:
  explicit Shooter(Leg& leg) : leg_(leg) {}
  ~Shooter() { Stop(); }
  Shooter(const Shooter&) = delete;
  Shooter& operator=(const Shooter&) = delete;

  // How often it has hit.
  int Stop() {
    done_ = true;
    if (thread_.joinable()) thread_.join();
    return hits_;
  }

 private:
  void Run() {
    for (uint32_t turn = 0; !done_; ++turn) {
      for (std::atomic<uint32_t> pause = turn * 977 % 3000; pause > 0; --pause) {
      }
      if (leg_.Shoot()) ++hits_;
    }
  }

  Leg& leg_;
  std::atomic<bool> done_ = false;
  int hits_ = 0;
  std::thread thread_{[this] { Run(); }};
};

class FiberLegs : public FiberFacts {
 protected:
  // Runs "legs" over and over beside a Shooter, with `before_resume` before each resume.
  void Race(const std::function<void()>& before_resume) {
    Shooter shooter(leg_);
    const v8::Local<v8::Function> legs = guest_.Promising("legs");
    TestFiber fiber;
    for (int i = 0; i < 20'000; ++i) {
      const bool parked = !fiber.parked.IsEmpty();
      went_on_ = false;
      if (parked) before_resume();
      const bool finished = parked ? guest_.Resume(fiber, kWait) : guest_.Start(fiber, legs, 0);
      if (leg_.active()) leg_.End();
      if (!went_on_) ++lost_;
      if (fiber.parked.IsEmpty()) ++(finished ? ended_ : terminated_);
    }
    hits_ = shooter.Stop();
    RecordProperty("hits", hits_);
    RecordProperty("terminated", terminated_);
    RecordProperty("ended_by_a_callback", ended_);
  }

  // How long to compute.
  int32_t NextTurns() {
    random_ = random_ * 1664525 + 1013904223;
    return static_cast<int32_t>(random_ >> 22);
  }

  Leg leg_{guest_.isolate()};
  bool went_on_ = false;
  int lost_ = 0, terminated_ = 0, ended_ = 0, hits_ = 0;

 private:
  uint32_t random_ = 1;
};

// It is where davit's deadlines are armed: neither a park nor a resume is ever within a leg.
TEST_F(FiberLegs, ThatBeginAndEndInTheFibersCallbacksLoseNoFiber) {
  const TestGuest::Lock lock(guest_);
  guest_.set_host([&](int32_t before_park) {
    if (before_park != 0) return leg_.End() ? -1 : 0;
    went_on_ = true;
    leg_.Begin();
    return NextTurns();
  });
  Race(/*before_resume=*/[] {});
  EXPECT_EQ(lost_, 0);
  EXPECT_EQ(terminated_ + ended_, hits_);
  ExpectHealthy();
}

// Terminations that come when they like, as the heap's guard's do, lose no fiber of such a driver.
TEST_F(FiberLegs, AroundAResumeLoseNoFiberThatCallsTheHostNextToItsPark) {
  const TestGuest::Lock lock(guest_);
  int shot_on_the_way = 0;
  guest_.set_host([&](int32_t before_park) {
    if (before_park != 0) return leg_.End() ? -1 : 0;
    went_on_ = true;
    if (leg_.active() && leg_.End()) ++shot_on_the_way;
    leg_.Begin();
    return NextTurns();
  });
  Race(/*before_resume=*/[this] { leg_.Begin(); });
  RecordProperty("shot_on_the_way", shot_on_the_way);
  EXPECT_EQ(lost_, 0);
  EXPECT_EQ(terminated_ + ended_ + shot_on_the_way, hits_);
  ExpectHealthy();
}

// V8 keeps the active suspender of a terminated stack for ever: a cell that has ended many has to
// go.
TEST_F(FiberFacts, ATerminatedFiberLeaksLessThanAKilobyte) {
  constexpr size_t kFibers = 500;
  const TestGuest::Lock lock(guest_);
  TerminateSpinners();
  const auto terminate = [&] {
    auto fibers = Parked(1);
    EXPECT_FALSE(guest_.Resume(fibers[0], kSpin));
    guest_.isolate()->CancelTerminateExecution();
  };
  for (size_t i = 0; i < 100; ++i) terminate();
  const size_t before = UsedHeap();
  for (size_t i = 0; i < kFibers; ++i) terminate();
  const size_t after = UsedHeap();
  const auto leaked = static_cast<double>(after) - static_cast<double>(before);
  RecordProperty("bytes_per_fiber", absl::StrCat(leaked / kFibers));
  EXPECT_LT(leaked / kFibers, 1024);
}

// Fibers are unwound by traps without an end.
TEST_F(FiberFacts, ATrapLeaksNothing) {
  constexpr size_t kFibers = 500;
  const TestGuest::Lock lock(guest_);
  const auto trap = [&] {
    auto fibers = Parked(1);
    EXPECT_TRUE(guest_.Resume(fibers[0], kUnreachable));
  };
  for (size_t i = 0; i < 100; ++i) trap();
  const size_t before = UsedHeap();
  for (size_t i = 0; i < kFibers; ++i) trap();
  const size_t after = UsedHeap();
  const auto leaked = static_cast<double>(after) - static_cast<double>(before);
  RecordProperty("bytes_per_fiber", absl::StrCat(leaked / kFibers));
  EXPECT_LT(leaked / kFibers, 16);
}

// --- One stack entered from another ---

// Where the host stood in each call that a guest made.
class Depths {
 public:
  void Here() { places_.push_back(StackPointer()); }
  // By how much each call went further down than the one before.
  std::vector<intptr_t> steps() const {
    std::vector<intptr_t> steps;
    for (size_t i = 1; i < places_.size(); ++i) steps.push_back(places_[i - 1] - places_[i]);
    return steps;
  }
  intptr_t first() const { return places_.front(); }
  intptr_t range() const {
    return *std::ranges::max_element(places_) - *std::ranges::min_element(places_);
  }

 private:
  std::vector<intptr_t> places_;
};

// It is why davit starts no fiber from a callback of another: the trunk does, which has none below.
TEST_F(FiberFacts, AFiberStartedFromAFibersCallbackLeavesTheStackLower) {
  const TestGuest::Lock lock(guest_);
  const v8::Local<v8::Function> run = guest_.Promising("run");
  const v8::Local<v8::Function> calls = guest_.Promising("calls_and_park");
  intptr_t creep = 0;
  // By all that C++ has on the stack between the two.
  for (const size_t host_bytes : {size_t{16}, size_t{8016}}) {
    std::vector<TestFiber> inner(20);
    Depths depths;
    guest_.set_host([&](int32_t times) {
      depths.Here();
      FurtherDown(host_bytes, [&] {
        EXPECT_TRUE(guest_.Start(inner[static_cast<size_t>(times) - 1], run, 0));
      });
      return 0;
    });
    TestFiber outer;
    EXPECT_TRUE(guest_.Start(outer, calls, 20));
    EXPECT_THAT(depths.steps(), Each(depths.steps().front()));
    if (creep == 0) creep = depths.steps().front();
    EXPECT_EQ(depths.steps().front(), creep + static_cast<intptr_t>(host_bytes) - 16);

    // Until the outer one parks: the thread's stack is as it was then.
    const intptr_t first = depths.first();
    depths = Depths();
    TestFiber another;
    guest_.set_host([&](int32_t) { return depths.Here(), 0; });
    EXPECT_TRUE(guest_.Start(another, calls, 1));
    EXPECT_EQ(depths.first(), first);
  }
  EXPECT_GE(creep, 512);
  RecordProperty("bytes", absl::StrCat(creep));
}

// Nor does it resume one there.
TEST_F(FiberFacts, AFiberResumedFromAFibersCallbackLeavesTheStackLower) {
  const TestGuest::Lock lock(guest_);
  auto inner = Parked(1);
  Depths depths;
  guest_.set_host([&](int32_t) {
    depths.Here();
    EXPECT_TRUE(guest_.Resume(inner[0], kWait));
    return 0;
  });
  TestFiber outer;
  EXPECT_TRUE(guest_.Start(outer, guest_.Promising("calls_and_park"), 50));
  EXPECT_FALSE(outer.parked.IsEmpty());
  EXPECT_THAT(depths.steps(), Each(Ge(512)));
  RecordProperty("bytes", absl::StrCat(depths.steps().front()));
}

// Not even within a plain entry that the callback makes.
TEST_F(FiberFacts, AFiberResumedFromAPlainEntryWithinAFibersCallbackLeavesTheStackLower) {
  const TestGuest::Lock lock(guest_);
  auto inner = Parked(1);
  Depths depths;
  guest_.set_host([&](int32_t what) {
    if (what == kCall) {
      EXPECT_TRUE(guest_.Resume(inner[0], kWait));
    } else {
      depths.Here();
      EXPECT_EQ(guest_.Call(guest_.Plain("do"), kCall), "0");
    }
    return 0;
  });
  TestFiber outer;
  EXPECT_TRUE(guest_.Start(outer, guest_.Promising("calls_and_park"), 5));
  EXPECT_FALSE(outer.parked.IsEmpty());
  EXPECT_THAT(depths.steps(), Each(Ge(512)));
  RecordProperty("bytes", absl::StrCat(depths.steps().front()));
}

// Start functions and callbacks of plain guests run the trunk from there.
TEST_F(FiberFacts, FibersRunFromAPlainEntrysCallbackLeaveTheStackWhereItIs) {
  const TestGuest::Lock lock(guest_);
  const v8::Local<v8::Function> run = guest_.Promising("run");
  auto fibers = Parked(1);
  Depths depths;
  guest_.set_host([&](int32_t times) {
    depths.Here();
    EXPECT_TRUE(guest_.Resume(fibers[0], kWait));
    TestFiber fiber;
    EXPECT_TRUE(guest_.Start(fiber, run, 0));
    EXPECT_TRUE(guest_.Resume(fiber, times % 2 == 0 ? kReturn : kUnreachable));
    return 0;
  });
  EXPECT_EQ(guest_.Call(guest_.Plain("calls"), 1000), "0");
  EXPECT_LT(depths.range(), 1024);
  RecordProperty("bytes", absl::StrCat(depths.range()));
}

// realloc is called so, as often as a guest is given lists.
TEST_F(FiberFacts, PlainEntriesFromAFibersCallbackLeaveTheStackWhereItIs) {
  const TestGuest::Lock lock(guest_);
  const v8::Local<v8::Function> plain = guest_.Plain("do");
  Depths depths;
  guest_.set_host([&](int32_t times) {
    depths.Here();
    EXPECT_THAT(guest_.Call(plain, times % 2 == 0 ? kReturn : kUnreachable), Not(IsEmpty()));
    return 0;
  });
  TestFiber fiber;
  EXPECT_TRUE(guest_.Start(fiber, guest_.Promising("calls_and_park"), 1000));
  EXPECT_FALSE(fiber.parked.IsEmpty());
  EXPECT_EQ(depths.range(), 0);
}

// --- The size of stacks ---

// It ends the guest as a trap does, and nothing else.
TEST_F(FiberFacts, AnOverflowIsARangeErrorThatNoGuestCatches) {
  const TestGuest::Lock lock(guest_);
  auto others = Parked(10);
  TestFiber fiber;
  ASSERT_TRUE(guest_.Start(fiber, guest_.Promising("run_caught"), 0));
  EXPECT_TRUE(guest_.Resume(fiber, kOverflow));
  EXPECT_EQ(guest_.OutcomeOf(fiber), absl::StrCat("rejected ", kOverflowError));
  EXPECT_EQ(guest_.Call(guest_.Plain("do_caught"), kOverflow), kOverflowError);
  ExpectHealthy();
  ExpectAllGoOn(others);
}

// A guest that overflows a stack in code that V8 does not optimise meanwhile, so that all frames
// are as long.
class FiberDepth : public testing::Test {
 protected:
  void SetUp() override { v8::V8::SetFlagsFromString("--no-wasm-tier-up"); }
  void TearDown() override { v8::V8::SetFlagsFromString("--wasm-tier-up"); }

  static double DepthOf(TestGuest& guest, const std::function<void()>& overflow) {
    const auto depth = guest.Export("depth").As<v8::Object>();
    const v8::Local<v8::Context> context = guest.context();
    const auto value = *V8String(guest.isolate(), "value");
    depth->Set(context, value, v8::Integer::New(guest.isolate(), 0)).Check();
    overflow();
    return depth->Get(context, value).ToLocalChecked()->Int32Value(context).FromJust();
  }
  static double DepthOfFiber(TestGuest& guest) {
    return DepthOf(guest, [&] {
      TestFiber fiber;
      EXPECT_TRUE(guest.Start(fiber, guest.Promising("park_and_recurse"), 0));
      EXPECT_TRUE(guest.Resume(fiber, 0));
      EXPECT_EQ(guest.OutcomeOf(fiber), absl::StrCat("rejected ", kOverflowError));
    });
  }
  static double DepthOfPlain(TestGuest& guest) {
    return DepthOf(guest,
                   [&] { EXPECT_EQ(guest.Call(guest.Plain("recurse"), 0), kOverflowError); });
  }
};

// Guests shall have as much stack on a fiber as on the thread: both are set from guest_stack_bytes.
TEST_F(FiberDepth, FollowsTheFlagAndNotSetStackLimit) {
  TestGuest guest("runtime/engine/cell/testdata/fiber_overflow.wasm");
  const TestGuest::Lock lock(guest);
  const double fiber = DepthOfFiber(guest);
  const double plain = DepthOfPlain(guest);
  RecordProperty("frames_on_a_fiber", absl::StrCat(fiber));
  RecordProperty("frames_on_the_thread", absl::StrCat(plain));
  EXPECT_NEAR(fiber, plain, plain / 20);

  guest.isolate()->SetStackLimit(GuestStackLimit(kStackKb / 4 << 10));
  EXPECT_NEAR(DepthOfPlain(guest), plain / 4, plain / 20);
  EXPECT_EQ(DepthOfFiber(guest), fiber);
  guest.isolate()->SetStackLimit(GuestStackLimit(kStackKb << 10));

  guest.FullGc();  // Gives back the stacks that V8 keeps for the next.
  SetStackFlags(128, 984);
  EXPECT_NEAR(DepthOfFiber(guest), fiber / 4, fiber / 20);
  EXPECT_NEAR(DepthOfPlain(guest), plain, plain / 20);
  guest.FullGc();
  SetStackFlags(kStackKb, 984);
}

// --- The memory of stacks ---

// davit's page allocator knows stacks by their length and how they are asked for.
TEST_F(FiberFacts, AStackIsOneReadWriteRangeOfTheFlagAnd40KbWithinStackSize) {
  struct {
    size_t flag_kb, stack_size_kb, bytes;
  } const rows[] = {
      {64, 984, 104 << 10},   {65, 984, 108 << 10},     {128, 984, 168 << 10},
      {512, 984, 552 << 10},  {944, 984, 984 << 10},    {945, 984, 984 << 10},
      {2000, 984, 984 << 10}, {2000, 4000, 2040 << 10}, {512, 513, 516 << 10},
  };
  const TestGuest::Lock lock(guest_);
  for (const auto& row : rows) {
    SCOPED_TRACE(row.flag_kb);
    EXPECT_EQ(TestStackBytes(row.flag_kb, row.stack_size_kb), row.bytes);
    if (row.flag_kb + 40 <= row.stack_size_kb) {
      EXPECT_EQ(StackBytes(row.flag_kb, pages_.AllocatePageSize()), row.bytes);
    }
    guest_.FullGc();
    SetStackFlags(row.flag_kb, row.stack_size_kb);
    pages_.Record();
    auto fibers = Parked(10);
    const std::vector<PageCall> calls = pages_.TakeCalls();
    const std::vector<std::byte*> stacks = StacksIn(calls, row.bytes);
    EXPECT_THAT(stacks, SizeIs(10));
    EXPECT_THAT(OthersOf(calls, stacks, row.bytes), IsEmpty());
    for (const PageCall& call : calls) {
      if (!std::ranges::binary_search(stacks, call.address)) continue;
      EXPECT_EQ(call.hint, nullptr);
      EXPECT_EQ(call.alignment, pages_.AllocatePageSize());
      EXPECT_EQ(call.permissions, v8::PageAllocator::kReadWrite);
    }
    ExpectAllGoOn(fibers);
  }
  guest_.FullGc();
  SetStackFlags(kStackKb, 984);
}

// An allocator that pools stacks sees none of a fiber that follows another, and all of them go back
// at a full collection.
TEST_F(FiberFacts, StacksOfFibersThatEndedAreReusedOrDecommittedAtAFullCollection) {
  const size_t length = TestStackBytes(kStackKb);
  const TestGuest::Lock lock(guest_);
  pages_.Record();
  for (int i = 0; i < 100; ++i) {
    auto fibers = Parked(5);
    ExpectAllGoOn(fibers);
  }
  const std::vector<PageCall> used = pages_.TakeCalls();
  const std::vector<std::byte*> stacks = StacksIn(used, length);
  EXPECT_THAT(stacks, SizeIs(5));
  EXPECT_THAT(OthersOf(used, stacks, length), IsEmpty());
  pages_.Record();
  guest_.MinorGc();
  EXPECT_THAT(OthersOf(pages_.TakeCalls(), stacks, length), IsEmpty());
  pages_.Record();
  guest_.FullGc();
  EXPECT_EQ(DecommittedOf(pages_.TakeCalls(), stacks, length), stacks);
}

// davit has to make decommits of stacks free them: V8 does nothing more.
TEST_F(FiberFacts, AStackThatIsDecommittedIsNeverFreedByV8) {
  const size_t length = TestStackBytes(kStackKb);
  std::vector<std::byte*> stacks;
  {
    TestGuest guest;
    const TestGuest::Lock lock(guest);
    pages_.Record();
    std::vector<TestFiber> fibers(20);
    for (TestFiber& fiber : fibers) EXPECT_TRUE(guest.Start(fiber, guest.Promising("run"), 0));
    stacks = StacksIn(pages_.TakeCalls(), length);
    EXPECT_THAT(stacks, SizeIs(20));
    pages_.Record();
    for (TestFiber& fiber : fibers) EXPECT_TRUE(guest.Resume(fiber, kReturn));
    guest.FullGc();
    EXPECT_EQ(DecommittedOf(pages_.TakeCalls(), stacks, length), stacks);
    pages_.Record();
  }
  EXPECT_THAT(OthersOf(pages_.TakeCalls(), stacks, length), IsEmpty());
  EXPECT_TRUE(std::ranges::all_of(stacks, IsMapped));
  for (std::byte* const stack : stacks) {
    EXPECT_TRUE(pages_.FreePages(stack, length));
    EXPECT_FALSE(IsMapped(stack));
  }
}

// V8 writes what it needs to a stack before it reads it: zeroes or what was left there serve alike.
TEST_F(FiberFacts, ADecommittedRangeServesTheNextStack) {
  const size_t length = TestStackBytes(kStackKb);
  const TestGuest::Lock lock(guest_);
  guest_.FullGc();
  pages_.PoolRangesOf(length);
  std::vector<std::byte*> first;
  for (int round = 0; round < 3; ++round) {
    pages_.Record();
    auto fibers = Parked(50, /*depth=*/round);
    const std::vector<std::byte*> stacks = StacksIn(pages_.TakeCalls(), length);
    EXPECT_THAT(stacks, SizeIs(50));
    EXPECT_EQ(pages_.pooled(), 0);
    if (round == 0) first = stacks;
    EXPECT_EQ(stacks, first);
    ExpectAllGoOn(fibers);
    guest_.FullGc();
    EXPECT_EQ(pages_.pooled(), 50);
  }
  pages_.PoolRangesOf(0);
}

// However a fiber ends, its stack goes.
TEST_F(FiberFacts, StacksOfTrappedAndTerminatedFibersAreDecommitted) {
  const size_t length = TestStackBytes(kStackKb);
  const TestGuest::Lock lock(guest_);
  TerminateSpinners();
  pages_.Record();
  auto fibers = Parked(20);
  const std::vector<std::byte*> stacks = StacksIn(pages_.TakeCalls(), length);
  pages_.Record();
  for (size_t i = 0; i < fibers.size(); ++i) {
    EXPECT_EQ(guest_.Resume(fibers[i], i % 2 == 0 ? kUnreachable : kSpin), i % 2 == 0);
    guest_.isolate()->CancelTerminateExecution();
  }
  fibers.clear();
  guest_.FullGc();
  guest_.FullGc();
  EXPECT_EQ(DecommittedOf(pages_.TakeCalls(), stacks, length), stacks);
}

// Whoever drops a parked guest has to unwind it: its stack and all that it holds would stay.
TEST_F(FiberFacts, ParkedStacksThatNobodyKeepsAPromiseOfAreNeverCollected) {
  const size_t length = TestStackBytes(kStackKb);
  const TestGuest::Lock lock(guest_);
  pages_.Record();
  Parked(100).clear();
  const std::vector<PageCall> calls = pages_.TakeCalls();
  const std::vector<std::byte*> stacks = StacksIn(calls, length);
  EXPECT_THAT(stacks, SizeIs(100));
  pages_.Record();
  guest_.FullGc();
  guest_.FullGc();
  EXPECT_THAT(OthersOf(pages_.TakeCalls(), stacks, length), IsEmpty());
}

// A lost fiber can be neither run nor unwound: a cell that has lost many has to go.
TEST_F(FiberFacts, TheStackOfALostFiberStays) {
  const size_t length = TestStackBytes(kStackKb);
  const TestGuest::Lock lock(guest_);
  TerminateSpinners();
  pages_.Record();
  auto fibers = Parked(2);
  const std::vector<std::byte*> stacks = StacksIn(pages_.TakeCalls(), length);
  guest_.Resolve(fibers[0], kSpin);
  guest_.Resolve(fibers[1], kReturn);
  EXPECT_FALSE(guest_.Checkpoint());
  guest_.isolate()->CancelTerminateExecution();
  fibers.clear();
  pages_.Record();
  guest_.FullGc();
  guest_.FullGc();
  EXPECT_THAT(DecommittedOf(pages_.TakeCalls(), stacks, length), SizeIs(1));
}

// A cell is dropped without unwinding its fibers.
TEST_F(FiberFacts, DisposeDecommitsTheStacksOfParkedFibers) {
  const size_t length = TestStackBytes(kStackKb);
  std::vector<std::byte*> stacks;
  {
    TestGuest guest;
    const TestGuest::Lock lock(guest);
    pages_.Record();
    std::vector<TestFiber> fibers(100);
    for (TestFiber& fiber : fibers) EXPECT_TRUE(guest.Start(fiber, guest.Promising("run"), 0));
    stacks = StacksIn(pages_.TakeCalls(), length);
    EXPECT_THAT(stacks, SizeIs(100));
    pages_.Record();
  }
  EXPECT_EQ(DecommittedOf(pages_.TakeCalls(), stacks, length), stacks);
}

}  // namespace
}  // namespace davit::engine
