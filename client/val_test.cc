#include "client/val.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "absl/status/status_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit::client {
namespace {

using ::absl_testing::IsOkAndHolds;
using ::absl_testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
void ExpectRoundTrip(const T& value) {
  EXPECT_THAT(FromVal<T>(ToVal(value)), IsOkAndHolds(value));
}

TEST(Val, CarriesEveryMappedType) {
  ExpectRoundTrip(true);
  ExpectRoundTrip<int8_t>(-128);
  ExpectRoundTrip<uint16_t>(65535);
  ExpectRoundTrip<int64_t>(INT64_MIN);
  ExpectRoundTrip<uint64_t>(UINT64_MAX);
  ExpectRoundTrip(0.5f);
  ExpectRoundTrip(char32_t{0x10ffff});
  ExpectRoundTrip(std::string("hällo"));
  ExpectRoundTrip(std::vector<uint8_t>{0, 255});
  ExpectRoundTrip(std::vector<std::string>{"a", ""});
  ExpectRoundTrip(std::vector<uint32_t>{});
  ExpectRoundTrip(std::optional<uint8_t>(7));
  ExpectRoundTrip(std::optional<uint8_t>());
  ExpectRoundTrip(std::make_tuple(uint32_t{1}, std::string("two")));
  ExpectRoundTrip(std::expected<uint32_t, std::string>(3));
  ExpectRoundTrip(std::expected<void, std::string>(std::unexpected("no")));
}

TEST(Val, UnderstandsPackedLists) {
  v1::Val val;
  val.mutable_u32_list()->add_values(5);
  EXPECT_THAT(FromVal<std::vector<uint32_t>>(val), IsOkAndHolds(ElementsAre(5)));
}

TEST(Val, SaysWhatItGotInstead) {
  EXPECT_THAT(FromVal<uint32_t>(ToVal("x")),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("want u32, got string")));
  EXPECT_THAT(FromVal<uint32_t>(v1::Val()),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("got nothing")));
  const auto pair = ToVal(std::make_tuple(uint32_t{1}, uint32_t{2}));
  EXPECT_THAT((FromVal<std::tuple<uint32_t>>(pair)), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace davit::client
