#include "runtime/wasm/core_type_table.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit::wasm {
namespace {

using testing::HasSubstr;

constexpr CoreValType kI32{.code = 0x7f};
constexpr CoreValType kI64{.code = 0x7e};
constexpr CoreValType kFuncref{.code = 0x63, .heap = -0x10};
constexpr CoreValType kAnyref{.code = 0x63, .heap = -0x12};
constexpr CoreValType kI31{.code = 0x64, .heap = -0x14};

CoreValType RefTo(int64_t type) { return {.code = 0x64, .heap = type}; }

CoreSubType FuncOf(std::vector<CoreValType> params, std::vector<CoreValType> results = {}) {
  return {.composite = CoreFuncType{std::move(params), std::move(results)}};
}

class CoreTypeTableTest : public testing::Test {
 protected:
  // The ids of the types of `group` in a space that holds `space` before.
  std::vector<CoreTypeId> Add(const std::vector<CoreSubType>& group,
                              std::vector<CoreTypeId> space = {}) {
    const size_t before = space.size();
    EXPECT_TRUE(table_.AddGroup(group, space).ok());
    return {space.begin() + static_cast<ptrdiff_t>(before), space.end()};
  }

  absl::Status Match(const CoreItem& sub, const CoreItem& super) {
    return table_.CheckSubtype(sub, super);
  }

  CoreTypeTable table_;
};

TEST_F(CoreTypeTableTest, EqualFunctionTypesShareTheirId) {
  EXPECT_EQ(Add({FuncOf({kI32})}), Add({FuncOf({kI32})}));
  EXPECT_EQ(Add({FuncOf({kI32})})[0], table_.Func(CoreFuncType{.params = {kI32}}));
  EXPECT_NE(Add({FuncOf({kI32})}), Add({FuncOf({kI64})}));
  EXPECT_NE(Add({FuncOf({kI32})}), Add({FuncOf({}, {kI32})}));
}

TEST_F(CoreTypeTableTest, RecGroupsAreEqualWhateverTheirIndices) {
  // A function that takes a reference to itself, at index 0 and at index 1.
  const auto at_zero = Add({FuncOf({RefTo(0)})});
  const auto at_one = Add({FuncOf({RefTo(1)})}, Add({FuncOf({kI64})}));
  EXPECT_EQ(at_zero, at_one);
  // A reference to an equal type of before is not a reference to itself.
  EXPECT_NE(Add({FuncOf({RefTo(0)})}, at_zero), at_zero);
}

TEST_F(CoreTypeTableTest, MembersOfDifferentGroupsDiffer) {
  const auto pair = Add({FuncOf({kI32}), FuncOf({kI64})});
  EXPECT_NE(pair[0], Add({FuncOf({kI32})})[0]);
  EXPECT_EQ(pair, Add({FuncOf({kI32}), FuncOf({kI64})}));
}

TEST_F(CoreTypeTableTest, RefusesIndicesOutOfBounds) {
  std::vector<CoreTypeId> space;
  EXPECT_THAT(table_.AddGroup(std::vector{FuncOf({RefTo(1)})}, space).message(),
              HasSubstr("core type index 1 is out of bounds"));
  EXPECT_FALSE(table_.Resolve(CoreFuncRef{.type = 0}, space).ok());
  EXPECT_FALSE(table_.Resolve(CoreTagType{.type = 3}, space).ok());
  EXPECT_FALSE(table_.Resolve(CoreGlobalType{.type = RefTo(0)}, space).ok());
}

TEST_F(CoreTypeTableTest, DeclaredSupertypesMustMatchAndBeOpen) {
  std::vector<CoreTypeId> space;
  CoreSubType base = FuncOf({kI31}, {kAnyref});
  base.is_final = false;
  ASSERT_TRUE(table_.AddGroup(std::vector{base}, space).ok());
  // Parameters may be wider and results narrower.
  CoreSubType sub = FuncOf({kAnyref}, {kI31});
  sub.supertypes = {0};
  ASSERT_TRUE(table_.AddGroup(std::vector{sub}, space).ok());
  EXPECT_TRUE(Match(CoreFuncRef{space[1].value}, CoreFuncRef{space[0].value}).ok());
  EXPECT_FALSE(Match(CoreFuncRef{space[0].value}, CoreFuncRef{space[1].value}).ok());

  CoreSubType other = FuncOf({kI32}, {kI31});
  other.supertypes = {0};
  EXPECT_THAT(table_.AddGroup(std::vector{other}, space).message(), HasSubstr("does not match"));
  CoreSubType of_final = FuncOf({kAnyref}, {kI31});
  of_final.supertypes = {1};
  EXPECT_THAT(table_.AddGroup(std::vector{of_final}, space).message(), HasSubstr("final"));
}

TEST_F(CoreTypeTableTest, KindsMustAgree) {
  EXPECT_THAT(Match(CoreMemoryType{}, CoreGlobalType{}).message(),
              HasSubstr("expected global, found memory"));
}

TEST_F(CoreTypeTableTest, MemoryLimitsMayBeNarrower) {
  const auto memory = [](uint64_t min, std::optional<uint64_t> max) {
    return CoreMemoryType{.limits = {.min = min, .max = max}};
  };
  EXPECT_TRUE(Match(memory(2, 3), memory(1, 4)).ok());
  EXPECT_TRUE(Match(memory(2, 3), memory(1, std::nullopt)).ok());
  EXPECT_FALSE(Match(memory(1, 3), memory(2, 3)).ok());
  EXPECT_FALSE(Match(memory(2, 4), memory(2, 3)).ok());
  EXPECT_FALSE(Match(memory(2, std::nullopt), memory(2, 3)).ok());
  EXPECT_FALSE(Match(CoreMemoryType{.limits = {.is64 = true}}, CoreMemoryType{}).ok());
  EXPECT_FALSE(Match(CoreMemoryType{.limits = {.page_size_log2 = 0}}, CoreMemoryType{}).ok());
  EXPECT_FALSE(Match(CoreMemoryType{.limits = {.max = 1, .shared = true}}, CoreMemoryType{}).ok());
}

TEST_F(CoreTypeTableTest, TableElementsMustBeEqual) {
  EXPECT_TRUE(Match(CoreTableType{.element = kFuncref}, CoreTableType{.element = kFuncref}).ok());
  EXPECT_FALSE(Match(CoreTableType{.element = kI31}, CoreTableType{.element = kAnyref}).ok());
}

TEST_F(CoreTypeTableTest, OnlyImmutableGlobalsAreCovariant) {
  const auto global = [](CoreValType type, bool is_mutable) {
    return CoreGlobalType{.type = type, .is_mutable = is_mutable};
  };
  EXPECT_TRUE(Match(global(kI31, false), global(kAnyref, false)).ok());
  EXPECT_FALSE(Match(global(kAnyref, false), global(kI31, false)).ok());
  EXPECT_FALSE(Match(global(kI31, true), global(kAnyref, true)).ok());
  EXPECT_FALSE(Match(global(kI32, true), global(kI32, false)).ok());
}

TEST_F(CoreTypeTableTest, HeapTypesFormTheirHierarchies) {
  const auto matches = [&](int64_t sub, int64_t super) {
    return Match(CoreGlobalType{.type = {.code = 0x63, .heap = sub}},
                 CoreGlobalType{.type = {.code = 0x63, .heap = super}})
        .ok();
  };
  constexpr int64_t kNoFunc = -0x0d, kNone = -0x0f, kFunc = -0x10, kExtern = -0x11, kAny = -0x12,
                    kEq = -0x13, kStruct = -0x15;
  const int64_t func = table_.Func(CoreFuncType{}).value;
  EXPECT_TRUE(matches(func, kFunc));
  EXPECT_TRUE(matches(kNoFunc, func));
  EXPECT_TRUE(matches(kStruct, kEq));
  EXPECT_TRUE(matches(kEq, kAny));
  EXPECT_TRUE(matches(kNone, kStruct));
  EXPECT_FALSE(matches(kNone, kFunc));
  EXPECT_FALSE(matches(kNoFunc, kAny));
  EXPECT_FALSE(matches(func, kAny));
  EXPECT_FALSE(matches(kExtern, kAny));
  EXPECT_FALSE(matches(kFunc, func));
}

TEST_F(CoreTypeTableTest, ModulesMayImportLessAndExportMore) {
  ModuleType wide, narrow;
  ASSERT_TRUE(wide.AddImport("a", "m", CoreMemoryType{}).ok());
  ASSERT_TRUE(wide.AddExport("x", CoreMemoryType{}).ok());
  ASSERT_TRUE(narrow.AddExport("x", CoreMemoryType{.limits = {.min = 1}}).ok());
  ASSERT_TRUE(narrow.AddExport("y", CoreGlobalType{}).ok());
  EXPECT_TRUE(table_.CheckSubtype(narrow, wide).ok());
  EXPECT_THAT(table_.CheckSubtype(wide, narrow).message(),
              HasSubstr("missing expected import `a::m`"));
}

TEST_F(CoreTypeTableTest, NamesOfAModuleAreUnique) {
  ModuleType module;
  EXPECT_TRUE(module.AddImport("a", "bc", CoreMemoryType{}).ok());
  EXPECT_TRUE(module.AddImport("ab", "c", CoreMemoryType{}).ok());
  EXPECT_FALSE(module.AddImport("a", "bc", CoreGlobalType{}).ok());
  EXPECT_TRUE(module.AddExport("x", CoreMemoryType{}).ok());
  EXPECT_FALSE(module.AddExport("x", CoreMemoryType{}).ok());
}

}  // namespace
}  // namespace davit::wasm
