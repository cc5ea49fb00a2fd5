// One case per rule whose breach makes a component malformed, with the offset that is reported.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/base/limits.h"
#include "runtime/binary/decode/decode_test_util.h"
#include "runtime/wasm/core_encoder.h"

namespace davit::binary {
namespace {

struct Case {
  std::string_view rule;  // the name of the case
  std::string_view sections;
  uint64_t offset;
  std::string_view message;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.rule; }

class Malformed : public testing::TestWithParam<Case> {};

TEST_P(Malformed, IsRefusedAtItsOffset) {
  EXPECT_THAT(DecodeText(GetParam().sections),
              wasm::IsMalformed(GetParam().offset, GetParam().message));
}

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  return std::string(info.param.rule);
}

INSTANTIATE_TEST_SUITE_P(
    Sections, Malformed,
    testing::Values(
        Case{"SectionIdUnknown", "0d 00", 8, "0x0d for section id"},
        Case{"SectionWithoutSize", "07", 9, "size of a section"},
        Case{"SectionSizeCutOff", "07 80 80", 9, "size of a section"},
        Case{"SectionSizeTooLarge", "07 81 80 80 80 70 00", 9, "integer too large"},
        Case{"SectionPastTheEnd", "07 03 00", 10, "section"},
        Case{"SectionWithTrailingBytes", "07 [00 00]", 11, "section"},
        Case{"SectionTooShortForItsItems", "07 [02 73]", 10, "types"},
        Case{"CountBeyondTheSection", "07 [bf 84 3d 73]", 10, "types"},
        Case{"CustomSectionNameCutOff", "00 [05 61]", 11, "name of a custom section"},
        Case{"CustomSectionNameNotUtf8", "00 [02 ff fe]", 10, "UTF-8"},
        Case{"NestedComponentPreamble", "04 [00'asm' 0c 00 01 00]", 10, "preamble"},
        Case{"NestedComponentIsAModule", "04 [00'asm' 01 00 00 00]", 10, "is a core module"},
        Case{"NestedComponentTrailingBytes", "04 [00'asm' 0d 00 01 00 07]", 19, "size"},
        Case{"ModulePreamble", "01 [00'asm' 0d 00 01 00]", 10, "preamble of a core module"},
        Case{"ModuleSectionOrder", "01 [00'asm' 01 00 00 00 0b [00] 01 [00]]", 21, "order"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Instances, Malformed,
    testing::Values(
        Case{"CoreInstanceForm", "02 [01 02 00 00]", 11, "0x02 for core instance"},
        Case{"CoreInstanceArgSort", "02 [01 00 00 01 ['i'] 00 00]", 16,
             "sort of a core instantiation argument"},
        Case{"CoreInstanceExportSort", "02 [01 01 01 ['i'] 05 00]", 15, "0x05 for core sort"},
        Case{"InstanceForm", "05 [01 02 00 00]", 11, "0x02 for instance"},
        Case{"InstanceArgSort", "05 [01 00 00 01 ['i'] 06 00]", 16, "0x06 for sort"},
        Case{"InstanceArgCoreSort", "05 [01 00 00 01 ['i'] 00 05 00]", 17, "0x05 for sort"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Aliases, Malformed,
    testing::Values(Case{"AliasSort", "06 [01 06 02 00 00]", 11, "0x06 for sort of an alias"},
                    Case{"AliasCoreSort", "06 [01 00 13 02 00 00]", 12,
                         "0x13 for sort of an alias"},
                    Case{"AliasTargetUnknown", "06 [01 03 03 00 00]", 12, "0x03 for alias target"},
                    Case{"OuterAliasOfAFunc", "06 [01 01 02 00 00]", 11, "outer alias"},
                    Case{"OuterAliasOfAnInstance", "06 [01 05 02 00 00]", 11, "outer alias"},
                    Case{"OuterAliasOfACoreFunc", "06 [01 00 00 02 00 00]", 11, "outer alias"},
                    Case{"AliasNameNotUtf8", "06 [01 01 00 00 01 ff]", 14, "UTF-8"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    CoreTypes, Malformed,
    testing::Values(
        Case{"CoreTypeForm", "03 [01 61 00 00]", 11, "0x61 for core type"},
        Case{"CoreSubtypePrefix", "03 [01 00 4f 00 60 00 00]", 12, "subtype"},
        Case{"ModuleTypeInModuleType", "03 [01 50 01 01 50 00]", 16, "core type"},
        Case{"ModuleDeclarator", "03 [01 50 01 04 60 00 00]", 13, "module type declarator"},
        Case{"ModuleAliasSort", "03 [01 50 01 02 00 01 01 00]", 14, "sort of an alias"},
        Case{"ModuleAliasTarget", "03 [01 50 01 02 10 00 01 00]", 15, "target of an alias"},
        Case{"ModuleExportKind", "03 [01 50 01 03 ['e'] 06 00]", 16, "core extern type"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Types, Malformed,
    testing::Values(
        Case{"TypeOpcodeBelowValueTypes", "07 [01 62]", 11, "0x62 for component type"},
        Case{"TypeOpcodeAboveFunctions", "07 [01 44]", 11, "0x44 for component type"},
        Case{"TypeOpcodeBelowResources", "07 [01 3e]", 11, "0x3e for component type"},
        Case{"ValueTypeOpcode", "07 [01 70 72]", 12, "0x72 for value type"},
        Case{"ValueTypeIndexTooLarge", "07 [01 70 80 80 80 80 10]", 12, "integer too large"},
        Case{"VariantCaseEnd", "07 [01 71 01 ['c'] 00 01]", 16, "end of a variant case"},
        Case{"OptionalTypeFlag", "07 [01 66 02]", 12, "presence of an optional type"},
        Case{"ResultPayloadFlag", "07 [01 6a 00 02]", 13, "presence of an optional type"},
        Case{"LabelCutOff", "07 [01 6d 01 05 61]", 14, "label"},
        Case{"FunctionResultCount", "07 [01 40 00 01 01]", 14, "number of results"},
        Case{"FunctionResultForm", "07 [01 40 00 02 00]", 13, "result list"},
        Case{"ResourceDestructorFlag", "07 [01 3f 7f 02]", 13, "presence of a destructor"},
        Case{"ComponentTypeDeclarator", "07 [01 41 01 05 73]", 13, "type declarator"},
        Case{"InstanceTypeImport", "07 [01 42 01 03 00 ['a'] 03 01]", 13, "instance type"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Canons, Malformed,
    testing::Values(Case{"CanonOpcode07", "08 [01 07]", 11, "0x07 for canonical definition"},
                    Case{"CanonOpcode08", "08 [01 08]", 11, "0x08 for canonical definition"},
                    Case{"CanonOpcode2e", "08 [01 2e]", 11, "0x2e for canonical definition"},
                    Case{"CanonOpcode43", "08 [01 43]", 11, "0x43 for canonical definition"},
                    Case{"LiftSort", "08 [01 00 01 00 00 00]", 12, "sort of a lifted function"},
                    Case{"LowerSort", "08 [01 01 01 00 00]", 12, "sort of a lowered function"},
                    Case{"CanonOption", "08 [01 01 00 00 01 0a]", 15, "0x0a for canonical option"},
                    Case{"AsyncFlag", "08 [01 06 02]", 12, "async flag"},
                    Case{"CancellableFlag", "08 [01 0c 02]", 12, "cancellable flag"},
                    Case{"SharedFlag", "08 [01 42 02]", 12, "shared flag"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    ImportsAndExports, Malformed,
    testing::Values(Case{"NamePrefix", "0a [01 03 ['a'] 01 00]", 11, "prefix of an import"},
                    Case{"NameAttributeKind", "0a [01 02 ['a'] 01 03 ['x'] 01 00]", 15,
                         "name attribute"},
                    Case{"ExternTypeKind", "0a [01 00 ['x'] 06 00]", 14, "0x06 for extern type"},
                    Case{"ExternTypeCoreKind", "0a [01 00 ['m'] 00 00]", 15, "core extern type"},
                    Case{"TypeBoundKind", "0a [01 00 ['t'] 03 02]", 15, "type bound"},
                    Case{"ValueBoundKind", "0a [01 00 ['v'] 02 02]", 15, "value bound"},
                    Case{"ImportNameCutOff", "0a [01 00 7f 61]", 13, "import or export name"},
                    Case{"ImportNameNotUtf8", "0a [01 00 02 ff fe 01 00]", 12, "UTF-8"},
                    Case{"ExportAscriptionFlag", "0b [01 00 ['e'] 01 00 02]", 16, "export's type"},
                    Case{"ExportSort", "0b [01 00 ['e'] 06 00 00]", 14, "0x06 for sort"},
                    Case{"StartTrailingBytes", "09 [00 00 00 00]", 13, "section"},
                    Case{"ValueCutOff", "0c [01 73 05 61]", 13, "value"}),
    CaseName);

// ---- the preamble ------------------------------------------------------------------------------

absl::StatusOr<std::shared_ptr<const Component>> DecodeBytes(std::string_view text) {
  const std::vector<uint8_t> bytes = wasm::FromText(text);
  return Decode(std::make_shared<const std::string>(bytes.begin(), bytes.end()), kAllFeatures);
}

TEST(Preamble, IsWholeAndExact) {
  for (const std::string_view text :
       {"", "00", "00'asm'", "00'asm' 0d 00 01", "'asm' 00 0d 00 01 00", "00'ASM' 0d 00 01 00",
        "00'asm' 0c 00 01 00", "00'asm' 0e 00 01 00", "00'asm' 0d 01 01 00", "00'asm' 0d 00 00 00",
        "00'asm' 0d 00 02 00", "00'asm' 0d 00 01 01"}) {
    EXPECT_THAT(DecodeBytes(text), wasm::IsMalformed(0, "preamble of a component")) << text;
  }
}

TEST(Preamble, TellsACoreModule) {
  EXPECT_THAT(DecodeBytes(wasm::kCorePreambleText), wasm::IsMalformed(0, "this is a core module"));
}

// ---- what the syntax tree cannot hold, though it parses
// -------------------------------------------

TEST(Invalid, CanonicalOptionsAreGivenOnce) {
  for (const std::string_view option : {"00", "02", "03 00", "04 00", "05 00", "06", "07 00"}) {
    const std::string lower = absl::StrCat("08 [01 01 00 00 02 ", option, " ", option, "]");
    const uint64_t second = 15 + wasm::FromText(option).size();
    EXPECT_THAT(DecodeText(lower), wasm::IsInvalid(second, "given twice")) << option;
  }
}

TEST(Invalid, StringEncodingsExcludeEachOther) {
  EXPECT_THAT(DecodeText("08 [01 01 00 00 02 00 01]"), wasm::IsInvalid(16, "string-encoding"));
}

TEST(Invalid, NameAttributesAreGivenOnce) {
  for (const std::string_view kind : {"00", "01", "02"}) {
    EXPECT_THAT(
        DecodeText(absl::StrCat("0a [01 02 ['i'] 02 ", kind, "['x'] ", kind, "['y'] 05 00]")),
        wasm::IsInvalid(18, "duplicate"));
  }
}

TEST(Invalid, ResourcesAndSlotsAreIntegers) {
  EXPECT_THAT(DecodeText("07 [01 3f 7d 00]"), wasm::IsInvalid(12, "neither i32 nor i64"));
  EXPECT_THAT(DecodeText("07 [01 3f 70 00]"), wasm::IsInvalid(12, "neither i32 nor i64"));
  EXPECT_THAT(DecodeText("08 [01 0a 7c 00]"), wasm::IsInvalid(12, "neither i32 nor i64"));
}

// ---- limits -------------------------------------------------------------------------------------

std::string Repeat(std::string_view text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i) result.append(text);
  return result;
}

std::string NestedComponents(size_t depth) {
  return Repeat("04 [00'asm' 0d 00 01 00 ", depth) + Repeat("]", depth);
}

TEST(Limits, BoundTheNestingOfComponents) {
  EXPECT_TRUE(DecodeText(NestedComponents(base::kMaxComponentNesting)).ok());
  const auto deeper = DecodeText(NestedComponents(base::kMaxComponentNesting + 1));
  EXPECT_THAT(deeper.status().message(), testing::HasSubstr("nested more than 100 deep"));
}

TEST(Limits, BoundTheNestingOfTypes) {
  const auto nested = [](size_t depth) {
    return "07 [01 42 00]" + ("07 [01 " + Repeat("42 01 01 ", depth - 1) + "42 00]");
  };
  EXPECT_TRUE(DecodeText(nested(base::kMaxComponentNesting)).ok());
  EXPECT_FALSE(DecodeText(nested(base::kMaxComponentNesting + 1)).ok());
}

TEST(Limits, CountComponentsAndTypesTogether) {
  const auto nested = [](size_t types) {
    return "04 [00'asm' 0d 00 01 00 07 [01 " + Repeat("41 01 01 ", types - 1) + "41 00]]";
  };
  EXPECT_TRUE(DecodeText(nested(base::kMaxComponentNesting - 1)).ok());
  EXPECT_FALSE(DecodeText(nested(base::kMaxComponentNesting)).ok());
}

// A section of `count` equal items; counts here take two bytes.
std::string SectionOf(std::string_view id, size_t count, std::string_view item) {
  const std::string size = absl::StrCat(absl::Hex((count & 0x7f) | 0x80, absl::kZeroPad2), " ",
                                        absl::Hex(count >> 7, absl::kZeroPad2), " ");
  return absl::StrCat(id, " [", size, Repeat(item, count), "]");
}

TEST(Limits, BoundInstancesModulesAndComponents) {
  EXPECT_TRUE(DecodeText(SectionOf("05", base::kMaxInstances, "01 00 ")).ok());
  EXPECT_THAT(DecodeText(SectionOf("05", base::kMaxInstances + 1, "01 00 ")).status().message(),
              testing::HasSubstr("more than 1000 items of sort instance"));
  EXPECT_TRUE(DecodeText(Repeat("01 [00'asm' 01 00 00 00]", base::kMaxModules)).ok());
  EXPECT_FALSE(DecodeText(Repeat("01 [00'asm' 01 00 00 00]", base::kMaxModules + 1)).ok());
  EXPECT_TRUE(DecodeText(Repeat("04 [00'asm' 0d 00 01 00]", base::kMaxComponents)).ok());
  EXPECT_FALSE(DecodeText(Repeat("04 [00'asm' 0d 00 01 00]", base::kMaxComponents + 1)).ok());
}

TEST(Limits, CountWhatAliasesAndImportsAppend) {
  const std::string full = SectionOf("05", base::kMaxInstances, "01 00 ");
  EXPECT_FALSE(DecodeText(full + "06 [01 05 00 00 ['i']]").ok());
  EXPECT_FALSE(DecodeText(full + "0a [01 00 ['i'] 05 00]").ok());
  EXPECT_FALSE(DecodeText(full + "0b [01 00 ['i'] 05 00 00]").ok());
}

TEST(Limits, BoundTheDefinitionsOfTheWholeBinary) {
  // An instance type with two types in it, and the rest beside it.
  const auto types = [](uint32_t count) {
    wasm::CoreEncoder section;
    section.U32(count).Bytes(std::string(count, 0x73));
    const std::string bytes = wasm::CoreEncoder().Byte(0x07).Sized(section).Take();
    const auto preamble = wasm::ComponentFromText("07 [01 42 02 01 73 01 73]");
    return std::make_shared<const std::string>(*preamble + bytes);
  };
  EXPECT_TRUE(Decode(types(999'997), Features()).ok());
  EXPECT_THAT(Decode(types(999'998), Features()).status().message(),
              testing::HasSubstr("more than 1000000 definitions"));
}

TEST(Limits, BoundFunctionParameters) {
  const auto func = [](size_t count) {
    const std::string section = SectionOf("00", count, "['p'] 7f ");
    return "07 [01 40 " + section.substr(4, section.size() - 5) + " 01 00]";
  };
  EXPECT_TRUE(DecodeText(func(base::kMaxFuncParams)).ok());
  EXPECT_THAT(DecodeText(func(base::kMaxFuncParams + 1)),
              wasm::IsMalformed(13, "function parameters"));
}

TEST(Limits, BoundFields) {
  const auto tuple = [](size_t count) {
    const std::string section = SectionOf("00", count, "7f ");
    return "07 [01 6f " + section.substr(4, section.size() - 5) + "]";
  };
  EXPECT_TRUE(DecodeText(tuple(base::kMaxFields)).ok());
  EXPECT_THAT(DecodeText(tuple(base::kMaxFields + 1)), wasm::IsMalformed(13, "tuple members"));
}

TEST(Limits, BoundCanonicalOptions) {
  // No valid list is longer than eight; the eleventh is not even counted.
  EXPECT_THAT(DecodeText("08 [01 01 00 00 0b " + Repeat("00 ", 11) + "]"),
              wasm::IsMalformed(14, "canonical options"));
}

TEST(Limits, BoundNames) {
  const auto import = [](size_t size) {
    return "0a [01 00 ['" + std::string(size, 'n') + "'] 01 00]";
  };
  EXPECT_TRUE(DecodeText(import(base::kMaxNameBytes)).ok());
  EXPECT_FALSE(DecodeText(import(base::kMaxNameBytes + 1)).ok());
}

}  // namespace
}  // namespace davit::binary
