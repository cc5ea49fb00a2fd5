#include "runtime/wasm/core_encoder.h"

#include <cstdint>
#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace davit::wasm {
namespace {

using std::string_literals::operator""s;

TEST(CoreEncoder, WritesUnsignedIntegersInAsFewBytesAsTheyNeed) {
  EXPECT_EQ(CoreEncoder().U32(0).Take(), "\x00"s);
  EXPECT_EQ(CoreEncoder().U32(0x7f).Take(), "\x7f"s);
  EXPECT_EQ(CoreEncoder().U32(0x80).Take(), "\x80\x01"s);
  EXPECT_EQ(CoreEncoder().U32(0xffffffff).Take(), "\xff\xff\xff\xff\x0f"s);
  EXPECT_EQ(CoreEncoder().U64(std::numeric_limits<uint64_t>::max()).Take(),
            "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
}

TEST(CoreEncoder, KeepsTheSignBitOfSignedIntegers) {
  EXPECT_EQ(CoreEncoder().S32(0).Take(), "\x00"s);
  EXPECT_EQ(CoreEncoder().S32(63).Take(), "\x3f"s);
  EXPECT_EQ(CoreEncoder().S32(64).Take(), "\xc0\x00"s);
  EXPECT_EQ(CoreEncoder().S32(-64).Take(), "\x40"s);
  EXPECT_EQ(CoreEncoder().S32(-65).Take(), "\xbf\x7f"s);
  EXPECT_EQ(CoreEncoder().S32(std::numeric_limits<int32_t>::min()).Take(), "\x80\x80\x80\x80\x78"s);
  EXPECT_EQ(CoreEncoder().S64(std::numeric_limits<int64_t>::min()).Take(),
            "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f"s);
}

TEST(CoreEncoder, WritesTheLengthInFrontOfNamesAndBodies) {
  EXPECT_EQ(CoreEncoder().Name("mem").Take(), "\x03mem"s);
  EXPECT_EQ(CoreEncoder().Sized(CoreEncoder().Bytes({0x00, 0x0b})).Take(), "\x02\x00\x0b"s);
}

TEST(CoreEncoder, WritesSectionsAfterThePreamble) {
  const CoreEncoder one_function_type = CoreEncoder().Bytes({0x01, 0x60, 0x00, 0x00});
  EXPECT_EQ(CoreEncoder().Preamble().Section(CoreSectionId::kType, one_function_type).Take(),
            "\x00"s + "asm\x01\x00\x00\x00\x01\x04\x01\x60\x00\x00"s);
}

TEST(CoreEncoder, IsEmptyOnceTaken) {
  CoreEncoder encoder;
  encoder.Byte(0x0b);
  EXPECT_EQ(encoder.Take(), "\x0b");
  EXPECT_EQ(encoder.view(), "");
}

}  // namespace
}  // namespace davit::wasm
