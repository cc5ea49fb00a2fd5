#include <string>

#include "absl/status/status.h"
#include "absl/status/status_matchers.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/trap.h"
#include "runtime/component/instance.h"
#include "runtime/component/test_host.h"

namespace davit::component {
namespace {

using ::absl_testing::IsOk;
using ::absl_testing::IsOkAndHolds;

// Has so many bytes, and says how many were asked for.
class FakeRoom final : public ResultRoom {
 public:
  explicit FakeRoom(uint64_t bytes) : bytes_(bytes) {}
  bool Take(uint64_t bytes) override {
    taken_ += bytes;
    return taken_ <= bytes_;
  }
  uint64_t taken() const { return taken_; }

 private:
  const uint64_t bytes_;
  uint64_t taken_ = 0;
};

class ResultRoomTest : public ::testing::Test {
 protected:
  // Calls echo-string of so many bytes; the size of what comes back.
  absl::StatusOr<size_t> Echo(size_t bytes, ResultRoom* room) {
    engine::CellLock lock(calc_.cell());
    canon::ValArgs args, results;
    args.Add()->set_string(std::string(bytes, 'x'));
    const auto func = calc_.instance().component().FindFunc("bench:calc/api#echo-string");
    const absl::Status status = calc_.instance().Call(
        lock, *func, args, results, absl::InfiniteFuture(), PostReturnMode::kAutomatic, room);
    if (!status.ok()) {
      EXPECT_EQ(results.size(), 0);
      return status;
    }
    return results[0].string().size();
  }

  TestInstance calc_{"examples/calc.wasm"};
};

TEST_F(ResultRoomTest, IsNotAskedForSmallResults) {
  FakeRoom none(0);
  EXPECT_THAT(Echo(10'000, &none), IsOkAndHolds(10'000));
  EXPECT_EQ(none.taken(), 0);
}

TEST_F(ResultRoomTest, IsTakenAsResultsGrow) {
  FakeRoom room(2'000'000);
  EXPECT_THAT(Echo(1'000'000, &room), IsOkAndHolds(1'000'000));
  EXPECT_GE(room.taken(), 1'000'000u - (64u << 10));
}

TEST_F(ResultRoomTest, WhatFindsNoneIsDroppedAndTheInstanceServesOn) {
  FakeRoom room(500'000);
  const absl::Status refused = Echo(1'000'000, &room).status();
  EXPECT_EQ(base::LimitOf(refused), "result_room") << refused;
  EXPECT_THAT(calc_.instance().poison(), IsOk());
  EXPECT_THAT(Echo(1'000'000, nullptr), IsOkAndHolds(1'000'000));
}

TEST_F(ResultRoomTest, DoesNotExtendTheCopyBudget) {
  TestInstance calc("examples/calc.wasm", {.host_copy_bytes = 100'000});
  FakeRoom room(uint64_t{1} << 40);
  engine::CellLock lock(calc.cell());
  canon::ValArgs args, results;
  args.Add()->set_string(std::string(200'000, 'x'));
  const auto func = calc.instance().component().FindFunc("bench:calc/api#echo-string");
  const absl::Status status = calc.instance().Call(
      lock, *func, args, results, absl::InfiniteFuture(), PostReturnMode::kAutomatic, &room);
  EXPECT_EQ(TrapCodeOf(status), base::TrapCode::kHostCopyLimit);
}

}  // namespace
}  // namespace davit::component
