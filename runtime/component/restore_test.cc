#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/component/instance.h"
#include "runtime/component/test_host.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;
using ::absl_testing::StatusIs;

// What two instances of a guest answer to the same calls, one of them new, one used and restored.
void ExpectRestored(std::string_view guest, const std::vector<std::string>& use,
                    const std::vector<std::string>& calls) {
  TestInstance used(guest), fresh(guest);
  {
    engine::CellLock lock(used.cell());
    ASSERT_THAT(used.instance().MakeRestorable(lock), IsOkAndHolds(true)) << guest;
  }
  for (int round = 0; round < 3; ++round) {
    for (const std::string& call : use) ASSERT_THAT(used.Call(call), IsOk()) << call;
    engine::CellLock lock(used.cell());
    ASSERT_THAT(used.instance().Restore(lock), IsOkAndHolds(true)) << guest;
  }
  for (const std::string& call : calls) {
    const auto expected = fresh.Call(call);
    ASSERT_THAT(expected, IsOk());
    EXPECT_THAT(used.Call(call), IsOkAndHolds(*expected)) << call;
  }
}

TEST(Restore, TakesBackMemoriesAndGlobals) {
  ExpectRestored("tests/guests/rust/values.wasm",
                 {"test:values/faults#calls()", "test:values/faults#calls()"},
                 {"test:values/faults#calls()", "test:values/counters#live()"});
  ExpectRestored("tests/guests/wat/post_return.wasm", {"text()", "text()"}, {"count()"});
}

TEST(Restore, TakesBackHandles) {
  ExpectRestored("tests/guests/wat/handles.wasm",
                 {"make(1)", "make(2)", "hoard(10)", "make-and-drop(3)"},
                 {"destroyed()", "last-destroyed()"});
  TestInstance guest("tests/guests/wat/handles.wasm");
  engine::CellLock lock(guest.cell());
  ASSERT_THAT(guest.instance().MakeRestorable(lock), IsOkAndHolds(true));
  const auto made = guest.Call("make(1)");
  ASSERT_THAT(made, IsOk());
  ASSERT_THAT(guest.instance().Restore(lock), IsOkAndHolds(true));
  EXPECT_EQ(guest.instance().Resources(lock).size(), 0);
  EXPECT_THAT(guest.Call(absl::StrCat("rep(", *made, ")")),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(guest.Call("rep-of(1)"), StatusIs(absl::StatusCode::kUnknown))
      << "the guest's own handle is gone too";
}

TEST(Restore, WorksWithSeveralModulesAndInstances) {
  ExpectRestored("tests/guests/wat/two_modules.wasm", {"answer(1)"}, {"answer(2)"});
  ExpectRestored("tests/guests/wat/composed.wasm", {"loop-add(5)"}, {"loop-add(5)"});
}

TEST(Restore, IsNotPromisedAfterAStartFunction) {
  TestInstance guest("tests/guests/wat/start_counts.wasm");
  engine::CellLock lock(guest.cell());
  EXPECT_THAT(guest.instance().MakeRestorable(lock), IsOkAndHolds(false));
}

TEST(Restore, IsNotPromisedForGlobalsThatBeginAsNaN) {
  TestInstance guest("tests/guests/wat/nan_globals.wasm");
  engine::CellLock lock(guest.cell());
  EXPECT_THAT(guest.instance().MakeRestorable(lock), IsOkAndHolds(false));
  EXPECT_THAT(guest.Call("single()"), IsOkAndHolds("2141192192"));
  EXPECT_THAT(guest.Call("double()"), IsOkAndHolds("9219994337134247936"));
}

TEST(Restore, FailsAfterATrapAndAfterAMemoryHasGrown) {
  TestInstance guest("tests/guests/rust/values.wasm");
  engine::CellLock lock(guest.cell());
  ASSERT_THAT(guest.instance().MakeRestorable(lock), IsOkAndHolds(true));
  ASSERT_THAT(guest.Call("test:values/faults#allocate(10000000)"), IsOk());
  EXPECT_THAT(guest.instance().Restore(lock), IsOkAndHolds(false));
  ASSERT_FALSE(guest.Call("test:values/faults#panic(\"x\")").ok());
  EXPECT_THAT(guest.instance().Restore(lock), IsOkAndHolds(false));
}

}  // namespace
}  // namespace davit::component
