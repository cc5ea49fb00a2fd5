// Bulk instructions do in pieces what they did in one go: the same bytes and elements, the same
// traps.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/base/trap.h"
#include "runtime/engine/engine_test_util.h"

namespace davit::engine {

EngineOptions TestOptions() { return {}; }

namespace {

using base::TrapCode;

constexpr uint32_t kPiece = 1 << 20, kBytes = 64 * 65536;
constexpr uint32_t kTablePiece = 8192, kElements = 100'000;

class BulkTest : public testing::Test {
 protected:
  absl::Status Do(std::string_view name, uint32_t a, uint32_t b, uint32_t n) {
    return guest_.Call(name, "i32 i32 i32 ->", {a, b, n}).status();
  }
  void ExpectTrap(TrapCode code, std::string_view name, uint32_t a, uint32_t b, uint32_t n) {
    const auto trap = base::TrapOf(Do(name, a, b, n));
    ASSERT_TRUE(trap.has_value()) << name << " " << a << " " << b << " " << n;
    EXPECT_EQ(trap->code, code) << trap->message;
    EXPECT_EQ(trap->frames.size(), 1u) << "the function that does the pieces is not the guest's";
  }
  std::span<uint8_t> View(std::string_view memory = "memory") {
    return guest_.store().View(guest_.Memory(memory));
  }
  // Different bytes everywhere, and what they are.
  std::vector<uint8_t> Scramble(std::string_view memory = "memory") {
    const std::span<uint8_t> view = View(memory);
    std::mt19937_64 random(7);
    for (size_t i = 0; i + 8 <= view.size(); i += 8) {
      const uint64_t bits = random();
      std::memcpy(&view[i], &bits, 8);
    }
    return {view.begin(), view.end()};
  }
  void ExpectMemory(const std::vector<uint8_t>& expected, std::string_view memory = "memory") {
    const std::span<uint8_t> view = View(memory);
    ASSERT_EQ(view.size(), expected.size());
    EXPECT_EQ(std::memcmp(view.data(), expected.data(), expected.size()), 0);
  }
  uint32_t Of(std::string_view table, uint32_t index) {
    const auto number = guest_.Call(table, "i32 -> i32", {index});
    EXPECT_TRUE(number.ok()) << number.status();
    return static_cast<uint32_t>(number.value_or(99));
  }

  TestGuest guest_{"bulk"};
};

// Lengths around the length of a piece, and places that make pieces end anywhere.
constexpr uint32_t kLengths[] = {0,          1,          kPiece - 1,     kPiece,
                                 kPiece + 1, 2 * kPiece, 2 * kPiece + 3, 3 * kPiece - 1};

TEST_F(BulkTest, FillWritesWhatItSays) {
  for (const auto& [name, memory] : {std::pair{"fill", "memory"}, {"fill_wide", "wide"}}) {
    for (const uint32_t length : kLengths) {
      std::vector<uint8_t> expected = Scramble(memory);
      ASSERT_TRUE(Do(name, 12345, 0x1ab, length).ok());
      std::fill_n(expected.begin() + 12345, length, 0xab);
      ExpectMemory(expected, memory);
    }
  }
}

TEST_F(BulkTest, CopyIsRightWhereSourceAndDestinationOverlap) {
  for (const auto& [name, memory] : {std::pair{"copy", "memory"}, {"copy_wide", "wide"}}) {
    for (const uint32_t length : kLengths) {
      for (const uint32_t distance : {0u, 1u, 4096u, kPiece - 1, kPiece, kPiece + 7}) {
        for (const bool forward : {true, false}) {
          std::vector<uint8_t> expected = Scramble(memory);
          const uint32_t to = forward ? 99 + distance : 99, from = forward ? 99 : 99 + distance;
          if (std::max(to, from) + length > kBytes) continue;
          ASSERT_TRUE(Do(name, to, from, length).ok());
          std::memmove(&expected[to], &expected[from], length);
          ExpectMemory(expected, memory);
        }
      }
    }
  }
}

TEST_F(BulkTest, CopyGoesBetweenMemoriesOfDifferentAddresses) {
  const std::vector<uint8_t> source = Scramble("wide");
  for (const auto& [to, from] : {std::pair{5u, 77u}, {77u, 5u}}) {
    std::vector<uint8_t> expected = Scramble();
    ASSERT_TRUE(Do("copy_out", to, from, 2 * kPiece + 1).ok());
    std::memcpy(&expected[to], &source[from], 2 * kPiece + 1);
    ExpectMemory(expected);
  }
}

TEST_F(BulkTest, InitTakesTheSegment) {
  ASSERT_TRUE(Do("init", 100, 10, 6).ok());
  EXPECT_EQ(std::memcmp(&View()[100], "abcdef", 6), 0);
  ExpectTrap(TrapCode::kMemoryOutOfBounds, "init", 100, 10, 7);
  ExpectTrap(TrapCode::kMemoryOutOfBounds, "init", 0, 10, 2 * kPiece);
  ExpectTrap(TrapCode::kMemoryOutOfBounds, "init", 0, UINT32_MAX, 2 * kPiece);
  ExpectTrap(TrapCode::kMemoryOutOfBounds, "init", kBytes - 5, 0, 6);
  ASSERT_TRUE(guest_.Call("drop_data", "->").ok());
  EXPECT_TRUE(Do("init", kBytes, 0, 0).ok());
  ExpectTrap(TrapCode::kMemoryOutOfBounds, "init", 0, 0, 1);
}

TEST_F(BulkTest, WhatIsOutOfBoundsTrapsBeforeItWritesAnything) {
  const std::vector<uint8_t> before = Scramble(), wide = Scramble("wide");
  for (const uint32_t length : {1u, kPiece, kPiece + 1, 3 * kPiece, kBytes, UINT32_MAX}) {
    const uint32_t past = length > kBytes ? 0 : kBytes - length + 1;
    ExpectTrap(TrapCode::kMemoryOutOfBounds, "fill", past, 1, length);
    ExpectTrap(TrapCode::kMemoryOutOfBounds, "fill_wide", past, 1, length);
    if (past > 0) {
      ExpectTrap(TrapCode::kMemoryOutOfBounds, "copy", past, past - 1, length);
      ExpectTrap(TrapCode::kMemoryOutOfBounds, "copy", past - 1, past, length);
      ExpectTrap(TrapCode::kMemoryOutOfBounds, "copy_wide", past, 0, length);
      ExpectTrap(TrapCode::kMemoryOutOfBounds, "copy_out", 0, past, length);
    }
  }
  ExpectTrap(TrapCode::kMemoryOutOfBounds, "fill", UINT32_MAX, 1, 2 * kPiece);
  ExpectMemory(before);
  ExpectMemory(wide, "wide");
}

TEST_F(BulkTest, TablesAreFilledAndCopied) {
  ASSERT_TRUE(Do("table_init", 0, 0, 4).ok());
  EXPECT_EQ(Of("of_u", 0), 1u);
  EXPECT_EQ(Of("of_u", 3), 2u);
  constexpr uint32_t kMany = 2 * kTablePiece + 5;
  ASSERT_TRUE(Do("table_fill", 10, /*u[1]*/ 1, kMany).ok());
  EXPECT_EQ(Of("of_t", 9), 0u);
  EXPECT_EQ(Of("of_t", 10), 2u);
  EXPECT_EQ(Of("of_t", 10 + kMany - 1), 2u);
  EXPECT_EQ(Of("of_t", 10 + kMany), 0u);
  ASSERT_TRUE(Do("table_fill", 10, /*u[0]*/ 0, 1).ok());
  for (const uint32_t to : {0u, 3u, 11u, 10 + kTablePiece}) {  // in both directions
    ASSERT_TRUE(Do("table_copy", to, 10, kMany).ok());
    EXPECT_EQ(Of("of_t", to), 1u) << to;
    EXPECT_EQ(Of("of_t", to + 1), 2u) << to;
    EXPECT_EQ(Of("of_t", to + kMany - 1), 2u) << to;
    ASSERT_TRUE(Do("table_copy", 10, to, kMany).ok());
    EXPECT_EQ(Of("of_t", 10), 1u);
  }
}

TEST_F(BulkTest, TablesTrapBeforeAnythingIsChanged) {
  ExpectTrap(TrapCode::kTableOutOfBounds, "table_fill", kElements - kTablePiece, 0,
             kTablePiece + 1);
  ExpectTrap(TrapCode::kTableOutOfBounds, "table_copy", 1, 0, kElements);
  ExpectTrap(TrapCode::kTableOutOfBounds, "table_copy", 0, 1, kElements);
  ExpectTrap(TrapCode::kTableOutOfBounds, "table_init", 0, 0, 2 * kTablePiece);
  ExpectTrap(TrapCode::kTableOutOfBounds, "table_init", 0, 3, 2);
  EXPECT_EQ(Of("of_t", kElements - 1), 0u);
  EXPECT_EQ(Of("of_u", 0), 0u);
}

}  // namespace
}  // namespace davit::engine
