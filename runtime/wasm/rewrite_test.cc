#include "runtime/wasm/rewrite.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/wasm/binary_test_util.h"
#include "runtime/wasm/core_module.h"

namespace davit::wasm {
namespace {

using std::string_literals::operator""s;

constexpr uint64_t kMaxImage = 1 << 20;

absl::StatusOr<RewrittenModule> Rewrite(std::string_view sections, uint64_t max_image = kMaxImage) {
  const std::vector<uint8_t> bytes = ModuleFromText(sections);
  const auto info = ReadCoreModule(bytes, 0);
  if (!info.ok()) return info.status();
  return RewriteCoreModule(bytes, *info, {.image_bytes = max_image});
}

std::string Module(std::string_view sections) {
  const std::vector<uint8_t> bytes = ModuleFromText(sections);
  return std::string(bytes.begin(), bytes.end());
}

std::span<const uint8_t> BytesOf(const RewrittenModule& module) {
  return {reinterpret_cast<const uint8_t*>(module.bytes.data()), module.bytes.size()};
}

// (memory 1)
constexpr std::string_view kMemory = "05 [01 00 01]";
// (import "davit:memory" "0" (memory 1))
constexpr std::string_view kMemoryImport = "02 [01 ['davit:memory'] ['0'] 02 00 01]";

// A module with one memory of a page and the given data segments, in text.
absl::StatusOr<RewrittenModule> RewriteData(std::string_view segments,
                                            uint64_t max_image = kMaxImage) {
  return Rewrite(absl::StrCat(kMemory, "0b [", segments, "]"), max_image);
}

// What RewriteData makes of segments that become `segments`.
std::string Rewritten(std::string_view segments) {
  return Module(absl::StrCat(kMemoryImport, "0b [", segments, "]"));
}

TEST(RewriteMemories, LeavesAModuleWithoutMemoriesAlone) {
  const std::string_view sections = "01 [01 60 00 00] 02 [01 ['m'] ['p'] 02 00 01]";
  const RewrittenModule module = *Rewrite(sections);
  EXPECT_EQ(module.bytes, Module(sections));
  EXPECT_TRUE(module.memories.empty());
}

TEST(RewriteMemories, MakesAnImportSectionWhereThereIsNone) {
  const RewrittenModule module = *Rewrite(kMemory);
  EXPECT_EQ(module.bytes, Module(kMemoryImport));
  ASSERT_EQ(module.memories.size(), 1u);
  EXPECT_EQ(module.memories[0].type.limits.min, 1u);
  EXPECT_EQ(module.memories[0].image, "");
}

TEST(RewriteMemories, PutsImportsBetweenTypesAndWhatFollows) {
  EXPECT_EQ(
      Rewrite("01 [00] 00 [['a']] 03 [00] 05 [01 00 01] 00 [['b']] 0a [00]")->bytes,
      Module("01 [00] 00 [['a']]" + std::string(kMemoryImport) + "03 [00] 00 [['b']] 0a [00]"));
}

TEST(RewriteMemories, AppendsToTheImportsThatThereAre) {
  EXPECT_EQ(Rewrite("02 [01 ['m'] ['p'] 02 00 02] 05 [01 00 01]")->bytes,
            Module("02 [02 ['m'] ['p'] 02 00 02 ['davit:memory'] ['0'] 02 00 01]"));
}

TEST(RewriteMemories, NumbersMemoriesInOrderOfDefinition) {
  const RewrittenModule module = *Rewrite("05 [03 00 01 01 02 03 05 80 02 81 02]");
  EXPECT_EQ(module.bytes, Module("02 [03"
                                 " ['davit:memory'] ['0'] 02 00 01"
                                 " ['davit:memory'] ['1'] 02 01 02 03"
                                 " ['davit:memory'] ['2'] 02 05 80 02 81 02]"));
  ASSERT_EQ(module.memories.size(), 3u);
  EXPECT_EQ(module.memories[1].type.limits.max, 3u);
  EXPECT_TRUE(module.memories[2].type.limits.is64);
}

TEST(RewriteMemories, KeepsExportsOfMemoriesValid) {
  const RewrittenModule module =
      *Rewrite("02 [01 ['m'] ['p'] 02 00 02] 05 [01 00 01] 07 [02 ['a'] 02 00 ['b'] 02 01]");
  const CoreModuleInfo info = *ReadCoreModule(BytesOf(module), 0);
  EXPECT_EQ(std::get<CoreMemoryType>(info.exports[0].desc).limits.min, 2u);
  EXPECT_EQ(std::get<CoreMemoryType>(info.exports[1].desc).limits.min, 1u);
  EXPECT_EQ(info.defined_memories, 0u);
}

TEST(RewriteMemories, RefusesAnImportFromTheReservedName) {
  EXPECT_THAT(Rewrite("02 [01 ['davit:memory'] ['0'] 02 00 01] 05 [01 00 01]"),
              IsInvalid(11, "reserved"));
}

TEST(RewriteMemories, RefusesSharedMemories) {
  EXPECT_THAT(Rewrite("05 [01 03 01 02]"), NeedsFeature("threads"));
}

TEST(RewriteData, MovesActiveSegmentsIntoTheImage) {
  const RewrittenModule module = *RewriteData("02 00 41 04 0b ['ab'] 00 41 01 0b ['c']");
  EXPECT_EQ(module.bytes, Rewritten("02 01 00 01 00"));
  EXPECT_EQ(module.memories[0].image_address, 1u);
  EXPECT_EQ(module.memories[0].image, "c\0\0ab"s);
}

TEST(RewriteData, LetsLaterSegmentsOverwriteEarlierOnes) {
  EXPECT_EQ(RewriteData("02 00 41 00 0b ['aaa'] 00 41 01 0b ['b']")->memories[0].image, "aba");
}

TEST(RewriteData, FoldsConstantArithmetic) {
  EXPECT_EQ(RewriteData("01 00 41 05 41 03 6b 0b ['x']")->memories[0].image_address, 2u);
}

TEST(RewriteData, KeepsPassiveSegments) {
  const RewrittenModule module = *RewriteData("02 01 ['ab'] 00 41 00 0b ['c']");
  EXPECT_EQ(module.bytes, Rewritten("02 01 ['ab'] 01 00"));
  EXPECT_EQ(module.memories[0].image, "c");
}

TEST(RewriteData, KeepsWhatDependsOnAGlobalAndAllThatFollows) {
  const std::string_view segments = "03 00 41 00 0b ['a'] 00 23 00 0b ['b'] 00 41 00 0b ['c']";
  const RewrittenModule module = *RewriteData(segments);
  EXPECT_EQ(module.bytes, Rewritten("03 01 00 00 23 00 0b ['b'] 00 41 00 0b ['c']"));
  EXPECT_EQ(module.memories[0].image, "a");
}

TEST(RewriteData, KeepsSegmentsThatWillTrap) {
  // At 65535: one byte fits, two do not.
  EXPECT_EQ(RewriteData("01 00 41 ff ff 03 0b ['x']")->memories[0].image, "x");
  const std::string_view outside = "01 00 41 ff ff 03 0b ['xy']";
  EXPECT_EQ(RewriteData(outside)->bytes, Rewritten(outside));
  const std::string_view negative = "01 00 41 7f 0b ['x']";
  EXPECT_EQ(RewriteData(negative)->bytes, Rewritten(negative));
}

TEST(RewriteData, MovesEmptySegmentsUpToTheEndOfTheMemory) {
  const RewrittenModule module = *RewriteData("01 00 41 80 80 04 0b 00");
  EXPECT_EQ(module.bytes, Rewritten("01 01 00"));
  EXPECT_EQ(module.memories[0].image, "");
  const std::string_view outside = "01 00 41 81 80 04 0b 00";
  EXPECT_EQ(RewriteData(outside)->bytes, Rewritten(outside));
}

TEST(RewriteData, KeepsSegmentsPastTheImageLimit) {
  const std::string_view up_to_it = "02 00 41 08 0b ['x'] 00 41 17 0b ['y']";
  EXPECT_EQ(RewriteData(up_to_it, /*max_image=*/16)->memories[0].image.size(), 16u);
  const std::string_view past = "02 00 41 08 0b ['x'] 00 41 18 0b ['y']";
  const RewrittenModule module = *RewriteData(past, /*max_image=*/16);
  EXPECT_EQ(module.bytes, Rewritten("02 01 00 00 41 18 0b ['y']"));
  EXPECT_EQ(module.memories[0].image, "x");

  const std::string_view backwards = "02 00 41 18 0b ['x'] 00 41 08 0b ['y']";
  EXPECT_EQ(RewriteData(backwards, /*max_image=*/16)->memories[0].image, "x");
  EXPECT_EQ(RewriteData(backwards, /*max_image=*/17)->memories[0].image.size(), 17u);
  EXPECT_EQ(RewriteData(backwards, /*max_image=*/17)->memories[0].image_address, 8u);
}

TEST(RewriteData, LimitsTheImagesOfAllMemoriesTogether) {
  const RewrittenModule module =
      *Rewrite("05 [02 00 01 00 01] 0b [02 00 41 09 0b ['xxx'] 02 01 41 09 0b ['yy']]",
               /*max_image=*/4);
  EXPECT_EQ(module.memories[0].image, "xxx");
  EXPECT_EQ(module.memories[1].image, "");
}

TEST(RewriteData, ClosesOnlyTheMemoryWhoseSegmentStays) {
  const RewrittenModule module = *Rewrite(
      "05 [02 00 01 00 01]"
      "0b [03 02 00 23 00 0b ['x'] 02 01 41 00 0b ['y'] 00 41 00 0b ['z']]");
  EXPECT_EQ(module.memories[0].image, "");
  EXPECT_EQ(module.memories[1].image, "y");
}

TEST(RewriteData, KeepsSegmentsOfImportedMemories) {
  const RewrittenModule module = *Rewrite(
      "02 [01 ['m'] ['p'] 02 00 02] 05 [01 00 01]"
      "0b [02 00 41 00 0b ['x'] 02 01 41 00 0b ['y']]");
  EXPECT_EQ(module.bytes, Module("02 [02 ['m'] ['p'] 02 00 02 ['davit:memory'] ['0'] 02 00 01]"
                                 "0b [02 00 41 00 0b ['x'] 01 00]"));
  EXPECT_EQ(module.memories[0].image, "y");
}

TEST(RewriteData, PlacesSegmentsIn64BitMemories) {
  const RewrittenModule module = *Rewrite("05 [01 04 01] 0b [01 00 42 02 0b ['x']]");
  EXPECT_EQ(module.memories[0].image_address, 2u);
  EXPECT_EQ(module.memories[0].image, "x");
  const RewrittenModule far = *Rewrite("05 [01 04 01] 0b [01 00 42 7f 0b ['x']]");
  EXPECT_EQ(far.memories[0].image, "");
}

TEST(RewriteData, MeasuresMemoriesByTheirPageSize) {
  // Three pages of one byte.
  EXPECT_EQ(Rewrite("05 [01 08 03 00] 0b [01 00 41 02 0b ['x']]")->memories[0].image, "x");
  EXPECT_EQ(Rewrite("05 [01 08 03 00] 0b [01 00 41 03 0b ['x']]")->memories[0].image, "");
}

TEST(RewriteData, RefusesMalformedSegments) {
  EXPECT_THAT(RewriteData("01 03 00"), IsMalformed(16, "data segment"));
  EXPECT_THAT(RewriteData("01 00 41 00 0b 05'abc'"), IsMalformed(21, "data segment"));
  EXPECT_THAT(RewriteData("00 00"), IsMalformed(16, "core data section"));
}

// ---- What brings an instance back to how it began ----

// (global (mut i32) (i32.const 7)) (global i64 (i64.const 1)) (global (mut f64) (f64.const 0))
constexpr std::string_view kGlobals =
    "06 [03 7f 01 41 07 0b  7e 00 42 01 0b  7c 01 44 00 00 00 00 00 00 00 00 0b]";
// One function () -> (), with `body` for its instructions.
std::string Function(std::string_view body) {
  return absl::StrCat("01 [01 60 00 00] 03 [01 00] 0a [01 [00 ", body, " 0b]]");
}
bool IsRestorable(std::string_view sections) { return Rewrite(sections)->globals.has_value(); }

TEST(RewriteGlobals, ExportsThoseThatAreMutable) {
  const RewrittenModule module = *Rewrite(kGlobals);
  EXPECT_EQ(module.globals, (std::vector<std::string>{"davit:global:0", "davit:global:2"}));
  EXPECT_EQ(
      module.bytes,
      Module(absl::StrCat(kGlobals, "07 [02 ['davit:global:0'] 03 00 ['davit:global:2'] 03 02]")));
}

TEST(RewriteGlobals, CountsThoseThatAreImported) {
  const RewrittenModule module =
      *Rewrite("02 [01 ['m'] ['g'] 03 7f 01] 06 [01 7f 01 41 00 0b] 07 [01 ['g'] 03 00]");
  EXPECT_EQ(module.globals, std::vector<std::string>{"davit:global:1"});
  EXPECT_EQ(module.bytes, Module("02 [01 ['m'] ['g'] 03 7f 01] 06 [01 7f 01 41 00 0b]"
                                 "07 [02 ['g'] 03 00 ['davit:global:1'] 03 01]"));
}

TEST(RewriteGlobals, NeedsNumbers) {
  EXPECT_TRUE(IsRestorable("06 [01 7c 01 44 00 00 00 00 00 00 00 00 0b]"));
  EXPECT_FALSE(IsRestorable("06 [01 70 01 d0 70 0b]")) << "(mut funcref)";
  EXPECT_TRUE(IsRestorable("06 [01 70 00 d0 70 0b]")) << "funcref";
}

TEST(RewriteGlobals, AreAtMostSoMany) {
  const auto globals = [](size_t count) {
    std::string section = absl::StrCat("06 [", absl::Hex(count, absl::kZeroPad2));
    for (size_t i = 0; i < count; ++i) absl::StrAppend(&section, " 7f 01 41 00 0b");
    return absl::StrCat(section, "]");
  };
  EXPECT_TRUE(IsRestorable(globals(64)));
  EXPECT_FALSE(IsRestorable(globals(65)));
  EXPECT_EQ(Rewrite(globals(65))->bytes, Module(globals(65))) << "and none is exported";
}

TEST(RewriteGlobals, LeavesAModuleAloneThatHasSuchANameItself) {
  const std::string sections = absl::StrCat(kGlobals, "07 [01 ['davit:global:9'] 03 00]");
  const RewrittenModule module = *Rewrite(sections);
  EXPECT_FALSE(module.globals.has_value());
  EXPECT_EQ(module.bytes, Module(sections));
}

TEST(RewriteGlobals, NothingIsKnownOfWhatAStartFunctionDid) {
  EXPECT_FALSE(IsRestorable("01 [01 60 00 00] 03 [01 00] 08 [00] 0a [01 [00 0b]]"));
}

TEST(RewriteGlobals, NothingIsKnownOfMemoriesWithOtherContentsThanTheirImage) {
  EXPECT_TRUE(RewriteData("01 00 41 08 0b [61]")->globals.has_value());
  EXPECT_FALSE(RewriteData("01 00 23 00 0b [61]")->globals.has_value()) << "at global.get 0";
  EXPECT_FALSE(RewriteData("01 00 41 08 0b [61 62]", /*max_image=*/1)->globals.has_value());
  EXPECT_TRUE(RewriteData("01 01 [61]")->globals.has_value()) << "passive";
}

TEST(RewriteGlobals, CodeMayChangeMemoriesAndGlobalsOnly) {
  EXPECT_TRUE(IsRestorable(Function("41 00 40 00 1a")));            // memory.grow
  EXPECT_TRUE(IsRestorable(Function("41 00 25 00 1a")));            // table.get
  EXPECT_FALSE(IsRestorable(Function("41 00 d0 70 26 00")));        // table.set
  EXPECT_FALSE(IsRestorable(Function("d0 70 41 01 fc 0f 00 1a")));  // table.grow
  EXPECT_FALSE(IsRestorable(Function("fc 09 00")));                 // data.drop
  EXPECT_FALSE(IsRestorable(Function("fc 0d 00")));                 // elem.drop
  EXPECT_FALSE(IsRestorable(Function("fe 03 00")));                 // atomic.fence
  EXPECT_FALSE(IsRestorable(Function("fb 1c")));                    // of the GC proposal
  EXPECT_FALSE(IsRestorable("01 [01 5f 00]")) << "a struct type";
}

TEST(RewriteCode, RefusesAnInstructionThatItDoesNotKnow) {
  EXPECT_THAT(Rewrite(Function("ff")), IsMalformed(24, "no such instruction"));
}

TEST(RewriteCode, AddsTheFunctionsThatItCallsBehindThoseOfTheModule) {
  const auto module = Rewrite(
      "01 [01 60 00 00] 03 [01 00] 05 [01 00 01] 0a [01 [00 41 00 41 00 41 00 fc 0b 00 0b]]");
  ASSERT_TRUE(module.ok()) << module.status();
  const auto after = ReadCoreModule(BytesOf(*module), 0);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->types.size(), 2u);
  ASSERT_EQ(after->funcs.size(), 2u);
  EXPECT_EQ(after->funcs[1].type, 1u);
}

TEST(RewriteGlobals, PassesOverImmediates) {
  // Bytes that would be table.set, were they instructions.
  EXPECT_TRUE(IsRestorable(Function("41 26 1a")));                       // i32.const
  EXPECT_TRUE(IsRestorable(Function("44 26 26 26 26 26 26 26 26 1a")));  // f64.const
  EXPECT_TRUE(IsRestorable(Function("02 40 0b 03 7f 0b 04 40 05 0b")));  // blocks
  EXPECT_FALSE(IsRestorable(Function("02 63 41 26 00 0b"))) << "a block of (ref null 65), then it";
  EXPECT_TRUE(IsRestorable(Function("02 63 26 0b")));            // a block of (ref null 38)
  EXPECT_TRUE(IsRestorable(Function("0e 02 26 26 26")));         // br_table
  EXPECT_TRUE(IsRestorable(Function("11 26 26 13 26 26")));      // call_indirect
  EXPECT_TRUE(IsRestorable(Function("28 02 26  28 42 26 26")));  // i32.load
  EXPECT_TRUE(IsRestorable(Function("1c 02 7f 63 26")));         // select
  EXPECT_TRUE(IsRestorable(Function("1f 40 04 00 26 26 01 26 26 02 26 03 26 0b")));  // try_table
  EXPECT_TRUE(IsRestorable(Function("fc 08 26 26 fc 0a 26 26 fc 0b 26")));           // bulk memory
  EXPECT_TRUE(IsRestorable(
      Function("fd 0c 26 26 26 26 26 26 26 26 26 26 26 26 26 26 26 26 fd 15 26 fd 54 02 26 26")));
}

}  // namespace
}  // namespace davit::wasm
