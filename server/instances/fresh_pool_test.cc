#include "server/instances/fresh_pool.h"

#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status_matchers.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/component/test_host.h"

namespace davit::server {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::StatusIs;
using component::Component;
using component::Instance;

constexpr uint64_t kPage = 65'536;  // both start with a memory of one

class FreshPoolTest : public ::testing::Test {
 protected:
  FreshPool Pool(const FreshPool::Options& options) {
    return FreshPool(
        options, [this] { ++told_idle_; },
        [this](std::unique_ptr<Instance> instance) { ended_.push_back(std::move(instance)); });
  }
  absl::StatusOr<FreshPool::Fresh> Make(const std::shared_ptr<const Component>& component) {
    return FreshPool::Make(lock_, component, linker_, {}, nullptr, absl::InfiniteFuture(), aim_);
  }
  FreshPool::Fresh Take(FreshPool& pool, const std::shared_ptr<const Component>& component) {
    FreshPool::Fresh idle = pool.TakeIdle(*component, aim_);
    if (idle.instance != nullptr) return idle;
    auto fresh = Make(component);
    EXPECT_THAT(fresh, IsOk());
    return *std::move(fresh);
  }
  // Takes and gives back so many at once; the one that was given back last.
  const Instance* Serve(FreshPool& pool, const std::shared_ptr<const Component>& component,
                        size_t count = 1) {
    std::vector<FreshPool::Fresh> fresh;
    fresh.reserve(count);
    for (size_t i = 0; i < count; ++i) fresh.push_back(Take(pool, component));
    const Instance* const last = fresh.back().instance.get();
    for (auto& one : fresh) pool.GiveBack(lock_, std::move(one));
    return last;
  }
  // In a pool with room for two the third makes the oldest go.
  void ExpectRoomForTwo(FreshPool& pool) {
    Serve(pool, other_);
    Serve(pool, calc_);
    EXPECT_TRUE(TakesOneThatWaits(pool, other_));
    Serve(pool, other_);
    Serve(pool, calc_, 2);
    EXPECT_EQ(stores(), 2u) << "one too many";
    EXPECT_FALSE(TakesOneThatWaits(pool, other_));
  }
  size_t stores() const { return cell_->live_stores(); }
  // Whether one of `component` waits, which it does no longer.
  bool TakesOneThatWaits(FreshPool& pool, const std::shared_ptr<const Component>& component) {
    const size_t before = stores();
    const FreshPool::Fresh fresh = Take(pool, component);
    return stores() == before;
  }

  const std::shared_ptr<const Component> calc_ = component::CompileGuest("examples/calc.wasm");
  const std::shared_ptr<const Component> other_ =
      component::CompileGuest("tests/guests/wat/post_return.wasm");
  const std::shared_ptr<engine::Cell> cell_ = *component::TestEngine().NewCell({});
  engine::CellLock lock_{*cell_};
  const std::shared_ptr<const component::Linker> linker_ =
      std::make_shared<const component::Linker>();
  Aim aim_;
  int told_idle_ = 0;
  std::vector<std::unique_ptr<Instance>> ended_;  // elsewhere
};

TEST_F(FreshPoolTest, AnInstanceServesItsComponentAgain) {
  FreshPool pool = Pool({});
  const Instance* const first = Serve(pool, calc_);
  EXPECT_EQ(told_idle_, 1);
  EXPECT_FALSE(TakesOneThatWaits(pool, other_)) << "not another one";
  EXPECT_EQ(Take(pool, calc_).instance.get(), first);
  EXPECT_FALSE(pool.has_idle());
}

TEST_F(FreshPoolTest, TheOneThatWasUsedLastServesFirst) {
  FreshPool pool = Pool({});
  const Instance* const last = Serve(pool, calc_, 3);
  EXPECT_EQ(Take(pool, calc_).instance.get(), last);
}

TEST_F(FreshPoolTest, SoManyWaitAndTheOldestGivesWay) {
  FreshPool pool = Pool({.most_idle = 2});
  ExpectRoomForTwo(pool);
}

TEST_F(FreshPoolTest, TheyWaitWithSoManyBytes) {
  FreshPool pool = Pool({.most_idle_bytes = 2 * kPage});
  ASSERT_EQ(Take(pool, calc_).instance->memory_bytes(), kPage);
  ExpectRoomForTwo(pool);
  // What is taken out no longer counts.
  EXPECT_TRUE(TakesOneThatWaits(pool, calc_) && TakesOneThatWaits(pool, calc_));
  Serve(pool, other_);
  Serve(pool, calc_);
  EXPECT_TRUE(TakesOneThatWaits(pool, other_) && TakesOneThatWaits(pool, calc_));
}

TEST_F(FreshPoolTest, OneThatIsTooLargeDoesNotWait) {
  FreshPool pool = Pool({.most_idle_bytes = kPage - 1});
  Serve(pool, calc_);
  EXPECT_FALSE(pool.has_idle());
  EXPECT_EQ(stores(), 0u);
}

TEST_F(FreshPoolTest, ThoseThatWaitedLongAreDropped) {
  FreshPool pool = Pool({});
  Serve(pool, other_);
  const absl::Time middle = absl::Now();
  while (absl::Now() <= middle) {
  }
  Serve(pool, calc_);
  EXPECT_EQ(pool.TakeIdleSince(middle).size(), 1u);
  EXPECT_EQ(pool.TakeIdleSince(middle).size(), 0u) << "there is none any more";
  EXPECT_FALSE(TakesOneThatWaits(pool, other_));
  EXPECT_TRUE(TakesOneThatWaits(pool, calc_));
}

TEST_F(FreshPoolTest, AQuarterOfWhatMayWaitIsLeftWhoeverNeedsRoom) {
  FreshPool pool = Pool({.most_idle = 8});
  Serve(pool, calc_, 7);
  EXPECT_EQ(pool.TakeAboveShare().size(), 5u);
  EXPECT_EQ(pool.TakeAboveShare().size(), 0u);
  FreshPool heavy = Pool({.most_idle_bytes = 8 * kPage});
  Serve(heavy, calc_, 7);
  EXPECT_EQ(heavy.TakeAboveShare().size(), 5u);
  EXPECT_EQ(heavy.TakeAboveShare().size(), 0u);
}

TEST_F(FreshPoolTest, OneWithMuchMemoryEndsElsewhere) {
  FreshPool pool = Pool({.most_idle_bytes = 0});
  Serve(pool, calc_);
  EXPECT_EQ(ended_.size(), 0u);
  Serve(pool, component::CompileGuest("tests/guests/wat/roomy.wasm"));
  EXPECT_EQ(ended_.size(), 1u);
}

TEST_F(FreshPoolTest, IsAimedAtWhileItIsMade) {
  FreshPool pool = Pool({});
  const auto looping = component::CompileGuest("tests/guests/wat/start_loops.wasm");
  std::atomic<bool> over = false;
  std::thread other([&] {
    while (!over) aim_.Terminate(engine::Termination::kCancelled);
  });
  const auto fresh = Make(looping);
  over = true;
  other.join();
  EXPECT_THAT(fresh, StatusIs(absl::StatusCode::kCancelled));
}

}  // namespace
}  // namespace davit::server
