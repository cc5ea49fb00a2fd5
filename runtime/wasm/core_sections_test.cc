#include "runtime/wasm/core_sections.h"

#include <cstdint>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::wasm {
namespace {

absl::StatusOr<std::vector<CoreSection>> Read(std::string_view sections) {
  static std::vector<uint8_t> bytes;
  bytes = ModuleFromText(sections);
  return ReadCoreSections(bytes, /*base_offset=*/0x100);
}

TEST(ReadCoreSections, GivesContentsAndAbsoluteOffsets) {
  const auto sections = *Read("01 01 00 00 02 01'x' 0b 01 00");
  ASSERT_EQ(sections.size(), 3u);
  EXPECT_EQ(sections[0].id, CoreSectionId::kType);
  EXPECT_EQ(sections[0].offset, 0x10au);
  EXPECT_EQ(sections[1].id, CoreSectionId::kCustom);
  EXPECT_EQ(sections[1].contents.size(), 2u);
  EXPECT_EQ(sections[2].id, CoreSectionId::kData);
}

TEST(ReadCoreSections, AcceptsAnEmptyModule) { EXPECT_TRUE(Read("")->empty()); }

TEST(ReadCoreSections, AcceptsTheWholeOrder) {
  EXPECT_TRUE(
      Read("01 00 02 00 03 00 04 00 05 00 0d 00 06 00 07 00 08 00 09 00 0c 00 0a 00 0b 00").ok());
}

TEST(ReadCoreSections, RefusesRepeatedAndMisplacedSections) {
  EXPECT_THAT(Read("01 00 01 00"), IsMalformed(0x10a, "out of order"));
  EXPECT_THAT(Read("0b 00 01 00"), IsMalformed(0x10a, "out of order"));
  EXPECT_THAT(Read("06 00 0d 00"), IsMalformed(0x10a, "out of order"));
  EXPECT_THAT(Read("0a 00 0c 00"), IsMalformed(0x10a, "out of order"));
}

TEST(ReadCoreSections, RefusesUnknownIds) {
  EXPECT_THAT(Read("0e 00"), IsMalformed(0x108, "section id 14"));
}

TEST(ReadCoreSections, RefusesSectionsThatEndPastTheModule) {
  EXPECT_THAT(Read("01 02 00"), IsMalformed(0x10a, "core section"));
  EXPECT_THAT(Read("01"), IsMalformed(0x109, "size"));
}

TEST(ReadCoreSections, RefusesCustomSectionsWithoutAName) {
  EXPECT_THAT(Read("00 00"), IsMalformed(0x10a, "name of a custom section"));
  EXPECT_THAT(Read("00 02 01 ff"), IsMalformed(0x10a, "UTF-8"));
}

TEST(ReadCoreSections, RefusesOtherPreambles) {
  EXPECT_THAT(ReadCoreSections(FromText("00'asm' 02 00 00 00"), 7), IsMalformed(7, "preamble"));
  EXPECT_THAT(ReadCoreSections(FromText("00'asm' 0d 00 01 00"), 7), IsMalformed(7, "preamble"));
  EXPECT_THAT(ReadCoreSections(FromText("00'asm' 01 00"), 7), IsMalformed(7, "preamble"));
}

TEST(CountCoreFunctions, ReadsTheFunctionSection) {
  EXPECT_EQ(*CountCoreFunctions(ModuleFromText("")), 0u);
  EXPECT_EQ(*CountCoreFunctions(ModuleFromText("01 [01 60 00 00] 03 [02 00 00]")), 2u);
  EXPECT_THAT(CountCoreFunctions(ModuleFromText("03 [03 00 00]")),
              IsMalformed(10, "core functions"));
}

}  // namespace
}  // namespace davit::wasm
