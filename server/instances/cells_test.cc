#include "server/instances/cells.h"

#include <memory>
#include <vector>

#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/component/test_host.h"
#include "server/instances/aim.h"

namespace davit::server {
namespace {

using ::absl_testing::IsOk;

class CellsTest : public ::testing::Test {
 protected:
  ~CellsTest() override {
    timer_.Stop();
    workers_.Stop();
  }

  FreshPool& PoolOf(const Tenant& tenant) { return cells_.FreshPoolOf(*cells_.Shared(tenant)); }
  // Makes so many instances wait for the next call of `tenant`.
  void Fill(const Tenant& tenant, size_t count) {
    engine::CellLock lock(*cell_);
    std::vector<FreshPool::Fresh> fresh;
    for (size_t i = 0; i < count; ++i) {
      auto taken = FreshPool::Make(lock, calc_, linker_, {}, nullptr, absl::InfiniteFuture(), aim_);
      ASSERT_THAT(taken, IsOk());
      fresh.push_back(*std::move(taken));
    }
    aim_.Set(nullptr);
    for (auto& one : fresh) PoolOf(tenant).GiveBack(lock, std::move(one));
  }
  // How many wait, which they do no longer.
  size_t TakeAll(const Tenant& tenant) {
    return PoolOf(tenant).TakeIdleSince(absl::InfiniteFuture()).size();
  }

  const std::shared_ptr<const component::Component> calc_ =
      component::CompileGuest("examples/calc.wasm");
  const std::shared_ptr<const component::Linker> linker_ =
      std::make_shared<const component::Linker>();
  const std::shared_ptr<engine::Cell> cell_ = *component::TestEngine().NewCell({});
  Aim aim_;
  const Tenant a_{"a"}, b_{"b"};
  WorkerPool workers_{{.kept_threads = 1}};
  Timer timer_;
  Scheduler scheduler_{{}, workers_, timer_};
  Cells cells_{component::TestEngine(), {}, scheduler_, workers_, timer_, 1};
};

TEST_F(CellsTest, ATenantInNeedGivesUpItsOwnFirst) {
  Fill(a_, 3);
  Fill(b_, 32);
  EXPECT_TRUE(cells_.MakeRoom(a_));
  EXPECT_EQ(TakeAll(a_), 0u);
  EXPECT_EQ(TakeAll(b_), 32u);
}

TEST_F(CellsTest, OthersKeepTheirShareHoweverOftenATenantIsInNeed) {
  Fill(b_, 32);
  EXPECT_TRUE(cells_.MakeRoom(a_));
  EXPECT_FALSE(cells_.MakeRoom(a_));
  EXPECT_EQ(TakeAll(b_), 8u);
}

}  // namespace
}  // namespace davit::server
