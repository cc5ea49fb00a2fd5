#include "server/rpc/tether.h"

#include <memory>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace davit::server {
namespace {

TEST(TetherTest, LeadsToItsOwnerUntilItIsCut) {
  int woken = 0, entered = 0;
  Tether tether([&] { ++woken; });
  tether.Wake();
  tether.Enter([&] { ++entered; });
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(entered, 1);
  tether.Cut();
  tether.Wake();
  tether.Enter([&] { ++entered; });
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(entered, 1);
}

TEST(TetherTest, MayBeEnteredWithin) {
  int entered = 0;
  Tether tether([&] { ++entered; });
  tether.Enter([&] { tether.Wake(); });
  EXPECT_EQ(entered, 1);
}

TEST(TetherTest, IsCutWhenNobodyIsWithin) {
  absl::Notification is_within, may_leave;
  bool has_left = false;
  Tether tether([] {});
  std::thread other([&] {
    tether.Enter([&] {
      is_within.Notify();
      may_leave.WaitForNotification();
      has_left = true;
    });
  });
  is_within.WaitForNotification();
  std::thread cutter([&] {
    tether.Cut();
    EXPECT_TRUE(has_left);
  });
  may_leave.Notify();
  cutter.join();
  other.join();
}

}  // namespace
}  // namespace davit::server
