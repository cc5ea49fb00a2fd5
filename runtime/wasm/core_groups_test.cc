#include "runtime/wasm/core_groups.h"

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "runtime/wasm/binary_test_util.h"

namespace davit::wasm {
namespace {

CoreGroupName NameOf(std::string_view key) {
  CoreGroupName name = {};
  const uint64_t hashes[] = {std::hash<std::string_view>()(key),
                             std::hash<std::string_view>()(key.substr(key.size() / 2))};
  std::copy_n(reinterpret_cast<const uint8_t*>(hashes), sizeof(hashes), name.data());
  return name;
}

absl::Status Admit(const CoreGroup&) { return absl::OkStatus(); }

absl::StatusOr<std::vector<CoreGroup>> Read(std::string_view sections) {
  return ReadCoreGroups(ModuleFromText(sections), NameOf, Admit);
}

// The names of the groups of a type section.
std::vector<CoreGroupName> NamesOf(std::string_view types) {
  const auto groups = Read("01 [" + std::string(types) + "]");
  EXPECT_TRUE(groups.ok()) << groups.status();
  std::vector<CoreGroupName> names;
  for (const CoreGroup& group : *groups) names.push_back(group.name);
  return names;
}

TEST(ReadCoreGroups, EqualTypesAreOneGroupWhateverTheirModule) {
  const auto names = NamesOf("03 60 01 7f 00 60 01 7e 00 60 01 7f 00");
  EXPECT_EQ(names[0], names[2]);
  EXPECT_NE(names[0], names[1]);
  EXPECT_EQ(names[1], NamesOf("01 60 01 7e 00")[0]);
}

TEST(ReadCoreGroups, ParamsAreNotResults) {
  EXPECT_NE(NamesOf("01 60 01 7f 00"), NamesOf("01 60 00 01 7f"));
}

TEST(ReadCoreGroups, ARecGroupOfOneIsTheTypeItself) {
  EXPECT_EQ(NamesOf("01 4e 01 60 00 00"), NamesOf("01 60 00 00"));
  EXPECT_EQ(NamesOf("01 4f 00 60 00 00"), NamesOf("01 60 00 00")) << "an explicit `sub final`";
}

TEST(ReadCoreGroups, FinalOpenAndDerivedTypesDiffer) {
  const auto names = NamesOf("03 50 00 60 00 00 60 00 00 50 01 00 60 00 00");
  EXPECT_NE(names[0], names[1]);
  EXPECT_NE(names[0], names[2]);
}

TEST(ReadCoreGroups, ReferencesIntoTheGroupAreRelative) {
  // A function that takes a reference to itself, at index 0 and at index 1.
  EXPECT_EQ(NamesOf("01 60 01 64 00 00")[0], NamesOf("02 60 00 00 60 01 64 01 00")[1]);
  // A reference to an equal type of before is none to itself.
  const auto names = NamesOf("02 60 01 64 00 00 60 01 64 00 00");
  EXPECT_NE(names[0], names[1]);
}

TEST(ReadCoreGroups, ReferencesToOtherGroupsNameThem) {
  // (ref $t) with t: () -> (), and t: (i32) -> ().
  EXPECT_NE(NamesOf("02 60 00 00 60 01 64 00 00")[1], NamesOf("02 60 01 7f 00 60 01 64 00 00")[1]);
  // The same t at another index.
  EXPECT_EQ(NamesOf("02 60 00 00 60 01 64 00 00")[1],
            NamesOf("03 60 01 7f 00 60 00 00 60 01 64 01 00")[2]);
  // Another member of the same group.
  const std::string group = "02 4e 02 60 00 00 60 01 7f 00 ";
  EXPECT_NE(NamesOf(group + "60 01 64 00 00")[1], NamesOf(group + "60 01 64 01 00")[1]);
}

TEST(ReadCoreGroups, CountsTypesAndValues) {
  const auto groups = Read("01 [03 60 02 7f 7f 01 7e  4e 02 5f 02 7f 00 78 01 5e 7f 00  60 00 00]");
  ASSERT_TRUE(groups.ok()) << groups.status();
  ASSERT_EQ(groups->size(), 3u);
  EXPECT_EQ((*groups)[0].types, 1u);
  EXPECT_EQ((*groups)[0].values, 3u);
  EXPECT_EQ((*groups)[1].types, 2u);
  EXPECT_EQ((*groups)[1].values, 3u) << "two fields and an element";
  EXPECT_EQ((*groups)[2].values, 0u);
}

TEST(ReadCoreGroups, AnEmptyGroupIsNone) { EXPECT_TRUE(NamesOf("01 4e 00").empty()); }

TEST(ReadCoreGroups, AModuleMayHaveNoTypes) {
  EXPECT_TRUE(Read("")->empty());
  EXPECT_TRUE(Read("00 [01 'x' 01 02]")->empty());
}

TEST(ReadCoreGroups, WhatIsMalformedIsNotReadFurther) {
  EXPECT_THAT(Read("01 [01 60 00 00 00]"), IsMalformed(14, "core section"));
  EXPECT_THAT(Read("01 [02 60 00 00 61 00 00]"), IsMalformed(14, "core type"));
  EXPECT_THAT(Read("01 [01 60 01 64 01 00]"), IsInvalid(14, "type index 1"));
  EXPECT_THAT(Read("01 [01 60 00 00] 01 [01 60 00 00]"), IsMalformed(14, "out of order"));
}

TEST(ReadCoreGroups, EndsWhereAGroupIsNotAdmitted) {
  int left = 2;
  const auto admit = [&left](const CoreGroup&) {
    return left-- > 0 ? absl::OkStatus() : absl::ResourceExhaustedError("enough");
  };
  // The fourth type would be malformed.
  const auto module = ModuleFromText("01 [04 60 00 00 60 01 7f 00 60 01 7e 00 ff]");
  EXPECT_EQ(ReadCoreGroups(module, NameOf, admit).status().message(), "enough");
}

}  // namespace
}  // namespace davit::wasm
