#include "runtime/canon/reservation.h"

#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/limits.h"
#include "runtime/base/trap.h"
#include "runtime/canon/test_memory.h"

namespace davit::canon {
namespace {

absl::Status OutOfMemory() {
  return base::TrapStatus(base::TrapCode::kUnreachable, "out of memory");
}

TEST(Reservation, GivesWhatWasNotedInOrderAndNothingAfterIt) {
  TestMemory memory;
  Reservation areas;
  areas.Add(8, 24);
  areas.Add(1, 3);
  const auto first = areas.Take(memory, 8, 24);
  const auto second = areas.Take(memory, 1, 3);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(**first % 8, 0u);
  EXPECT_EQ(**second, **first + 24);
  EXPECT_EQ(areas.Take(memory, 1, 1).value(), std::nullopt);
  EXPECT_EQ(memory.calls(), (std::vector<ReallocCall>{{0, 0, 8, 24}, {0, 0, 1, 3}}));
}

TEST(Reservation, NotesNothingOnceClosed) {
  TestMemory memory;
  Reservation areas;
  areas.Add(1, 1);
  areas.Close();
  areas.Add(1, 1);
  EXPECT_EQ(areas.Wanted().size(), 1 * GuestMemory::kReallocSlots);
}

TEST(Reservation, ClosesBeforeWhatIsTooLarge) {
  Reservation areas;
  areas.Add(1, base::kMaxListByteLength);
  EXPECT_FALSE(areas.closed());
  areas.Add(1, uint64_t{base::kMaxListByteLength} + 1);
  EXPECT_TRUE(areas.closed());
  EXPECT_EQ(areas.Wanted().size(), 1 * GuestMemory::kReallocSlots);
}

TEST(Reservation, NotesSoManyAndNoMore) {
  TestMemory memory;
  memory.KeepNoLog();
  Reservation areas;
  for (size_t i = 0; i < Reservation::kMaxAreas; ++i) areas.Add(1, 1);
  EXPECT_FALSE(areas.closed());
  areas.Add(1, 1);
  EXPECT_TRUE(areas.closed());
  for (size_t i = 0; i < Reservation::kMaxAreas; ++i) {
    ASSERT_EQ(areas.Take(memory, 1, 1).value(), 1024 + i) << "over the end of many batches";
  }
  EXPECT_EQ(areas.Take(memory, 1, 1).value(), std::nullopt);
}

TEST(Reservation, AFailureComesAfterWhatWasGivenBefore) {
  TestMemory memory;
  memory.AnswerRealloc(100);
  memory.AnswerRealloc(OutOfMemory());
  Reservation areas;
  for (int i = 0; i < 3; ++i) areas.Add(1, 1);
  EXPECT_EQ(areas.Take(memory, 1, 1).value(), 100u);
  EXPECT_EQ(areas.Take(memory, 1, 1).status(), OutOfMemory());
  EXPECT_EQ(areas.Take(memory, 1, 1).status(), OutOfMemory());
  EXPECT_EQ(memory.calls().size(), 2u) << "nothing is tried again";
}

TEST(Reservation, AnotherAreaThanForeseenIsOurBug) {
  TestMemory memory;
  Reservation areas;
  areas.Add(4, 8);
  EXPECT_EQ(areas.Take(memory, 4, 12).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace davit::canon
