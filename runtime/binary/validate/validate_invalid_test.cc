// One case per rule whose breach makes a decoded component invalid, with the offset that is
// reported.

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "runtime/binary/validate/validate_test_util.h"

namespace davit::binary {
namespace {

struct Case {
  std::string_view rule;  // the name of the case
  std::string sections;
  uint64_t offset;
  std::string_view message;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.rule; }

class Invalid : public testing::TestWithParam<Case> {};

TEST_P(Invalid, IsRefusedAtItsOffset) {
  EXPECT_THAT(ValidateText(GetParam().sections),
              wasm::IsInvalid(GetParam().offset, GetParam().message));
}

std::string CaseName(const testing::TestParamInfo<Case>& info) {
  return std::string(info.param.rule);
}

// A module of type [] -> [] functions, instantiated: it exports the function f, a memory m, a
// table t and a global g. Core func 0 is f, core memory 0 is m.
std::string WithCoreInstance(std::string_view more) {
  return absl::StrCat(
      CoreModuleText("01 [01 60 00 00] 03 [01 00] 04 [01 70 00 01] 05 [01 00 01] "
                     "06 [01 7f 00 41 00 0b] "
                     "07 [04 ['f'] 00 00 ['m'] 02 00 ['t'] 01 00 ['g'] 03 00] 0a [01 [00 0b]]"),
      "02 [01 00 00 00] 06 [02 00 00 01 00 ['f'] 00 02 01 00 ['m']] ", more);
}

// Type 0 is (func), func 0 an import "f" of that type.
std::string WithFunc(std::string_view more) {
  return absl::StrCat("07 [01 40 00 01 00] 0a [01 00 ['f'] 01 00] ", more);
}

// Type 0 is an imported resource "r".
std::string WithResource(std::string_view more) {
  return absl::StrCat("0a [01 00 ['r'] 03 01] ", more);
}

INSTANTIATE_TEST_SUITE_P(
    ValueTypes, Invalid,
    testing::Values(
        Case{"RecordLabelNotKebab", "07 [01 72 01 ['aB'] 7d]", 13, "`aB` is not in kebab case"},
        Case{"RecordLabelTwice", "07 [01 72 02 ['a'] 7d ['A'] 7d]", 16, "conflicts"},
        Case{"VariantLabelTwice", "07 [01 71 02 ['a'] 00 00 ['a'] 00 00]", 17, "conflicts"},
        Case{"EnumLabelEmpty", "07 [01 6d 01 []]", 13, "enum case name `` is not in kebab case"},
        Case{"FlagTwice", "07 [01 6e 02 ['a'] ['a']]", 15, "flag name `a` conflicts"},
        Case{"RecordWithoutFields", "07 [01 72 00]", 11, "at least one member"},
        Case{"VariantWithoutCases", "07 [01 71 00]", 11, "at least one member"},
        Case{"EnumWithoutCases", "07 [01 6d 00]", 11, "at least one member"},
        Case{"FlagsWithoutLabels", "07 [01 6e 00]", 11, "at least one member"},
        Case{"TupleWithoutMembers", "07 [01 6f 00]", 11, "at least one member"},
        Case{"FixedListWithoutElements", "07 [01 67 7d 00]", 11, "at least one element"},
        Case{"MapKeyedByFloat", "07 [01 63 76 7d]", 11, "the key of a map"},
        Case{"MapKeyedByList", "07 [02 70 7d 63 00 7d]", 13, "the key of a map"},
        Case{"StreamOfChar", "07 [01 66 01 74]", 11, "`stream<char>` is not valid"},
        Case{"StreamOfAliasOfChar", "07 [02 74 66 01 00]", 12, "`stream<char>` is not valid"},
        Case{"StreamOfAResource", WithResource("07 [01 66 01 00]"), 19, "not a defined value type"},
        Case{"StreamOfBorrowInOption", WithResource("07 [03 68 00 6b 01 66 01 02]"), 23,
             "cannot contain a `borrow`"},
        Case{"FutureOfBorrow", WithResource("07 [02 68 00 65 01 01]"), 21,
             "cannot contain a `borrow`"},
        Case{"TypeIndexOutOfBounds", "07 [01 70 00]", 11, "type index 0 is out of bounds"},
        Case{"TypeIndexOfAFunction", "07 [02 40 00 01 00 70 00]", 15,
             "type index 0 is not a defined value type"},
        Case{"OwnOfNoResource", "07 [02 7d 69 00]", 12, "type index 0 is not a resource type"},
        Case{"BorrowOutOfBounds", "07 [01 68 05]", 11, "type index 5 is out of bounds"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Types, Invalid,
    testing::Values(
        Case{"ParameterTwice", "07 [01 40 02 ['x'] 7d ['X'] 7d 01 00]", 16, "conflicts"},
        Case{"ResultWithBorrow", WithResource("07 [02 68 00 40 00 00 01]"), 21,
             "result cannot contain a `borrow`"},
        Case{"ResourceInInstanceType", "07 [01 42 01 01 3f 7f 00]", 14, "concrete component"},
        Case{"ResourceInComponentType", "07 [01 41 01 01 3f 7f 00]", 14, "concrete component"},
        Case{"DestructorOutOfBounds", "07 [01 3f 7f 01 00]", 11, "core func index 0"},
        Case{"DestructorSignature", WithCoreInstance("07 [01 3f 7f 01 00]"), 96,
             "wrong signature for a destructor: expected [i32] -> []"},
        Case{"ImportOfNoFunctionType", "07 [01 7d] 0a [01 00 ['f'] 01 00]", 15,
             "not a function type"},
        Case{"ImportOfNoInstanceType", "07 [01 7d] 0a [01 00 ['f'] 05 00]", 15,
             "not an instance type"},
        Case{"ImportOfNoComponentType", "07 [01 7d] 0a [01 00 ['f'] 04 00]", 15,
             "not a component type"},
        Case{"ImportOfNoModuleType", "03 [01 60 00 00] 0a [01 00 ['f'] 00 11 00]", 17,
             "not a module type"},
        Case{"EqBoundOutOfBounds", "0a [01 00 ['f'] 03 00 00]", 11, "type index 0"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    CoreTypes, Invalid,
    testing::Values(
        Case{"CoreTypeIndexOutOfBounds", "03 [01 60 01 64 05 00]", 11, "core type index 5"},
        Case{"CoreTypeOfAModuleType", "03 [02 50 00 60 01 64 00 00]", 13, "module type is not"},
        Case{"ModuleTypeImportsTwice", "03 [01 50 03 01 60 00 00 00 [] [] 00 00 00 [] [] 00 00]",
             22, "duplicate import name `:`"},
        Case{"ModuleTypeExportsTwice", "03 [01 50 03 01 60 00 00 03 [] 00 00 03 [] 00 00]", 21,
             "export name `` already defined"},
        Case{"ModuleTypeIndexOutOfBounds", "03 [01 50 01 03 [] 00 00]", 13, "out of bounds"},
        Case{"ModuleTypeMemoryTooLarge", "03 [01 50 01 03 [] 02 00 81 80 04]", 14,
             "memory size must be at most 65536"},
        Case{"ModuleTypeAliasOfModuleType", "03 [02 50 00 50 01 02 10 01 01 00]", 15,
             "cannot alias a module type"},
        Case{"ModuleImportsTwice",
             CoreModuleText("01 [01 60 00 00] 02 [02 [] [] 00 00 [] [] 00 00]"), 10,
             "duplicate import name `:`"},
        Case{"SupertypeTwice", "03 [01 00 50 02 00 00 60 00 00]", 11, "more than one supertype"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Names, Invalid,
    testing::Values(
        Case{"ImportNotKebab", "07 [01 40 00 01 00] 0a [01 00 ['aB'] 01 00]", 18, "`aB`"},
        Case{"ImportTwice", WithFunc("0a [01 00 ['F'] 01 00]"), 26, "conflicts with previous"},
        Case{"ExportTwice", WithFunc("0b [02 00 ['a'] 01 00 00 00 ['A'] 01 00 00]"), 32,
             "export name `A` conflicts with previous name `a`"},
        Case{"InlineExportNotKebab", WithFunc("05 [01 01 01 00 ['1'] 01 00]"), 28, "`1`"},
        Case{"InlineExportTwice", WithFunc("05 [01 01 02 00 ['a'] 01 00 00 ['a'] 01 00]"), 33,
             "conflicts"},
        Case{"ConstructorWithoutResource", WithFunc("0a [01 00 ['[constructor]x'] 01 00]"), 26,
             "no resource `x` is known as an import"},
        Case{"ConstructorWithoutOwn",
             WithResource("07 [01 40 00 01 00] 0a [01 00 ['[constructor]r'] 01 01]"), 26,
             "should return `(own $T)`"},
        Case{"MethodWithoutSelf",
             WithResource("07 [01 40 00 01 00] 0a [01 00 ['[method]r.f'] 01 01]"), 26,
             "first parameter \"self\""},
        Case{"MethodOfAnotherResource",
             WithResource("0a [01 00 ['s'] 03 01] 07 [02 68 01 40 01 ['self'] 02 01 00] "
                          "0a [01 00 ['[method]r.f'] 01 03]"),
             42, "does not use the resource that `r` names"},
        Case{"StaticOfUnknownResource", WithFunc("0a [01 00 ['[static]x.f'] 01 00]"), 26,
             "no resource `x`"},
        Case{"AnnotatedInstance", WithResource("07 [01 42 00] 0a [01 00 ['[method]r.f'] 05 01]"),
             24, "is not a func"},
        Case{"ImplementsOnAFunc", "07 [01 40 00 01 00] 0a [01 02 ['a'] 01 00 ['a:b/c'] 01 00]", 18,
             "only instances"},
        Case{"ImplementsNoInterface", "07 [01 42 00] 0a [01 02 ['a'] 01 00 ['x'] 05 00]", 16,
             "must be an interface"},
        Case{"ImplementsOnAnInterface", "07 [01 42 00] 0a [01 02 ['a:b/c'] 01 00 ['a:b/d'] 05 00]",
             16, "not valid with `implements`"},
        Case{"VersionSuffixWithoutTrack",
             "07 [01 42 00] 0a [01 02 ['a:b/c@1.0.0'] 01 01 ['.1'] 05 00]", 16,
             "canonical interface version"},
        Case{"VersionSuffixNoSemver", "07 [01 42 00] 0a [01 02 ['a:b/c@1'] 01 01 ['.1'] 05 00]", 16,
             "is not a semantic version"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Visibility, Invalid,
    testing::Values(
        Case{"ImportUsesUnnamedRecord",
             "07 [02 72 01 ['x'] 7d 40 01 ['r'] 00 01 00] 0a [01 00 ['f'] 01 01]", 26,
             "func not valid to be used as import"},
        Case{"ExportUsesUnnamedResource",
             "07 [03 3f 7f 00 69 00 40 00 01 00] 05 [01 01 00] "
             "0b [01 00 ['t'] 03 01 00]",
             28, "type not valid to be used as export"},
        Case{"TypeUsesUnnamedEnum", "07 [02 6d 01 ['a'] 70 00] 0b [01 00 ['t'] 03 01 00]", 20,
             "type not valid to be used as export"},
        Case{"ImportUsesExportedName",
             "07 [01 6d 01 ['a']] 0b [01 00 ['e'] 03 00 00] 07 [01 40 01 ['p'] 01 01 00] "
             "0a [01 00 ['f'] 01 02]",
             37, "func not valid to be used as import"},
        Case{"ComponentTypeExportUsesUnnamedFlags",
             "07 [01 41 03 01 6e 01 ['a'] 01 40 00 00 00 04 00 ['f'] 01 01]", 23,
             "func not valid to be used as export"},
        Case{"InstanceImportUsesUnnamedEnum",
             "07 [01 42 03 01 6d 01 ['a'] 01 40 00 00 00 04 00 ['f'] 01 01] "
             "0a [01 00 ['i'] 05 00]",
             32, "instance not valid to be used as import"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Aliases, Invalid,
    testing::Values(
        Case{"OuterCountTooLarge", "06 [01 03 02 01 00]", 11, "invalid outer alias count"},
        Case{"OuterIndexOutOfBounds", "06 [01 03 02 00 00]", 11, "type index 0"},
        Case{"OuterResourceAcrossAComponent", WithResource(ComponentText("06 [01 03 02 01 00]")),
             29, "refers to resources"},
        Case{"ExportOfNoInstance", "06 [01 01 00 00 ['f']]", 11, "instance index 0"},
        Case{"ExportMissing", "05 [01 01 00] 06 [01 01 00 00 ['f']]", 16,
             "instance 0 has no export named `f`"},
        Case{"ExportOfAnotherSort", WithFunc("05 [01 01 01 00 ['a'] 01 00] 06 [01 05 00 00 ['a']]"),
             36, "is not of sort instance"},
        Case{"CoreExportMissing", WithCoreInstance("06 [01 00 00 01 00 ['x']]"), 96,
             "core instance 0 has no export named `x`"},
        Case{"CoreExportOfAnotherSort", WithCoreInstance("06 [01 00 00 01 00 ['m']]"), 96,
             "is not of sort core func"},
        Case{"DeclaratorOfAFunc",
             "07 [01 41 03 01 42 02 01 40 00 01 00 04 00 ['f'] 01 00 03 00 ['i'] 05 00 "
             "02 01 00 00 ['f']]",
             33, "may only refer to types or instances"}),
    CaseName);

INSTANTIATE_TEST_SUITE_P(
    Instances, Invalid,
    testing::Values(
        Case{"ModuleOutOfBounds", "02 [01 00 00 00]", 11, "core module index 0"},
        Case{"ModuleArgumentMissing",
             absl::StrCat(CoreModuleText("01 [01 60 00 00] 02 [01 ['a'] ['b'] 00 00]"),
                          "02 [01 00 00 00]"),
             36, "missing module instantiation argument named `a`"},
        Case{"ModuleArgumentLacksTheItem",
             absl::StrCat(CoreModuleText("01 [01 60 00 00] 02 [01 ['a'] ['b'] 00 00]"),
                          "02 [02 01 00 00 00 01 ['a'] 12 00]"),
             38, "does not export an item named `b`"},
        Case{"ModuleArgumentOfTheWrongType",
             WithCoreInstance(absl::StrCat(CoreModuleText("02 [01 ['a'] ['m'] 02 00 02]"),
                                           "02 [01 00 01 01 ['a'] 12 00]")),
             116, "mismatch in memory limits"},
        Case{"ModuleArgumentTwice",
             absl::StrCat(CoreModuleText(""), "02 [02 00 00 00 00 00 02 ['a'] 12 00 ['a'] 12 00]"),
             31, "duplicate module instantiation argument named `a`"},
        Case{"ModuleArgumentOutOfBounds",
             absl::StrCat(CoreModuleText(""), "02 [01 00 00 01 ['a'] 12 05]"), 24,
             "core instance index 5"},
        Case{"CoreExportTwice", WithCoreInstance("02 [01 01 02 ['x'] 00 00 ['x'] 00 00]"), 102,
             "export name `x` already defined"},
        Case{"CoreExportOutOfBounds", "02 [01 01 01 ['x'] 02 00]", 13, "core memory index 0"},
        Case{"CoreExportOfAModule", "02 [01 01 01 ['x'] 11 00]", 13,
             "cannot be an export of a core instance"},
        Case{"ComponentOutOfBounds", "05 [01 00 00 00]", 11, "component index 0"},
        Case{"ArgumentMissing", absl::StrCat(ComponentText(WithFunc("")), "05 [01 00 00 00]"), 36,
             "missing import named `f`"},
        Case{"ArgumentOfAnotherSort",
             absl::StrCat(ComponentText(WithFunc("")), ComponentText(""),
                          "05 [01 00 00 01 ['f'] 04 01]"),
             46, "expected func, found component"},
        Case{"ArgumentTwice",
             absl::StrCat(ComponentText(""), "05 [01 00 00 02 ['a'] 04 00 ['a'] 04 00]"), 28,
             "conflicts with a previous argument"},
        Case{"ArgumentOutOfBounds", absl::StrCat(ComponentText(""), "05 [01 00 00 01 ['a'] 01 07]"),
             24, "func index 7"},
        Case{"ExportOfACoreFunc", WithCoreInstance("0b [01 00 ['x'] 00 00 00 00]"), 96,
             "core func cannot be used here"},
        Case{"AscriptionNoSupertype",
             WithFunc("07 [01 40 00 00 7d] 0b [01 00 ['a'] 01 00 01 01 01]"), 33,
             "ascribed type of export is not compatible: expected a result"}),
    CaseName);

}  // namespace
}  // namespace davit::binary
