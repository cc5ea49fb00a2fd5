// What many guests that wait cost, and what is left of them.

#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/engine/engine_test_util.h"
#include "runtime/engine/store/fiber.h"
#include "runtime/engine/test_steps.h"

namespace davit::engine {

EngineOptions TestOptions() { return {}; }

namespace {

constexpr uint32_t kFibers = 50'000;
constexpr uint64_t kMiB = 1 << 20;

uint64_t StatusBytes(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(key)) return std::stoull(line.substr(key.size() + 1)) * 1024;
  }
  return 0;
}

int Maps() {
  std::ifstream file("/proc/self/maps");
  int maps = 0;
  for (std::string line; std::getline(file, line);) ++maps;
  return maps;
}

class ManyFibersTest : public ::testing::Test {
 protected:
  ManyFibersTest() {
    guest_.host().set_frame_body([this](uint32_t, HostFrame& frame) {
      frame.Continue<Wait>(frame.slots(), parks_, &destroyed_);
      return absl::OkStatus();
    });
  }
  CellLock& lock() { return guest_.lock(); }

  TestGuest guest_{"steps",
                   {Signature("i32 i32 -> i32"), Signature("i32 i32 -> i32")},
                   {},
                   NewTestCell({.max_stacks = kFibers})};
  const FuncId ask_ = guest_.Func("ask", "i32 i32 -> i32");
  int parks_ = 1;
  int destroyed_ = 0;
};

TEST_F(ManyFibersTest, FiftyThousandWaitAndLeaveNothingWhenTheyAreKilled) {
  struct Waiting {
    std::unique_ptr<Fiber> fiber;
    std::unique_ptr<Call> call;
  };
  const uint64_t resident = StatusBytes("VmRSS"), address_space = StatusBytes("VmSize");
  const int maps = Maps();
  {
    std::vector<Waiting> waiting(kFibers);
    for (Waiting& one : waiting) {
      one.call = std::make_unique<Call>(ask_, std::vector<CoreSlot>{1, 2});
      one.fiber = Fiber::Take(lock(), guest_.store()).value();
      ASSERT_EQ(*one.fiber->Run(lock(), *one.call, absl::InfiniteFuture()),
                Fiber::Outcome::kParked);
    }
    EXPECT_FALSE(Fiber::Take(lock(), guest_.store()).ok()) << "the limit of the cell";
    EXPECT_LT(StatusBytes("VmRSS"), resident + kFibers * uint64_t{8 << 10}) << "8 KB each";
    EXPECT_LT(Maps(), maps + 600) << "64 MiB in one";
  }
  EXPECT_EQ(destroyed_, static_cast<int>(kFibers));
  // They are unwound some at a time, by whoever holds the lock next.
  guest_.Unlock();
  for (uint32_t i = 0; i < kFibers / 256 + 1; ++i) const CellLock turn(guest_.cell());
  guest_.Lock();
  EXPECT_EQ(*guest_.Call("add", "i32 i32 -> i32", {1, 2}), 3u);
  EXPECT_LT(StatusBytes("VmRSS"), resident + 100 * kMiB);
  EXPECT_LT(StatusBytes("VmSize"), address_space + 1024 * kMiB);
  EXPECT_LT(Maps(), maps + 200);
}

TEST_F(ManyFibersTest, AMillionWaitsInTurnLeaveNothing) {
  constexpr int kRound = 1000;
  parks_ = kRound;
  auto fiber = Fiber::Take(lock(), guest_.store()).value();
  const auto round = [&] {
    Call call(ask_, {1, 2});
    ASSERT_EQ(*fiber->Run(lock(), call, absl::InfiniteFuture()), Fiber::Outcome::kParked);
    for (int i = 1; i < kRound; ++i) {
      ASSERT_EQ(*fiber->Resume(lock(), absl::InfiniteFuture()), Fiber::Outcome::kParked);
    }
    ASSERT_EQ(*fiber->Resume(lock(), absl::InfiniteFuture()), Fiber::Outcome::kEnded);
    EXPECT_EQ(call.result(), 1003u);
  };
  for (int i = 0; i < 100; ++i) round();
  const uint64_t resident = StatusBytes("VmRSS"), address_space = StatusBytes("VmSize");
  for (int i = 0; i < 900; ++i) round();
  EXPECT_LT(StatusBytes("VmRSS"), resident + 32 * kMiB);
  EXPECT_LT(StatusBytes("VmSize"), address_space + 64 * kMiB);
  Fiber::Return(lock(), std::move(fiber));
}

TEST_F(ManyFibersTest, AHundredThousandTrapsAfterAWaitLeaveNothing) {
  const auto round = [&] {
    for (int i = 0; i < 1000; ++i) {
      Call call(ask_, {1, 2});
      auto fiber = Fiber::Take(lock(), guest_.store()).value();
      ASSERT_EQ(*fiber->Run(lock(), call, absl::InfiniteFuture()), Fiber::Outcome::kParked);
      EXPECT_EQ(fiber->Fail(lock(), absl::AbortedError("enough")).code(),
                absl::StatusCode::kAborted);
      Fiber::Return(lock(), std::move(fiber));
    }
  };
  for (int i = 0; i < 10; ++i) round();
  const uint64_t resident = StatusBytes("VmRSS"), address_space = StatusBytes("VmSize");
  for (int i = 0; i < 90; ++i) round();
  EXPECT_LT(StatusBytes("VmRSS"), resident + 64 * kMiB);
  EXPECT_LT(StatusBytes("VmSize"), address_space + 256 * kMiB);
}

}  // namespace
}  // namespace davit::engine
