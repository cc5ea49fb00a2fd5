#include "runtime/base/error.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "gtest/gtest.h"

namespace davit::base {
namespace {

TEST(BinaryError, CarriesFaultAndOffset) {
  const absl::Status status = BinaryError(BinaryFault::kInvalid, 0x1f, "unknown type 7");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "unknown type 7 (at offset 0x1f)");
  const auto info = BinaryErrorOf(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->fault, BinaryFault::kInvalid);
  EXPECT_EQ(info->offset, 0x1fu);
}

TEST(BinaryError, KeepsOffsetsOfMoreThan32Bits) {
  const absl::Status status = BinaryError(BinaryFault::kMalformed, UINT64_MAX, "x");
  EXPECT_EQ(BinaryErrorOf(status)->offset, UINT64_MAX);
  EXPECT_EQ(BinaryErrorOf(status)->fault, BinaryFault::kMalformed);
}

TEST(FeatureError, NamesTheFeature) {
  const absl::Status status = FeatureError("async", "canon opcode 0x0c");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(status.message(), "feature 'async': canon opcode 0x0c");
  EXPECT_EQ(FeatureOf(status), "async");
}

TEST(ArgumentError, CarriesThePath) {
  const absl::Status status = ArgumentError("args[0].items[3].price", "want u32, got string");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "args[0].items[3].price: want u32, got string");
  EXPECT_EQ(ArgumentPathOf(status), "args[0].items[3].price");
}

TEST(UnsatisfiedImportsError, ListsEveryImport) {
  const std::vector<std::string> imports = {"a: func()", "b:c/d: instance"};
  const absl::Status status = UnsatisfiedImportsError(imports);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "unsatisfied imports: a: func(), b:c/d: instance");
  EXPECT_EQ(UnsatisfiedImportsOf(status), imports);
}

TEST(LimitError, NamesLimitAndValue) {
  const absl::Status status = LimitError("memory_bytes", 65536, "memory.grow by 1 page");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(status.message(), "memory_bytes limit of 65536 reached: memory.grow by 1 page");
  EXPECT_EQ(LimitOf(status), "memory_bytes");
}

TEST(ErrorAccessors, GiveNothingForOtherStatuses) {
  for (const absl::Status& status : {absl::OkStatus(), absl::UnknownError("x")}) {
    EXPECT_FALSE(BinaryErrorOf(status).has_value());
    EXPECT_FALSE(FeatureOf(status).has_value());
    EXPECT_FALSE(ArgumentPathOf(status).has_value());
    EXPECT_TRUE(UnsatisfiedImportsOf(status).empty());
    EXPECT_FALSE(LimitOf(status).has_value());
  }
}

TEST(ErrorAccessors, TellTheKindsOfErrorApart) {
  EXPECT_FALSE(ArgumentPathOf(BinaryError(BinaryFault::kMalformed, 0, "x")).has_value());
  EXPECT_FALSE(BinaryErrorOf(ArgumentError("args[0]", "x")).has_value());
}

// Cuts and extends the payload of `status` in every way, and hands each variant to `read`.
template <typename Read>
void ForEachDamagedPayload(const absl::Status& status, Read read) {
  std::string url, payload;
  status.ForEachPayload([&](std::string_view u, const absl::Cord& p) {
    url = u;
    payload = std::string(p);
  });
  ASSERT_FALSE(payload.empty());
  const auto with = [&](std::string_view bytes) {
    absl::Status damaged = status;
    damaged.SetPayload(url, absl::Cord(bytes));
    return damaged;
  };
  for (size_t length = 0; length < payload.size(); ++length) read(with(payload.substr(0, length)));
  read(with(payload + "x"));
  read(with(std::string(11, '\xff')));
}

TEST(ErrorAccessors, GiveNothingForDamagedPayloads) {
  ForEachDamagedPayload(BinaryError(BinaryFault::kInvalid, 1000, "x"), [](const auto& status) {
    EXPECT_FALSE(BinaryErrorOf(status).has_value());
  });
  ForEachDamagedPayload(ArgumentError("args[0]", "x"), [](const auto& status) {
    EXPECT_FALSE(ArgumentPathOf(status).has_value());
  });
  ForEachDamagedPayload(UnsatisfiedImportsError({"a", "b"}), [](const auto& status) {
    EXPECT_TRUE(UnsatisfiedImportsOf(status).empty());
  });
}

}  // namespace
}  // namespace davit::base
