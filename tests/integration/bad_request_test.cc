// Requests whose bytes no client library would send: they are refused before anything is made of
// them.

#include <cstdint>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/failures.h"
#include "tests/integration/fixture.h"
#include "tests/integration/raw_rpc.h"

namespace davit::integration {
namespace {

using absl::StatusCode;

constexpr char kCallMethod[] = "/davit.v1.CallService/Call";

class BadRequestTest : public DavitdTest {
 protected:
  void TearDown() override { ExpectServes(); }
};

std::string Varint(uint64_t value) {
  std::string out;
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  return out + static_cast<char>(value);
}
// A field of wire type 2.
std::string Delimited(int number, std::string_view payload) {
  return absl::StrCat(Varint(static_cast<uint64_t>(number) << 3 | 2), Varint(payload.size()),
                      payload);
}

// A Val of option upon option, as bytes, without a message that deep.
std::string NestedOptions(int depth) {
  std::string val;
  for (int i = 0; i < depth; ++i) val = Delimited(12, Delimited(1, val));
  return val;
}

TEST_F(BadRequestTest, AValNestedToTheLimitIsCheckedByItsType) {
  const std::string calc = client().ComponentName(Component("calc"));
  const std::string request =
      absl::StrCat(Delimited(2, calc), Delimited(3, "bench:calc/api#echo-string"),
                   Delimited(4, NestedOptions(40)));
  const auto refused = RawUnary(davitd().address(), kCallMethod, request);
  EXPECT_THAT(refused,
              Fails(StatusCode::kInvalidArgument, "ARGUMENT_MISMATCH", "want string, got option"));
}

TEST_F(BadRequestTest, AHundredThousandLevelsAreRefused) {
  // From the inside out, the openings alone: the whole bytes for each level would take gigabytes.
  constexpr int kDepth = 100'000;
  std::vector<std::string> openings;
  size_t size = 0;
  for (int i = 0; i < kDepth; ++i) {
    const std::string inner = absl::StrCat(Varint(1 << 3 | 2), Varint(size));
    const std::string outer = absl::StrCat(Varint(12 << 3 | 2), Varint(inner.size() + size));
    openings.push_back(outer + inner);
    size += openings.back().size();
  }
  std::string val;
  for (const std::string& opening : std::views::reverse(openings)) val += opening;
  const std::string request =
      absl::StrCat(Delimited(2, client().ComponentName(Component("calc"))),
                   Delimited(3, "bench:calc/api#echo-string"), Delimited(4, val));
  const auto refused = RawUnary(davitd().address(), kCallMethod, request);
  EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "INVALID_REQUEST", "nested"));
}

TEST_F(BadRequestTest, AStringThatIsNotUtf8IsRefused) {
  const std::string request =
      absl::StrCat(Delimited(2, client().ComponentName(Component("calc"))),
                   Delimited(3, "bench:calc/api#echo-string"), Delimited(4, Delimited(7, "a\xff")));
  const auto refused = RawUnary(davitd().address(), kCallMethod, request);
  EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "INVALID_REQUEST", "UTF-8"));
}

TEST_F(BadRequestTest, AMessageCutShortIsRefused) {
  const auto refused = RawUnary(davitd().address(), kCallMethod, "\x0a\x7f only this");
  EXPECT_THAT(refused, Fails(StatusCode::kInvalidArgument, "INVALID_REQUEST", "cut short"));
}

TEST_F(BadRequestTest, AMessageOverTheLimitIsRefused) {
  const std::string request(65 << 20, 'x');
  const auto refused = RawUnary(davitd().address(), kCallMethod, request);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted) << refused.status();
}

TEST_F(BadRequestTest, AnUnknownMethodIsUnimplemented) {
  const auto refused = RawUnary(davitd().address(), "/davit.v1.CallService/Shout", "");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().code(), StatusCode::kUnimplemented) << refused.status();
}

}  // namespace
}  // namespace davit::integration
