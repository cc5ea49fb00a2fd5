#include "runtime/base/byte_reader.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "runtime/base/error.h"

namespace davit::base {
namespace {

using Bytes = std::vector<uint8_t>;

// The message without its offset, and the offset apart.
void ExpectMalformed(const absl::Status& status, std::string_view rule, uint64_t offset) {
  const auto info = BinaryErrorOf(status);
  ASSERT_TRUE(info.has_value()) << status;
  EXPECT_EQ(info->fault, BinaryFault::kMalformed);
  EXPECT_EQ(info->offset, offset);
  EXPECT_EQ(status.message().substr(0, rule.size()), rule);
}

TEST(ByteReader, KnowsItsAbsoluteOffset) {
  const Bytes bytes = {1, 2, 3};
  ByteReader reader(bytes, /*base_offset=*/100);
  EXPECT_EQ(reader.offset(), 100u);
  EXPECT_EQ(*reader.Byte("x"), 1);
  EXPECT_EQ(*reader.Peek("x"), 2);
  EXPECT_EQ(reader.offset(), 101u);
  EXPECT_EQ(reader.remaining(), 2u);
  EXPECT_EQ(reader.rest()[1], 3);
  EXPECT_FALSE(reader.done());
}

TEST(ByteReader, ByteAndPeekFailAtTheEnd) {
  ByteReader reader(Bytes{}, 7);
  ExpectMalformed(reader.Byte("opcode").status(), "unexpected end: want opcode", 7);
  ExpectMalformed(reader.Peek("opcode").status(), "unexpected end: want opcode", 7);
}

TEST(ByteReaderU32, ReadsEveryLength) {
  const auto read = [](const Bytes& bytes) { return *ByteReader(bytes).U32("n"); };
  EXPECT_EQ(read({0x00}), 0u);
  EXPECT_EQ(read({0x7f}), 127u);
  EXPECT_EQ(read({0x80, 0x01}), 128u);
  EXPECT_EQ(read({0xff, 0xff, 0xff, 0xff, 0x0f}), std::numeric_limits<uint32_t>::max());
}

TEST(ByteReaderU32, AcceptsPaddingUpToFiveBytes) {
  const Bytes bytes = {0x83, 0x80, 0x80, 0x80, 0x00, 0x55};
  ByteReader reader(bytes);
  EXPECT_EQ(*reader.U32("n"), 3u);
  EXPECT_EQ(reader.offset(), 5u);
}

TEST(ByteReaderU32, RejectsASixthByte) {
  const Bytes bytes = {0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  ExpectMalformed(ByteReader(bytes, 9).U32("n").status(), "n: integer representation too long", 9);
}

TEST(ByteReaderU32, RejectsBitsAbove32) {
  const Bytes bytes = {0xff, 0xff, 0xff, 0xff, 0x1f};
  ExpectMalformed(ByteReader(bytes).U32("n").status(), "n: integer too large", 0);
}

TEST(ByteReaderU32, RejectsTruncation) {
  const Bytes bytes = {0x80, 0x80};
  ExpectMalformed(ByteReader(bytes).U32("n").status(), "unexpected end: want n", 0);
}

TEST(ByteReaderU64, ReadsTheMaximumAndRejectsMore) {
  Bytes bytes(10, 0xff);
  bytes.back() = 0x01;
  EXPECT_EQ(*ByteReader(bytes).U64("n"), std::numeric_limits<uint64_t>::max());
  bytes.back() = 0x02;
  ExpectMalformed(ByteReader(bytes).U64("n").status(), "n: integer too large", 0);
  bytes.back() = 0x81;
  bytes.resize(11, 0x00);
  ExpectMalformed(ByteReader(bytes).U64("n").status(), "n: integer representation too long", 0);
}

TEST(ByteReaderS32, ReadsTheExtremes) {
  const auto read = [](const Bytes& bytes) { return *ByteReader(bytes).S32("n"); };
  EXPECT_EQ(read({0x00}), 0);
  EXPECT_EQ(read({0x3f}), 63);
  EXPECT_EQ(read({0x40}), -64);
  EXPECT_EQ(read({0x7f}), -1);
  EXPECT_EQ(read({0xff, 0xff, 0xff, 0xff, 0x07}), std::numeric_limits<int32_t>::max());
  EXPECT_EQ(read({0x80, 0x80, 0x80, 0x80, 0x78}), std::numeric_limits<int32_t>::min());
}

TEST(ByteReaderS32, RejectsUnusedBitsThatAreNotTheSign) {
  for (const uint8_t last : {0x08, 0x0f, 0x77, 0x4f}) {
    const Bytes bytes = {0xff, 0xff, 0xff, 0xff, last};
    ExpectMalformed(ByteReader(bytes).S32("n").status(), "n: integer too large", 0);
  }
}

TEST(ByteReaderS33, ReadsTheExtremesAndRejectsMore) {
  const auto read = [](const Bytes& bytes) { return ByteReader(bytes).S33("n"); };
  EXPECT_EQ(*read({0xff, 0xff, 0xff, 0xff, 0x0f}), 0xffffffffll);
  EXPECT_EQ(*read({0x80, 0x80, 0x80, 0x80, 0x70}), -0x100000000ll);
  EXPECT_EQ(*read({0x40}), -64);
  ExpectMalformed(read({0xff, 0xff, 0xff, 0xff, 0x1f}).status(), "n: integer too large", 0);
}

TEST(ByteReaderS64, ReadsTheExtremesAndRejectsMore) {
  const auto with_last = [](uint8_t filler, uint8_t last) {
    Bytes bytes(10, filler);
    bytes.back() = last;
    return bytes;
  };
  const auto read = [](const Bytes& bytes) { return ByteReader(bytes).S64("n"); };
  EXPECT_EQ(*read(with_last(0xff, 0x00)), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(*read(with_last(0x80, 0x7f)), std::numeric_limits<int64_t>::min());
  ExpectMalformed(read(with_last(0xff, 0x01)).status(), "n: integer too large", 0);
  ExpectMalformed(read(with_last(0x80, 0x7e)).status(), "n: integer too large", 0);
}

TEST(ByteReaderCount, AcceptsTheLimitAndTheBytesLeft) {
  const Bytes bytes = {2, 0, 0};
  EXPECT_EQ(*ByteReader(bytes).Count("types", 2), 2u);
}

TEST(ByteReaderCount, RejectsMoreThanTheLimit) {
  const Bytes bytes = {2, 0, 0};
  ExpectMalformed(ByteReader(bytes).Count("types", 1).status(), "types exceeds the limit of 1", 0);
}

TEST(ByteReaderCount, RejectsMoreThanTheBytesLeft) {
  const Bytes bytes = {3, 0, 0};
  ExpectMalformed(ByteReader(bytes, 5).Count("types", 100).status(), "unexpected end: types 3", 5);
}

TEST(ByteReaderBytes, TakesExactlyTheBytesLeft) {
  const Bytes bytes = {1, 2};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.Bytes(2, "body")->size(), 2u);
  EXPECT_TRUE(reader.done());
  ExpectMalformed(reader.Bytes(1, "body").status(), "unexpected end: want body", 2);
}

TEST(ByteReaderBytes, RejectsALengthThatWouldWrap) {
  const Bytes bytes = {1, 2};
  ExpectMalformed(ByteReader(bytes).Bytes(SIZE_MAX, "body").status(), "unexpected end", 0);
}

TEST(ByteReaderName, ReadsUtf8AndViewsTheInput) {
  const Bytes bytes = {3, 0xe2, 0x82, 0xac};
  const auto name = ByteReader(bytes).Name("name", 3);
  EXPECT_EQ(*name, "\u20ac");
  EXPECT_EQ(reinterpret_cast<const uint8_t*>(name->data()), bytes.data() + 1);
}

TEST(ByteReaderName, RejectsMoreThanTheLimit) {
  const Bytes bytes = {3, 'a', 'b', 'c'};
  ExpectMalformed(ByteReader(bytes).Name("name", 2).status(), "name exceeds the limit of 2", 0);
}

TEST(ByteReaderName, RejectsMalformedUtf8) {
  for (const Bytes& bytes : {Bytes{1, 0x80}, Bytes{2, 0xc0, 0x80}, Bytes{3, 0xed, 0xa0, 0x80},
                             Bytes{2, 0xe2, 0x82}, Bytes{4, 0xf4, 0x90, 0x80, 0x80}}) {
    ExpectMalformed(ByteReader(bytes).Name("name", 10).status(), "name: malformed UTF-8", 0);
  }
}

TEST(ByteReaderName, RejectsTruncation) {
  const Bytes bytes = {3, 'a', 'b'};
  ExpectMalformed(ByteReader(bytes).Name("name", 10).status(), "unexpected end: want name", 1);
}

TEST(ByteReaderSub, ReadsItsBytesAtTheirAbsoluteOffsets) {
  const Bytes bytes = {9, 1, 2, 3};
  ByteReader reader(bytes, 10);
  ASSERT_TRUE(reader.Byte("x").ok());
  auto sub = reader.Sub(2, "section");
  ASSERT_TRUE(sub.ok());
  EXPECT_EQ(reader.offset(), 13u);
  EXPECT_EQ(sub->offset(), 11u);
  EXPECT_EQ(sub->remaining(), 2u);
  ExpectMalformed(reader.Sub(2, "section").status(), "unexpected end: want section", 13);
}

TEST(ByteReaderExpectDone, RejectsTrailingBytes) {
  const Bytes bytes = {1, 2};
  ByteReader reader(bytes);
  ExpectMalformed(reader.ExpectDone("section"), "section: 2 unexpected bytes", 0);
  ASSERT_TRUE(reader.Bytes(2, "x").ok());
  EXPECT_TRUE(reader.ExpectDone("section").ok());
}

}  // namespace
}  // namespace davit::base
