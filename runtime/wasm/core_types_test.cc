#include "runtime/wasm/core_types.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::wasm {
namespace {

using base::ByteReader;

// Reads with one method from bytes in text, all of which it must consume.
template <typename T>
absl::StatusOr<T> Read(absl::StatusOr<T> (CoreTypeReader::*method)(), std::string_view text,
                       std::optional<uint64_t> type_count = std::nullopt) {
  // Views of what is read point into the bytes.
  static std::vector<uint8_t> bytes;
  bytes = FromText(text);
  ByteReader reader(bytes);
  CoreTypeReader types(reader);
  if (type_count.has_value()) types.BoundIndices(*type_count);
  absl::StatusOr<T> result = (types.*method)();
  if (result.ok()) {
    EXPECT_TRUE(reader.done()) << text;
  }
  return result;
}

TEST(CoreValType, HasNumericAndVectorTypes) {
  for (const uint8_t code : {0x7f, 0x7e, 0x7d, 0x7c, 0x7b}) {
    const std::vector<uint8_t> bytes = {code};
    ByteReader reader(bytes);
    EXPECT_EQ(*CoreTypeReader(reader).ValType(), CoreValType{.code = code});
  }
}

TEST(CoreValType, ReadsTheShortAndTheLongFormOfAReferenceAsTheSameType) {
  const CoreValType funcref{.code = 0x63, .heap = -16};
  EXPECT_EQ(*Read(&CoreTypeReader::ValType, "70"), funcref);
  EXPECT_EQ(*Read(&CoreTypeReader::ValType, "63 70"), funcref);
}

TEST(CoreValType, TellsNullableFromNonNullableReferences) {
  EXPECT_EQ(*Read(&CoreTypeReader::ValType, "64 05"), (CoreValType{.code = 0x64, .heap = 5}));
  EXPECT_EQ(*Read(&CoreTypeReader::ValType, "63 05"), (CoreValType{.code = 0x63, .heap = 5}));
}

TEST(CoreValType, RefusesWhatIsNoType) {
  EXPECT_THAT(Read(&CoreTypeReader::ValType, "75"), IsMalformed(0, "0x75"));
  EXPECT_THAT(Read(&CoreTypeReader::ValType, "40"), IsMalformed(0, "0x40"));
  EXPECT_THAT(Read(&CoreTypeReader::ValType, "64 7f"), IsMalformed(1, "heap type"));
  EXPECT_THAT(Read(&CoreTypeReader::ValType, ""), IsMalformed(0, "core value type"));
}

TEST(CoreValType, BoundsTypeIndices) {
  EXPECT_TRUE(Read(&CoreTypeReader::ValType, "64 02", 3).ok());
  EXPECT_THAT(Read(&CoreTypeReader::ValType, "64 03", 3), IsInvalid(1, "out of bounds"));
}

TEST(CoreLimits, ReadsEveryFlag) {
  const auto plain = *Read(&CoreTypeReader::Limits, "00 01");
  EXPECT_EQ(plain.min, 1u);
  EXPECT_FALSE(plain.max.has_value() || plain.shared || plain.is64 || plain.page_size_log2);
  const auto full = *Read(&CoreTypeReader::Limits, "0f 80 80 80 80 10 80 80 80 80 20 00");
  EXPECT_EQ(full.min, uint64_t{1} << 32);
  EXPECT_EQ(full.max, uint64_t{1} << 33);
  EXPECT_TRUE(full.shared && full.is64);
  EXPECT_EQ(full.page_size_log2, 0u);
}

TEST(CoreLimits, RefusesUnknownFlags) {
  EXPECT_THAT(Read(&CoreTypeReader::Limits, "10 01"), IsMalformed(0, "limits flag"));
}

TEST(CoreTableType, HasNeitherSharedNorPageSizeLimits) {
  EXPECT_TRUE(Read(&CoreTypeReader::TableType, "70 01 01 02").ok());
  EXPECT_THAT(Read(&CoreTypeReader::TableType, "70 03 01 02"), IsMalformed(1, "limits"));
  EXPECT_THAT(Read(&CoreTypeReader::TableType, "70 08 01 00"), IsMalformed(1, "limits"));
  EXPECT_THAT(Read(&CoreTypeReader::TableType, "7f 00 01"), IsMalformed(0, "0x7f"));
}

TEST(CoreGlobalType, HasAMutability) {
  EXPECT_TRUE(Read(&CoreTypeReader::GlobalType, "7e 01")->is_mutable);
  EXPECT_FALSE(Read(&CoreTypeReader::GlobalType, "7e 00")->is_mutable);
  EXPECT_THAT(Read(&CoreTypeReader::GlobalType, "7e 02"), IsMalformed(1, "mutability"));
}

TEST(CoreExternDesc, ReadsEveryKind) {
  EXPECT_EQ(std::get<CoreFuncRef>(*Read(&CoreTypeReader::ExternDesc, "00 07")).type, 7u);
  EXPECT_TRUE(
      std::holds_alternative<CoreTableType>(*Read(&CoreTypeReader::ExternDesc, "01 70 00 00")));
  EXPECT_TRUE(
      std::holds_alternative<CoreMemoryType>(*Read(&CoreTypeReader::ExternDesc, "02 00 01")));
  EXPECT_TRUE(
      std::holds_alternative<CoreGlobalType>(*Read(&CoreTypeReader::ExternDesc, "03 7f 00")));
  EXPECT_EQ(std::get<CoreTagType>(*Read(&CoreTypeReader::ExternDesc, "04 00 02")).type, 2u);
}

TEST(CoreExternDesc, RefusesUnknownKindsAndTagAttributes) {
  EXPECT_THAT(Read(&CoreTypeReader::ExternDesc, "05 00"), IsMalformed(0, "core extern type"));
  EXPECT_THAT(Read(&CoreTypeReader::ExternDesc, "04 01 02"), IsMalformed(1, "tag attribute"));
}

TEST(CoreRecType, ReadsASingleFunctionTypeAsAGroupOfOne) {
  const CoreRecType group = *Read(&CoreTypeReader::RecType, "60 02 7f 7e 01 7d");
  EXPECT_FALSE(group.explicit_rec);
  ASSERT_EQ(group.types.size(), 1u);
  EXPECT_TRUE(group.types[0].is_final);
  const auto& func = std::get<CoreFuncType>(group.types[0].composite);
  EXPECT_EQ(func.params, (std::vector<CoreValType>{{.code = 0x7f}, {.code = 0x7e}}));
  EXPECT_EQ(func.results, (std::vector<CoreValType>{{.code = 0x7d}}));
}

TEST(CoreRecType, KeepsStructsAndArraysAsBytes) {
  const CoreRecType group = *Read(&CoreTypeReader::RecType, "4e 02 5f 02 78 01 64 00 00 5e 77 01");
  EXPECT_TRUE(group.explicit_rec);
  ASSERT_EQ(group.types.size(), 2u);
  const auto body = std::get<std::span<const uint8_t>>(group.types[0].composite);
  EXPECT_EQ(std::vector(body.begin(), body.end()), FromText("5f 02 78 01 64 00 00"));
  EXPECT_EQ(std::get<std::span<const uint8_t>>(group.types[1].composite).size(), 3u);
}

TEST(CoreRecType, ReadsSubtypes) {
  const CoreRecType open = *Read(&CoreTypeReader::RecType, "50 01 03 60 00 00");
  EXPECT_FALSE(open.types[0].is_final);
  EXPECT_EQ(open.types[0].supertypes, std::vector<uint32_t>{3});
  EXPECT_TRUE(Read(&CoreTypeReader::RecType, "4f 00 60 00 00")->types[0].is_final);
}

TEST(CoreRecType, LetsAGroupReferToItselfAndNotPastIts) {
  EXPECT_TRUE(Read(&CoreTypeReader::RecType, "5e 64 02 00", 2).ok());
  EXPECT_THAT(Read(&CoreTypeReader::RecType, "5e 64 03 00", 2), IsInvalid(2, "out of bounds"));
  EXPECT_TRUE(Read(&CoreTypeReader::RecType, "4e 02 5e 64 03 00 60 00 00", 2).ok());
  EXPECT_THAT(Read(&CoreTypeReader::RecType, "4e 02 5e 64 04 00 60 00 00", 2),
              IsInvalid(4, "out of bounds"));
}

TEST(CoreRecType, RefusesUnknownForms) {
  EXPECT_THAT(Read(&CoreTypeReader::RecType, "5d 00"), IsMalformed(0, "core type"));
  EXPECT_THAT(Read(&CoreTypeReader::RecType, "50 00 50 00"), IsMalformed(2, "core type"));
  EXPECT_THAT(Read(&CoreTypeReader::RecType, "5e 7f 02"), IsMalformed(2, "mutability"));
}

TEST(CoreRecType, BoundsParametersAndResults) {
  const auto text = [](uint32_t count, bool results) {
    std::string bytes(size_t{count} * 3, ' ');
    for (size_t i = 0; i < bytes.size(); i += 3) bytes.replace(i, 2, "7f");
    const std::string length = count == 1000 ? "e8 07 " : "e9 07 ";
    return "60 " + (results ? "00 " + length + bytes : length + bytes + "00");
  };
  EXPECT_TRUE(Read(&CoreTypeReader::RecType, text(1000, false)).ok());
  EXPECT_THAT(Read(&CoreTypeReader::RecType, text(1001, false)), IsMalformed(1, "parameters"));
  EXPECT_TRUE(Read(&CoreTypeReader::RecType, text(1000, true)).ok());
  EXPECT_THAT(Read(&CoreTypeReader::RecType, text(1001, true)), IsMalformed(2, "results"));
}

CoreMemoryType Memory(CoreLimits limits) { return {.limits = limits}; }

TEST(CheckMemoryType, BoundsPagesByTheAddressSpace) {
  EXPECT_TRUE(CheckMemoryType(Memory({.min = 65536}), 0).ok());
  EXPECT_THAT(CheckMemoryType(Memory({.min = 65537}), 9), IsInvalid(9, "at most 65536 pages"));
  EXPECT_THAT(CheckMemoryType(Memory({.max = 65537}), 9), IsInvalid(9, "at most 65536 pages"));
  EXPECT_TRUE(CheckMemoryType(Memory({.min = uint64_t{1} << 48, .is64 = true}), 0).ok());
  EXPECT_THAT(CheckMemoryType(Memory({.min = (uint64_t{1} << 48) + 1, .is64 = true}), 9),
              IsInvalid(9, "pages"));
}

TEST(CheckMemoryType, BoundsOneBytePages) {
  EXPECT_TRUE(CheckMemoryType(Memory({.min = 0xffffffff, .page_size_log2 = 0}), 0).ok());
  EXPECT_THAT(CheckMemoryType(Memory({.min = 0x100000000, .page_size_log2 = 0}), 9),
              IsInvalid(9, "pages"));
  EXPECT_TRUE(
      CheckMemoryType(Memory({.min = ~uint64_t{0}, .is64 = true, .page_size_log2 = 0}), 0).ok());
  EXPECT_THAT(CheckMemoryType(Memory({.page_size_log2 = 12}), 9), IsInvalid(9, "page size"));
}

TEST(CheckMemoryType, WantsMinimumBelowMaximumAndAMaximumWhenShared) {
  EXPECT_TRUE(CheckMemoryType(Memory({.min = 2, .max = 2, .shared = true}), 0).ok());
  EXPECT_THAT(CheckMemoryType(Memory({.min = 3, .max = 2}), 9), IsInvalid(9, "above its maximum"));
  EXPECT_THAT(CheckMemoryType(Memory({.min = 3, .shared = true}), 9), IsInvalid(9, "shared"));
}

TEST(CheckTableType, BoundsElementsByTheAddressSpace) {
  EXPECT_TRUE(CheckTableType({.limits = {.min = 0xffffffff}}, 0).ok());
  EXPECT_THAT(CheckTableType({.limits = {.min = 0x100000000}}, 9), IsInvalid(9, "elements"));
  EXPECT_TRUE(CheckTableType({.limits = {.min = 0x100000000, .is64 = true}}, 0).ok());
  EXPECT_THAT(CheckTableType({.limits = {.min = 2, .max = 1}}, 9), IsInvalid(9, "maximum"));
}

TEST(PageBytes, IsTheCustomPageSizeWhereThereIsOne) {
  EXPECT_EQ(PageBytes(Memory({})), 65536u);
  EXPECT_EQ(PageBytes(Memory({.page_size_log2 = 0})), 1u);
}

}  // namespace
}  // namespace davit::wasm
