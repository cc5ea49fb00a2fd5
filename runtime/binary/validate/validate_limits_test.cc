// Budgets: at the limit and one past it, and that no component costs more than they allow.

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"
#include "runtime/base/limits.h"
#include "runtime/binary/validate/validate_test_util.h"

namespace davit::binary {
namespace {

MATCHER_P(ExceedsLimit, limit, "") {
  *result_listener << "which is " << arg;
  return base::LimitOf(arg) == std::string(limit);
}

// A u32 as FromText() reads it.
std::string U32(uint32_t value) {
  std::string text;
  do {
    const uint32_t rest = value >> 7;
    absl::StrAppend(&text, absl::StrFormat("%02x ", (value & 0x7f) | (rest != 0 ? 0x80 : 0)));
    value = rest;
  } while (value != 0);
  return text;
}

// A type index, which is a signed number. REQUIRES: below 8192.
std::string TypeIndex(uint32_t index) {
  if (index < 64) return absl::StrFormat("%02x ", index);
  return absl::StrFormat("%02x %02x ", (index & 0x7f) | 0x80, index >> 7);
}

// A label that is different for each `i`, quoted.
std::string Label(uint32_t i) { return absl::StrCat("['l", i, "'] "); }

std::string Flags(uint32_t count) {
  std::string labels;
  for (uint32_t i = 0; i < count; ++i) absl::StrAppend(&labels, Label(i));
  return absl::StrCat("07 [01 6e ", U32(count), labels, "]");
}

TEST(ValidateLimits, FlagsHave32Labels) {
  EXPECT_TRUE(ValidateText(Flags(base::kMaxFlagsLabels)).ok());
  EXPECT_THAT(ValidateText(Flags(base::kMaxFlagsLabels + 1)),
              wasm::IsInvalid(11, "cannot have more than 32 flags"));
}

TEST(ValidateLimits, ValuesStayBelowTheSizeOfBinaryMd) {
  const auto bytes = [](uint64_t n) {
    return absl::StrCat("07 [01 67 7d ", U32(static_cast<uint32_t>(n)), "]");
  };
  EXPECT_TRUE(ValidateText(bytes(base::kMaxValueSize - 1)).ok());
  EXPECT_THAT(ValidateText(bytes(base::kMaxValueSize)), wasm::IsInvalid(11, "maximum byte size"));
  // 2^29 elements of 8 bytes are 2^32 bytes: no 32-bit arithmetic may lose them.
  EXPECT_THAT(ValidateText("07 [01 67 77 80 80 80 80 02]"),
              wasm::IsInvalid(11, "maximum byte size"));
}

// `count` types, each a list of the one before.
std::string ListChain(uint32_t count) {
  std::string types = "70 7d ";
  for (uint32_t i = 1; i < count; ++i) absl::StrAppend(&types, "70 ", TypeIndex(i - 1));
  return absl::StrCat("07 [", U32(count), types, "]");
}

TEST(ValidateLimits, ValueTypesNestTo100) {
  EXPECT_TRUE(ValidateText(ListChain(base::kMaxTypeDepth - 1)).ok());
  EXPECT_THAT(ValidateText(ListChain(base::kMaxTypeDepth)), ExceedsLimit("type_depth"));
}

// `count` types, each a pair of the one before: 2^(count + 1) - 1 nodes.
std::string PairChain(uint32_t count) {
  std::string types = "6f 02 7d 7d ";
  for (uint32_t i = 1; i < count; ++i)
    absl::StrAppend(&types, "6f 02 ", TypeIndex(i - 1), TypeIndex(i - 1));
  return absl::StrCat("07 [", U32(count), types, "]");
}

TEST(ValidateLimits, ValueTypesHaveAMillionNodes) {
  EXPECT_TRUE(ValidateText(PairChain(18)).ok());
  EXPECT_THAT(ValidateText(PairChain(19)), ExceedsLimit("type_size"));
}

// `count` instance types, each exporting an instance of the one before.
std::string InstanceChain(uint32_t count) {
  std::string types = "42 00 ";
  for (uint32_t i = 1; i < count; ++i) {
    absl::StrAppend(&types, "42 02 02 03 02 01 ", U32(i - 1), "04 00 ['x'] 05 00 ");
  }
  return absl::StrCat("07 [", U32(count), types, "]");
}

TEST(ValidateLimits, InstanceTypesNestTo100) {
  EXPECT_TRUE(ValidateText(InstanceChain(base::kMaxComponentNesting)).ok());
  EXPECT_THAT(ValidateText(InstanceChain(base::kMaxComponentNesting + 1)),
              ExceedsLimit("type_depth"));
}

// `count` instance types, each exporting two instances of the one before.
std::string InstancePairChain(uint32_t count) {
  std::string types = "42 00 ";
  for (uint32_t i = 1; i < count; ++i) {
    absl::StrAppend(&types, "42 03 02 03 02 01 ", U32(i - 1),
                    "04 00 ['x'] 05 00 04 00 ['y'] 05 00 ");
  }
  return absl::StrCat("07 [", U32(count), types, "]");
}

TEST(ValidateLimits, InstanceTypesHaveAMillionNodes) {
  EXPECT_TRUE(ValidateText(InstancePairChain(19)).ok());
  EXPECT_THAT(ValidateText(InstancePairChain(20)), ExceedsLimit("type_size"));
}

std::string Repeat(std::string_view text, uint32_t count) {
  std::string result;
  for (uint32_t i = 0; i < count; ++i) absl::StrAppend(&result, text);
  return result;
}

// Instantiates a component that re-exports its resource import under a thousand names, a thousand
// times in each of `count` components.
std::string ManyLargeInstances(uint32_t count) {
  std::string exports;
  for (uint32_t i = 0; i < 1000; ++i) absl::StrAppend(&exports, "00 ", Label(i), "03 00 00 ");
  const std::string large =
      ComponentText(absl::StrCat("0a [01 00 ['r'] 03 01] 0b [", U32(1000), exports, "]"));
  const std::string user =
      ComponentText(absl::StrCat("06 [01 04 02 01 00] 07 [01 3f 7f 00] 05 [", U32(1000),
                                 Repeat("00 00 01 ['r'] 03 00 ", 1000), "]"));
  return absl::StrCat(large, Repeat(user, count));
}

TEST(ValidateLimits, WorkIsBoundedForAllComponentsTogether) {
  EXPECT_TRUE(ValidateText(ManyLargeInstances(1)).ok());
  EXPECT_THAT(ValidateText(ManyLargeInstances(10)), ExceedsLimit("validation_steps"));
}

// Components that each instantiate the one before twice: 2^levels instances when run.
std::string DoublingInstances(uint32_t levels, std::string_view exports) {
  std::string sections = ComponentText("07 [01 3f 7f 00] 0b [01 00 ['r'] 03 00 00]");
  for (uint32_t i = 0; i < levels; ++i) {
    absl::StrAppend(&sections,
                    ComponentText(absl::StrCat("06 [01 04 02 01 ", U32(i),
                                               "] 05 [02 00 00 00 00 00 00] ", exports)));
  }
  return sections;
}

TEST(ValidateLimits, HiddenResourcesDoNotMultiply) {
  EXPECT_TRUE(ValidateText(DoublingInstances(60, "")).ok());
}

TEST(ValidateLimits, ExportedInstancesMultiplyUpToTheSizeLimit) {
  constexpr std::string_view kBoth = "0b [02 00 ['a'] 05 00 00 00 ['b'] 05 01 00]";
  EXPECT_TRUE(ValidateText(DoublingInstances(10, kBoth)).ok());
  EXPECT_EQ(ValidateText(DoublingInstances(60, kBoth)).code(),
            absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace davit::binary
