#include "runtime/base/trap.h"

#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "gtest/gtest.h"

namespace davit::base {
namespace {

constexpr std::string_view kTrapUrl = "davit/Trap";

Trap FullTrap() {
  Trap trap;
  trap.code = TrapCode::kMemoryOutOfBounds;
  trap.message = "memory access out of bounds";
  trap.instance = "root.adapter";
  trap.frames.push_back({.module = "m", .function = "f", .function_index = 3, .offset = 0x123});
  trap.frames.push_back(
      {.module = "", .function = "", .function_index = UINT32_MAX, .offset = UINT64_MAX});
  return trap;
}

TEST(TrapStatus, CarriesTheWholeTrap) {
  const auto trap = TrapOf(TrapStatus(FullTrap()));
  ASSERT_TRUE(trap.has_value());
  EXPECT_EQ(trap->code, TrapCode::kMemoryOutOfBounds);
  EXPECT_EQ(trap->message, "memory access out of bounds");
  EXPECT_EQ(trap->instance, "root.adapter");
  ASSERT_EQ(trap->frames.size(), 2u);
  EXPECT_EQ(trap->frames[0].module, "m");
  EXPECT_EQ(trap->frames[0].function, "f");
  EXPECT_EQ(trap->frames[0].function_index, 3u);
  EXPECT_EQ(trap->frames[0].offset, 0x123u);
  EXPECT_EQ(trap->frames[1].function_index, UINT32_MAX);
  EXPECT_EQ(trap->frames[1].offset, UINT64_MAX);
}

TEST(TrapStatus, SaysWhatHappened) {
  EXPECT_EQ(TrapStatus(TrapCode::kUnreachable, "unreachable executed").message(),
            "wasm trap: unreachable executed");
  EXPECT_EQ(TrapStatus(TrapCode::kCannotEnter, "").message(), "wasm trap: CANNOT_ENTER");
}

TEST(TrapStatus, HasTheCodeOfItsKind) {
  const auto code = [](TrapCode trap) { return TrapStatus(trap, "x").code(); };
  EXPECT_EQ(code(TrapCode::kUnreachable), absl::StatusCode::kUnknown);
  EXPECT_EQ(code(TrapCode::kInvalidChar), absl::StatusCode::kUnknown);
  EXPECT_EQ(code(TrapCode::kHostError), absl::StatusCode::kUnknown);
  EXPECT_EQ(code(TrapCode::kTerminated), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(code(TrapCode::kStackOverflow), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(TrapCode::kHandleTableFull), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(TrapCode::kHeapLimit), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(code(TrapCode::kHostCopyLimit), absl::StatusCode::kResourceExhausted);
}

TEST(TrapOf, GivesNothingForOtherStatuses) {
  EXPECT_FALSE(TrapOf(absl::OkStatus()).has_value());
  EXPECT_FALSE(TrapOf(absl::UnknownError("wasm trap: unreachable")).has_value());
  EXPECT_FALSE(IsTrap(absl::UnknownError("wasm trap: unreachable")));
  EXPECT_TRUE(IsTrap(TrapStatus(TrapCode::kUnreachable, "x")));
}

TEST(TrapOf, GivesNothingForEveryTruncatedPayload) {
  absl::Status status = TrapStatus(FullTrap());
  const std::string payload(*status.GetPayload(kTrapUrl));
  for (size_t length = 0; length < payload.size(); ++length) {
    status.SetPayload(kTrapUrl, absl::Cord(std::string_view(payload).substr(0, length)));
    EXPECT_FALSE(TrapOf(status).has_value()) << length;
  }
}

TEST(TrapOf, GivesNothingForAnUnknownCode) {
  absl::Status status = TrapStatus(TrapCode::kHostCopyLimit, "");
  std::string payload(*status.GetPayload(kTrapUrl));
  ++payload[0];
  status.SetPayload(kTrapUrl, absl::Cord(std::string_view(payload)));
  EXPECT_FALSE(TrapOf(status).has_value());
}

TEST(WithTrap, ReplacesTheTrapAndKeepsOtherPayloads) {
  absl::Status status = TrapStatus(TrapCode::kUnreachable, "unreachable");
  status.SetPayload("other", absl::Cord("kept"));
  Trap terminated;
  terminated.code = TrapCode::kTerminated;
  terminated.message = "deadline";
  const absl::Status changed = WithTrap(status, terminated);
  EXPECT_EQ(changed.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(changed.message(), "wasm trap: deadline");
  EXPECT_EQ(TrapOf(changed)->code, TrapCode::kTerminated);
  EXPECT_EQ(changed.GetPayload("other"), absl::Cord("kept"));
}

TEST(TrapCodeName, IsDifferentForEveryCode) {
  std::set<std::string_view> names;
  constexpr int kCodes = static_cast<int>(TrapCode::kHostCopyLimit) + 1;
  for (int code = 0; code < kCodes; ++code) {
    names.insert(TrapCodeName(static_cast<TrapCode>(code)));
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kCodes));
  EXPECT_EQ(TrapCodeName(TrapCode::kMemoryOutOfBounds), "MEMORY_OUT_OF_BOUNDS");
}

}  // namespace
}  // namespace davit::base
