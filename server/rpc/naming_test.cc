#include "server/rpc/naming.h"

#include <string>

#include "gtest/gtest.h"

namespace davit::server {
namespace {

const std::string kDigest(64, 'a');

TEST(Ids, AreLettersDigitsAndHyphens) {
  EXPECT_TRUE(IsValidId("a"));
  EXPECT_TRUE(IsValidId("a-1"));
  EXPECT_FALSE(IsValidId(""));
  EXPECT_FALSE(IsValidId("1a"));
  EXPECT_FALSE(IsValidId("-a"));
  EXPECT_FALSE(IsValidId("a-"));
  EXPECT_FALSE(IsValidId("A"));
  EXPECT_FALSE(IsValidId("a_b"));
  EXPECT_FALSE(IsValidId("a/b"));
  EXPECT_FALSE(IsValidId(std::string_view("a\0b", 3)));
}

TEST(Ids, EndAt63Bytes) {
  EXPECT_TRUE(IsValidId(std::string(63, 'a')));
  EXPECT_FALSE(IsValidId(std::string(64, 'a')));
}

TEST(Digests, AreExactly64LowerCaseHexDigits) {
  EXPECT_TRUE(IsValidDigest(kDigest));
  EXPECT_FALSE(IsValidDigest(kDigest.substr(1)));
  EXPECT_FALSE(IsValidDigest(kDigest + "a"));
  EXPECT_FALSE(IsValidDigest(std::string(64, 'A')));
  EXPECT_FALSE(IsValidDigest(std::string(64, 'g')));
}

TEST(ParseTenantName, TakesOnlyATenant) {
  EXPECT_EQ(*ParseTenantName("parent", "tenants/default"), "default");
  for (const char* bad : {"", "tenants", "tenants/", "/tenants/default", "tenants/default/",
                          "tenants/default/components/c", "tenant/default", "tenants/Default"}) {
    EXPECT_EQ(ParseTenantName("parent", bad).status().code(), absl::StatusCode::kInvalidArgument)
        << bad;
  }
}

TEST(ParseComponentName, TakesAComponentOrARevision) {
  const std::string component = FormatComponentName("default", "calc");
  const auto parsed = ParseComponentName("name", component);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->component, "calc");
  EXPECT_EQ(parsed->digest, "");
  const std::string revision = FormatRevisionName("default", "calc", kDigest);
  ASSERT_TRUE(ParseComponentName("name", revision).ok());
  EXPECT_EQ(ParseComponentName("name", revision)->digest, kDigest);
}

TEST(ParseComponentName, RefusesEveryOtherForm) {
  const std::string revision = FormatRevisionName("default", "calc", kDigest);
  for (const std::string& bad :
       {std::string("tenants/default"), std::string("tenants/default/components"),
        std::string("tenants/default/components/"), std::string("tenants/default/components/c/"),
        std::string("tenants/default/components/c/revisions"),
        std::string("tenants/default/components/c/revisions/"),
        std::string("tenants/default/components/c/revisions/abc"), revision + "/", revision + "/x",
        std::string("tenants/default/instances/i")}) {
    EXPECT_FALSE(ParseComponentName("name", bad).ok()) << bad;
  }
}

TEST(ParseInstanceName, TakesOnlyAnInstance) {
  const std::string name = FormatInstanceName("default", "i-1");
  ASSERT_TRUE(ParseInstanceName("name", name).ok());
  EXPECT_EQ(ParseInstanceName("name", name)->instance, "i-1");
  EXPECT_FALSE(ParseInstanceName("name", name + "/resources/1").ok());
  EXPECT_FALSE(ParseInstanceName("name", "tenants/default/instances/I").ok());
}

TEST(MakeId, GivesValidIdsThatDiffer) {
  const std::string one = MakeId('i');
  EXPECT_TRUE(IsValidId(one)) << one;
  EXPECT_NE(one, MakeId('i'));
}

}  // namespace
}  // namespace davit::server
