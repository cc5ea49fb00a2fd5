#include <memory>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/component/instance.h"
#include "runtime/component/linker.h"
#include "runtime/component/test_host.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;
using ::absl_testing::StatusIs;
using ::testing::HasSubstr;

TEST(Resources, AreHeldByNameUntilPassedBackOrDropped) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  guest.instance().SetResourcePrefix("i/resources/");
  EXPECT_THAT(guest.Call("make(7)"), IsOkAndHolds("\"i/resources/1\""));
  EXPECT_THAT(guest.Call("make(8)"), IsOkAndHolds("\"i/resources/2\""));
  EXPECT_THAT(guest.Call("rep(\"i/resources/1\")"), IsOkAndHolds("7"));
  EXPECT_THAT(guest.Call("take(\"i/resources/1\")"), IsOkAndHolds("7"));
  EXPECT_THAT(guest.Call("take(\"i/resources/1\")"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("i/resources/1")));
  EXPECT_THAT(guest.instance().poison(), IsOk());
  engine::CellLock lock(guest.cell());
  const auto held = guest.instance().Resources(lock);
  ASSERT_EQ(held.size(), 1);
  EXPECT_EQ(held[0].name, "i/resources/2");
  EXPECT_EQ(held[0].type, "thing");
  EXPECT_THAT(guest.instance().DropResource(lock, held[0].name, absl::InfiniteFuture()), IsOk());
  EXPECT_THAT(guest.instance().DropResource(lock, held[0].name, absl::InfiniteFuture()),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST(Resources, PoisonTheInstanceWhenTheirDestructorTraps) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  ASSERT_THAT(guest.Call("make(666)"), IsOk());
  engine::CellLock lock(guest.cell());
  const absl::Status status =
      guest.instance().DropResource(lock, "resource/1", absl::InfiniteFuture());
  EXPECT_EQ(TrapCodeOf(status), base::TrapCode::kUnreachable);
  EXPECT_THAT(guest.instance().poison(), StatusIs(absl::StatusCode::kUnknown));
}

TEST(Resources, HaveALimitOfCopiedBytesForEachDestructor) {
  TestInstance guest("tests/guests/wat/telling_destructor.wasm", {.host_copy_bytes = 1500});
  for (int i = 0; i < 3; ++i) ASSERT_THAT(guest.Call("things#make()"), IsOk());
  ASSERT_THAT(guest.Call("things#bytes(1400)"), IsOk());
  engine::CellLock lock(guest.cell());
  for (const HeldResource& held : guest.instance().Resources(lock)) {
    EXPECT_THAT(guest.instance().DropResource(lock, held.name, absl::InfiniteFuture()), IsOk())
        << "whatever a call or another destructor has copied";
  }
}

TEST(Resources, AreUsedUntilTheEndOfTheCallThatBorrowsThem) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  ASSERT_THAT(guest.Call("make(1)"), IsOk());
  const absl::Time begin = absl::Now();
  ASSERT_THAT(guest.Call("use(\"resource/1\", 200000000)"), IsOk());
  const absl::Time middle = begin + (absl::Now() - begin) / 2;
  engine::CellLock lock(guest.cell());
  EXPECT_GT(guest.instance().Resources(lock).at(0).last_used, middle);
  EXPECT_THAT(guest.instance().ResourcesIdleSince(lock, middle, 9).resources, testing::IsEmpty());
}

TEST(Resources, AreIdleSinceTheirLastUse) {
  TestInstance guest("tests/guests/wat/handles.wasm");
  for (int i = 0; i < 4; ++i) ASSERT_THAT(guest.Call("make(1)"), IsOk());
  engine::CellLock lock(guest.cell());
  const auto held = guest.instance().Resources(lock);
  const auto idle = guest.instance().ResourcesIdleSince(lock, held[2].last_used, 2);
  ASSERT_EQ(idle.resources.size(), 2);
  EXPECT_EQ(idle.resources[0].name, held[0].name);
  EXPECT_EQ(idle.resources[1].name, held[1].name);
  EXPECT_EQ(idle.next, held[2].last_used) << "there was no room for it";
  EXPECT_EQ(guest.instance().ResourcesIdleSince(lock, held[2].last_used, 9).next,
            held[3].last_used);
  EXPECT_EQ(guest.instance().ResourcesIdleSince(lock, held[3].last_used, 9).next,
            absl::InfiniteFuture());
}

// A host function that drops a resource of the instance that has called it, in mid-call.
class DroppedInACallTest : public ::testing::Test {
 protected:
  DroppedInACallTest() {
    auto linker = std::make_shared<Linker>();
    const auto tell = [this](const canon::ValArgs&, canon::ValArgs& results) {
      engine::CellLock lock(guest_->cell());
      dropped_ = guest_->instance().DropResource(lock, "resource/1", absl::InfiniteFuture());
      results.Add()->set_string("told");
      return absl::OkStatus();
    };
    EXPECT_THAT(linker->DefineFunc("", "tell", OverVals(tell)), IsOk());
    guest_ = std::make_unique<TestInstance>("tests/guests/wat/tells_host.wasm",
                                            InstanceLimits{.host_copy_bytes = 1500}, linker);
  }

  std::unique_ptr<TestInstance> guest_;
  absl::Status dropped_;
};

TEST_F(DroppedInACallTest, IsRefusedAndTheCallGoesOn) {
  ASSERT_THAT(guest_->Call("make()"), IsOkAndHolds("\"resource/1\""));
  EXPECT_THAT(guest_->Call("ask()"), IsOkAndHolds("4"));
  EXPECT_THAT(dropped_, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(guest_->instance().poison(), IsOk());
  engine::CellLock lock(guest_->cell());
  EXPECT_THAT(guest_->instance().DropResource(lock, "resource/1", absl::InfiniteFuture()), IsOk());
}

TEST_F(DroppedInACallTest, LeavesTheCallItsBudget) {
  ASSERT_THAT(guest_->Call("make()"), IsOk());
  EXPECT_THAT(guest_->Call("ask-twice(700)"), IsOk()) << "2 x 700 bytes of 1,500";
  EXPECT_EQ(TrapCodeOf(guest_->Call("ask-twice(800)").status()), base::TrapCode::kHostCopyLimit);
}

}  // namespace
}  // namespace davit::component
