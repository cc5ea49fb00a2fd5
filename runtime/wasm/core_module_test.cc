#include "runtime/wasm/core_module.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::wasm {
namespace {

constexpr uint64_t kBase = 0x1000;

absl::StatusOr<CoreModuleInfo> Read(std::string_view sections) {
  // Views of what is read point into the bytes.
  static std::vector<uint8_t> bytes;
  bytes = ModuleFromText(sections);
  return ReadCoreModule(bytes, kBase);
}

// Absolute offset of the n-th byte after the preamble.
constexpr uint64_t At(uint64_t n) { return kBase + 8 + n; }

// (type (func)) (type (func (param i32)))
constexpr std::string_view kTwoFuncTypes = "01 [02 60 00 00 60 01 7f 00]";

TEST(ReadCoreModule, ReadsAnEmptyModule) {
  const CoreModuleInfo info = *Read("");
  EXPECT_TRUE(info.types.empty() && info.imports.empty() && info.exports.empty());
  EXPECT_EQ(info.defined_memories, 0u);
}

TEST(ReadCoreModule, FlattensRecGroups) {
  const CoreModuleInfo info = *Read("01 [03 60 00 00 4e 02 5f 00 5e 64 01 00 60 00 00]");
  EXPECT_EQ(info.types.size(), 4u);
  EXPECT_EQ(info.rec_group_of, (std::vector<uint32_t>{0, 1, 1, 3}));
}

TEST(ReadCoreModule, ReadsImportsOfEveryKind) {
  const CoreModuleInfo info = *Read(std::string(kTwoFuncTypes) +
                                    "02 [05"
                                    " ['m'] ['f'] 00 01"
                                    " ['m'] ['t'] 01 70 00 01"
                                    " ['m'] ['p'] 02 01 01 02"
                                    " ['m'] ['g'] 03 7e 01"
                                    " ['m'] ['e'] 04 00 00]");
  ASSERT_EQ(info.imports.size(), 5u);
  EXPECT_EQ(info.imports[0].module, "m");
  EXPECT_EQ(info.imports[0].name, "f");
  EXPECT_EQ(info.imports[0].offset, At(13));
  EXPECT_EQ(std::get<CoreFuncRef>(info.imports[0].desc).type, 1u);
  EXPECT_EQ(std::get<CoreMemoryType>(info.imports[2].desc).limits.max, 2u);
  EXPECT_TRUE(std::get<CoreGlobalType>(info.imports[3].desc).is_mutable);
  EXPECT_EQ(info.defined_memories, 0u);
}

TEST(ReadCoreModule, ResolvesExportsOfDefinitions) {
  const CoreModuleInfo info = *Read(std::string(kTwoFuncTypes) +
                                    "03 [01 01]"              // (func (type 1))
                                    "04 [01 70 00 05]"        // (table 5 funcref)
                                    "05 [01 00 03]"           // (memory 3)
                                    "0d [01 00 01]"           // (tag (type 1))
                                    "06 [01 7f 01 41 00 0b]"  // (global (mut i32) (i32.const 0))
                                    "07 [05"
                                    " ['f'] 00 00 ['t'] 01 00 ['m'] 02 00 ['g'] 03 00 ['e'] 04 00]"
                                    "0a [01 [00 0b]]");
  ASSERT_EQ(info.exports.size(), 5u);
  EXPECT_EQ(info.exports[0].name, "f");
  EXPECT_EQ(std::get<CoreFuncRef>(info.exports[0].desc).type, 1u);
  EXPECT_EQ(std::get<CoreTableType>(info.exports[1].desc).limits.min, 5u);
  EXPECT_EQ(std::get<CoreMemoryType>(info.exports[2].desc).limits.min, 3u);
  EXPECT_EQ(std::get<CoreGlobalType>(info.exports[3].desc).type.code, 0x7f);
  EXPECT_EQ(std::get<CoreTagType>(info.exports[4].desc).type, 1u);
  EXPECT_EQ(info.defined_memories, 1u);
}

TEST(ReadCoreModule, ResolvesExportsOfImports) {
  const CoreModuleInfo info = *Read(std::string(kTwoFuncTypes) +
                                    "02 [01 ['m'] ['f'] 00 01]"
                                    "03 [01 00]"
                                    "07 [02 ['a'] 00 00 ['b'] 00 01]");
  EXPECT_EQ(std::get<CoreFuncRef>(info.exports[0].desc).type, 1u);
  EXPECT_EQ(std::get<CoreFuncRef>(info.exports[1].desc).type, 0u);
}

TEST(ReadCoreModule, ReadsTablesWithAnInitialiser) {
  const CoreModuleInfo info = *Read("04 [01 40 00 70 00 02 d0 70 0b] 07 [01 ['t'] 01 00]");
  EXPECT_EQ(std::get<CoreTableType>(info.exports[0].desc).limits.min, 2u);
  EXPECT_THAT(Read("04 [01 40 01 70 00 02 d0 70 0b]"), IsMalformed(At(4), "0x00"));
}

TEST(ReadCoreModule, NoticesSharedMemories) {
  EXPECT_TRUE(Read("05 [01 03 01 02]")->uses_shared_memory);
  EXPECT_TRUE(Read("02 [01 ['m'] ['p'] 02 03 01 02]")->uses_shared_memory);
  EXPECT_FALSE(Read("05 [01 01 01 02]")->uses_shared_memory);
}

TEST(ReadCoreModule, DoesNotLookIntoCodeAndData) {
  EXPECT_TRUE(Read("0a [ff ff] 0b [ff ff] 00 [['x'] ff]").ok());
}

TEST(ReadCoreModule, BoundsTypeIndices) {
  const std::string types(kTwoFuncTypes);
  EXPECT_THAT(Read(types + "03 [01 02]"), IsInvalid(At(13), "out of bounds"));
  EXPECT_THAT(Read(types + "02 [01 ['m'] ['f'] 00 02]"), IsInvalid(At(18), "out of bounds"));
  EXPECT_THAT(Read(types + "0d [01 00 02]"), IsInvalid(At(14), "out of bounds"));
  EXPECT_THAT(Read(types + "06 [01 64 02 00 d2 00 0b]"), IsInvalid(At(14), "out of bounds"));
}

TEST(ReadCoreModule, WantsFunctionTypesForFunctionsAndTags) {
  const std::string_view a_struct = "01 [01 5f 00]";
  EXPECT_THAT(Read(std::string(a_struct) + "03 [01 00]"), IsInvalid(At(8), "function type"));
  EXPECT_THAT(Read(std::string(a_struct) + "0d [01 00 00]"), IsInvalid(At(8), "function type"));
}

TEST(ReadCoreModule, BoundsExportIndices) {
  for (const std::string_view kind : {"00", "01", "02", "03", "04"}) {
    EXPECT_THAT(Read("07 [01 ['x']" + std::string(kind) + "00]"),
                IsInvalid(At(6), "out of bounds"));
  }
  EXPECT_THAT(Read("07 [01 ['x'] 05 00]"), IsMalformed(At(5), "kind"));
}

TEST(ReadCoreModule, RefusesDuplicateExports) {
  EXPECT_THAT(Read("05 [01 00 01] 07 [02 ['x'] 02 00 ['x'] 02 00]"),
              IsInvalid(At(12), "already defined"));
}

TEST(ReadCoreModule, ChecksMemoryAndTableTypes) {
  EXPECT_THAT(Read("05 [01 00 81 80 04]"), IsInvalid(At(3), "memory size"));
  EXPECT_THAT(Read("04 [01 70 01 02 01]"), IsInvalid(At(3), "table minimum"));
}

TEST(ReadCoreModule, RefusesTrailingBytesOfASection) {
  EXPECT_THAT(Read("05 [01 00 01 00]"), IsMalformed(At(5), "core section"));
}

TEST(ReadCoreModule, RefusesCountsBeyondTheSection) {
  EXPECT_THAT(Read("03 [7f 00]"), IsMalformed(At(2), "core functions"));
}

TEST(ReadCoreModule, BoundsTablesAndMemories) {
  const auto memories = [](int count) {
    std::string text = count == 100 ? "05 [64 " : "05 [65 ";
    for (int i = 0; i < count; ++i) text += "00 00 ";
    return text + "]";
  };
  EXPECT_EQ(Read(memories(100))->defined_memories, 100u);
  EXPECT_THAT(Read(memories(101)), IsMalformed(At(3), "core memories"));
}

TEST(ReadCoreModule, CountsTheEntriesOfEveryKindOfElementSegment) {
  const std::string table = "04 [01 70 00 0a] ";
  const std::string offset = "41 00 0b ";
  for (const std::string& segment :
       {"00 " + offset + "02 00 00", std::string("01 00 02 00 00"),
        "02 00 " + offset + "00 02 00 00", std::string("03 00 02 00 00"),
        "04 " + offset + "02 d0 70 0b d0 70 0b", std::string("05 70 02 d0 70 0b d0 70 0b"),
        "06 00 " + offset + "70 02 d0 70 0b d0 70 0b", std::string("07 70 02 d0 70 0b d0 70 0b")}) {
    const auto info = Read(table + "09 [02 " + segment + " " + segment + "]");
    ASSERT_TRUE(info.ok()) << segment << ": " << info.status();
    EXPECT_EQ(info->element_entries, 4u) << segment;
  }
  EXPECT_THAT(Read("09 [01 08 00]"), IsMalformed(At(3), "element segment"));
  EXPECT_THAT(Read("09 [01 01 01 00]"), IsMalformed(At(4), "kind of elements"));
}

TEST(ReadCoreModule, CountsGlobalsAndTheBytesOfConstantExpressions) {
  const CoreModuleInfo info = *Read(
      "04 [01 70 00 0a] 06 [02 7f 00 41 00 0b 7f 00 41 01 41 02 6a 0b]"
      "09 [02 00 41 00 0b 00 04 41 00 0b 01 d0 70 0b]");
  EXPECT_EQ(info.defined_globals, 2u);
  EXPECT_EQ(info.const_expr_bytes, 3u + 6u + 3u + 3u + 3u);
  EXPECT_EQ(info.element_entries, 1u);
}

TEST(ReadCoreModule, RefusesGlobalsWithoutAConstantInitialiser) {
  EXPECT_THAT(Read("06 [01 7f 00 01 0b]"), IsInvalid(At(5), "constant expression"));
}

}  // namespace
}  // namespace davit::wasm
