#include "runtime/binary/extern_names.h"

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace davit::binary {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool IsLabel(std::string_view text) { return CheckLabel(text, "name").ok(); }

TEST(CheckLabel, TakesWordsAcronymsAndDigitsInLaterFragments) {
  for (std::string_view label : {"a", "a1", "a-b-c", "A", "A1", "A-B", "a1-2-3", "A1-2-3", "run-2",
                                 "a11-w0rds", "m1x3d-4CR0NYMS", "is-XML"}) {
    EXPECT_TRUE(IsLabel(label)) << label;
  }
}

TEST(CheckLabel, RefusesMixedCaseEmptyFragmentsAndALeadingDigit) {
  for (std::string_view label : {"", "-", "a-", "-a", "a--b", "1", "1-a", "aB", "Ab", "a_b", "a.b",
                                 "a b", "\xc3\xa9", "a-bC"}) {
    EXPECT_FALSE(IsLabel(label)) << label;
  }
}

TEST(ParseSemver, SplitsAllParts) {
  const absl::StatusOr<Semver> version = ParseSemver("1.20.300-rc.1+build.007");
  ASSERT_TRUE(version.ok()) << version.status();
  EXPECT_EQ(version->major, 1u);
  EXPECT_EQ(version->minor, 20u);
  EXPECT_EQ(version->patch, 300u);
  EXPECT_EQ(version->prerelease, "rc.1");
  EXPECT_EQ(version->build, "build.007");
}

TEST(ParseSemver, TakesHyphensInsideIdentifiersAndBuildBeforeHyphens) {
  EXPECT_EQ(ParseSemver("0.0.0+abcd-efg")->build, "abcd-efg");
  EXPECT_EQ(ParseSemver("0.0.0-a-b")->prerelease, "a-b");
}

TEST(ParseSemver, RefusesWhatSemverRefuses) {
  for (std::string_view text :
       {"", ".", "1", "1.", "1.2", "1.2.", "1.2.3.4", "01.2.3", "1.02.3", "a.2.3", "1.2.3-",
        "1.2.3+", "1.2.3-01", "1.2.3-a..b", "1.2.3-a_b", " 1.2.3", "1.2.3 ", "-1.2.3"}) {
    EXPECT_FALSE(ParseSemver(text).ok()) << text;
  }
}

TEST(ParseSemver, TakesNumbersUpTo64Bits) {
  EXPECT_EQ(ParseSemver("18446744073709551615.0.0")->major, 18446744073709551615u);
  EXPECT_FALSE(ParseSemver("18446744073709551616.0.0").ok());
}

TEST(CanonicalVersion, StopsAtTheFirstNonZeroNumber) {
  EXPECT_EQ(CanonicalVersion(*ParseSemver("1.2.3")), "1");
  EXPECT_EQ(CanonicalVersion(*ParseSemver("0.2.6-rc.1")), "0.2");
  EXPECT_EQ(CanonicalVersion(*ParseSemver("0.0.1-alpha")), "0.0.1");
  EXPECT_EQ(CanonicalVersion(*ParseSemver("0.0.0")), "0.0.0");
}

TEST(IsCanonicalVersion, TakesExactlyTheTracks) {
  for (std::string_view text : {"1", "20", "0.1", "0.20", "0.0.1", "0.0.0"}) {
    EXPECT_TRUE(IsCanonicalVersion(text)) << text;
  }
  for (std::string_view text : {"", "0", "0.0", "1.2", "01", "0.01", "0.0.01", "a", "1.0.0"}) {
    EXPECT_FALSE(IsCanonicalVersion(text)) << text;
  }
}

TEST(ParseInterfaceName, SplitsNamespacePackageInterfaceAndVersion) {
  const absl::StatusOr<InterfaceName> name = ParseInterfaceName("wasi:cli/run@0.2.3", Features());
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_THAT(name->namespaces, ElementsAre("wasi"));
  EXPECT_EQ(name->package, "cli");
  EXPECT_THAT(name->projections, ElementsAre("run"));
  EXPECT_EQ(name->version, "0.2.3");
  EXPECT_EQ(name->unversioned, "wasi:cli/run");
  ASSERT_TRUE(name->semver.has_value());
  EXPECT_EQ(CanonicalVersion(*name->semver), "0.2");
}

TEST(ParseInterfaceName, NeedsNoVersion) {
  const absl::StatusOr<InterfaceName> name = ParseInterfaceName("a1-2:b/C-3", Features());
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->version, "");
  EXPECT_FALSE(name->semver.has_value());
}

TEST(ParseInterfaceName, RefusesAcronymsOutsideOfTheInterface) {
  for (std::string_view name : {"A:b/c", "a:B/c", "ns-A:b/c", "1:b/c", "a:1/c", ":b/c", "a:/c",
                                "a:b/", "a:b", "b/c", "a:b/c@", "a:b/c@1", "a:b/c@1.0.0@1.0.0"}) {
    EXPECT_FALSE(ParseInterfaceName(name, Features()).ok()) << name;
  }
}

TEST(ParseInterfaceName, NestsOnlyWithTheFeature) {
  constexpr std::string_view kNested = "a:b:c/d/e@1.0.0";
  EXPECT_FALSE(ParseInterfaceName(kNested, Features()).ok());
  EXPECT_FALSE(ParseInterfaceName("a:b/c/d", Features()).ok());
  const auto name = ParseInterfaceName(kNested, Features{.nested_names = true});
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_THAT(name->namespaces, ElementsAre("a", "b"));
  EXPECT_THAT(name->projections, ElementsAre("d", "e"));
}

TEST(ParseInterfaceName, TakesCanonicalVersionsOnlyWithTheFeature) {
  EXPECT_FALSE(ParseInterfaceName("a:b/c@0.2", Features()).ok());
  const auto name = ParseInterfaceName("a:b/c@0.2", Features{.canonical_names = true});
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->version, "0.2");
  EXPECT_FALSE(name->semver.has_value());
}

TEST(ParseExternName, KnowsTheAnnotations) {
  const auto constructor = ParseExternName("[constructor]my-file", Features());
  ASSERT_TRUE(constructor.ok());
  EXPECT_EQ(constructor->kind, ExternNameKind::kConstructor);
  EXPECT_EQ(constructor->resource, "my-file");

  const auto method = ParseExternName("[method]file.read-2", Features());
  ASSERT_TRUE(method.ok());
  EXPECT_EQ(method->kind, ExternNameKind::kMethod);
  EXPECT_EQ(method->resource, "file");
  EXPECT_EQ(method->label, "read-2");

  EXPECT_EQ(ParseExternName("[static]file.open", Features())->kind, ExternNameKind::kStatic);
  EXPECT_EQ(ParseExternName("plain", Features())->label, "plain");
  EXPECT_EQ(ParseExternName("a:b/c", Features())->interface.package, "b");
}

TEST(ParseExternName, RefusesBrokenAnnotationsAndRetiredForms) {
  for (std::string_view name :
       {"[constructor]", "[constructor]a.b", "[method]", "[method]a", "[method]a.", "[method].a",
        "[method]a.b.c", "[static]a", "[other]a", "[method] a.b", "url=<https://x>",
        "locked-dep=<a:b>", "unlocked-dep=<a:b>", "integrity=<sha256-a>"}) {
    EXPECT_FALSE(ParseExternName(name, Features()).ok()) << name;
  }
}

TEST(ParseExternName, SaysWhichPartIsWrong) {
  EXPECT_THAT(ParseExternName("[method]file", Features()).status().message(),
              HasSubstr("`[method]file` lacks a `.`"));
  EXPECT_THAT(ParseExternName("wasi:http/TyPeS", Features()).status().message(),
              HasSubstr("`TyPeS` is not in kebab case"));
}

std::string KeyOf(std::string_view name) {
  return UniquenessKey(name, *ParseExternName(name, Features()));
}

// The example of Explainer.md#name-uniqueness.
TEST(UniquenessKey, ToldApartByTheSpecification) {
  EXPECT_EQ(KeyOf("foo"), KeyOf("FOO"));
  EXPECT_EQ(KeyOf("foo-bar"), KeyOf("foo-BAR"));
  EXPECT_EQ(KeyOf("[constructor]foo"), KeyOf("[constructor]FOO"));
  EXPECT_EQ(KeyOf("[method]foo.bar"), KeyOf("[static]foo.BAR"));
  EXPECT_EQ(KeyOf("foo"), KeyOf("[method]foo.foo"));
  EXPECT_EQ(KeyOf("foo-bar"), KeyOf("[static]foo-BAR.FOO-bar"));
  EXPECT_EQ(KeyOf("foo:bar/baz"), KeyOf("foo:bar/BAZ"));
  EXPECT_NE(KeyOf("foo"), KeyOf("[constructor]foo"));
  EXPECT_NE(KeyOf("foo-bar"), KeyOf("[method]foo.bar"));
  EXPECT_NE(KeyOf("a:b/c@1.0.0"), KeyOf("a:b/c@2.0.0"));
}

}  // namespace
}  // namespace davit::binary
