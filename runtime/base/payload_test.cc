#include "runtime/base/payload.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace davit::base {
namespace {

std::string Encoded(PayloadWriter writer) { return std::string(std::move(writer).Take()); }

TEST(Payload, NumbersAndTextsRoundTrip) {
  const std::string bytes = Encoded(
      std::move(PayloadWriter().Number(0).Number(127).Number(128).Number(UINT64_MAX).Text("a\0b")));
  PayloadReader reader(bytes);
  EXPECT_EQ(reader.Number(), 0u);
  EXPECT_EQ(reader.Number(), 127u);
  EXPECT_EQ(reader.Number(), 128u);
  EXPECT_EQ(reader.Number(), UINT64_MAX);
  EXPECT_EQ(reader.Text(), "a");
  EXPECT_TRUE(reader.Complete());
}

TEST(Payload, IsIncompleteWhenBytesAreLeft) {
  PayloadReader reader("\x01\x02");
  EXPECT_EQ(reader.Number(), 1u);
  EXPECT_FALSE(reader.Complete());
}

TEST(Payload, NumberFailsAtTheEnd) {
  PayloadReader reader("\x80");
  EXPECT_EQ(reader.Number(), 0u);
  EXPECT_FALSE(reader.Complete());
}

TEST(Payload, NumberFailsPastTenBytes) {
  PayloadReader reader("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(reader.Number(), 0u);
  EXPECT_FALSE(reader.Complete());
}

TEST(Payload, TextFailsWhenLongerThanWhatIsLeft) {
  PayloadReader reader("\x02z");
  EXPECT_EQ(reader.Text(), "");
  EXPECT_FALSE(reader.Complete());
}

TEST(Payload, CountIsBoundedByTheBytesLeft) {
  const std::string at_limit("\x02xxxxxxxx", 9);
  EXPECT_EQ(PayloadReader(at_limit).Count(4), 2u);
  const std::string over("\x03xxxxxxxx", 9);
  PayloadReader reader(over);
  EXPECT_EQ(reader.Count(4), 0u);
  EXPECT_FALSE(reader.Complete());
}

TEST(Payload, ReadsGiveNothingAfterAFailure) {
  PayloadReader reader("\x05zz");
  EXPECT_EQ(reader.NumberUpTo(4), 0u);
  EXPECT_EQ(reader.Number(), 0u);
  EXPECT_EQ(reader.Text(), "");
  EXPECT_FALSE(reader.Complete());
}

TEST(ReadPayload, GivesNothingForAnotherUrl) {
  absl::Status status = absl::UnknownError("x");
  status.SetPayload("davit/A", std::move(PayloadWriter().Number(1)).Take());
  const auto read = [](PayloadReader& reader) { return reader.Number(); };
  EXPECT_EQ(ReadPayload(status, "davit/A", read), 1u);
  EXPECT_EQ(ReadPayload(status, "davit/B", read), std::nullopt);
}

}  // namespace
}  // namespace davit::base
